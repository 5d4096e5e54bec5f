//! Records made by hand, byte for byte: what the laws of the contract hand to a store and expect from it.

use std::time::Duration;

use bytes::Bytes;
use keycard::store::{Create, Owner, Update, frame};
use keycard::{DeviceDigest, Revision, StoreKey, Timestamp, UserKey};

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// When most laws begin. It is not the server's present: nothing may depend on that.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Everything in a record that stores look at, and something that they do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) revision: u64,
    pub(crate) is_pending: bool,
    pub(crate) created: Timestamp,
    pub(crate) absolute: Timestamp,
    pub(crate) seen: Timestamp,
    pub(crate) expires: Timestamp,
    /// Each byte of the digest of the id's secret.
    pub(crate) secret: u8,
    pub(crate) data: Vec<u8>,
}

impl Sample {
    /// A record that was written at [`NOW`] and expires half an hour later.
    pub(crate) fn new(revision: u64) -> Self {
        Self {
            revision,
            is_pending: false,
            created: NOW,
            absolute: NOW.after(24 * HOUR),
            seen: NOW,
            expires: NOW.after(30 * MINUTE),
            secret: 0xab,
            data: format!("the data of {revision}").into_bytes(),
        }
    }

    pub(crate) fn expiring(self, expires: Timestamp) -> Self {
        Self { expires, ..self }
    }

    pub(crate) fn created(self, created: Timestamp) -> Self {
        Self { created, ..self }
    }

    /// A login that waits for a further factor.
    pub(crate) fn pending(self) -> Self {
        Self {
            is_pending: true,
            ..self
        }
    }

    pub(crate) fn seen(self, seen: Timestamp) -> Self {
        Self { seen, ..self }
    }

    pub(crate) fn holding(self, data: impl Into<Vec<u8>>) -> Self {
        Self {
            data: data.into(),
            ..self
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let mut bytes = vec![0xab; frame::HEADER_LEN];
        bytes[0] = frame::VERSION;
        bytes[frame::FLAGS] = if self.is_pending { frame::PENDING } else { 0 };
        bytes[frame::REVISION].copy_from_slice(&self.revision.to_be_bytes());
        for (place, time) in [
            (frame::CREATED, self.created),
            (frame::ABSOLUTE, self.absolute),
            (frame::SEEN, self.seen),
            (frame::EXPIRES, self.expires),
        ] {
            bytes[place].copy_from_slice(&time.as_millis().to_be_bytes());
        }
        bytes[frame::EXPIRES.end..].fill(self.secret);
        bytes.extend_from_slice(&self.data);
        bytes.into()
    }
}

pub(crate) fn revision(number: u64) -> Revision {
    Revision::from_bytes(number.to_be_bytes())
}

/// What no release of this format version can read: records of a newer version, and what was never one.
pub(crate) fn unreadable() -> [Bytes; 6] {
    let mut newer = Sample::new(1).bytes().to_vec();
    newer[0] = frame::VERSION + 1;
    let mut newer_and_longer = Sample::new(1).holding([0; 500]).bytes().to_vec();
    newer_and_longer[0] = u8::MAX;
    [
        newer.into(),
        newer_and_longer.into(),
        Sample::new(1).bytes().slice(..frame::HEADER_LEN - 1),
        Bytes::from_static(b"\x01"),
        Bytes::from_static(b"\x01 nine by"),
        Bytes::from_static(b"\0\r\n$-1\r\n\xff\xfe, longer than a tombstone"),
    ]
}

pub(crate) fn alice() -> UserKey {
    UserKey::from_bytes(*b"\x01\0{tag}\xffalice\0\n\xff")
}

/// Another user under Alice's tag: tags are short and may collide.
pub(crate) fn namesake() -> UserKey {
    UserKey::from_bytes(*b"\x01\0{tag}\xffnamesake")
}

pub(crate) fn bob() -> UserKey {
    UserKey::from_bytes(*b"\xfe}tag{\x80\nbob\0\0\0\0\0")
}

/// The key of one of a user's sessions.
pub(crate) fn session_of(user: UserKey, number: u64) -> StoreKey {
    StoreKey::new(user.tag(), selector(number))
}

/// The key of a session that nobody is logged in to: each under a tag of its own.
pub(crate) fn anonymous(number: u64) -> StoreKey {
    let tag = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    StoreKey::from_bytes(
        [&tag[..], &selector(number)]
            .concat()
            .try_into()
            .expect("20 bytes"),
    )
}

pub(crate) fn owner(user: UserKey, absolute: Timestamp) -> Owner {
    Owner::new(user, DeviceDigest::NONE, absolute)
}

/// A device by its number; 0 is none.
pub(crate) fn device(number: u8) -> DeviceDigest {
    if number == 0 {
        return DeviceDigest::NONE;
    }
    let mut bytes = *b"\0dev {\n_";
    bytes[7] = number.wrapping_neg();
    DeviceDigest::from_bytes(bytes)
}

/// A session that begins at [`NOW`].
pub(crate) fn create(key: StoreKey, sample: &Sample) -> Create {
    Create::new(key, sample.bytes(), None, NOW)
}

/// A session of a user that begins at [`NOW`].
pub(crate) fn create_for(user: UserKey, number: u64, sample: &Sample) -> Create {
    let owner = owner(user, sample.absolute);
    Create::new(session_of(user, number), sample.bytes(), Some(owner), NOW)
}

/// A write at [`NOW`] over the revision `expected`.
pub(crate) fn update(key: StoreKey, expected: u64, sample: &Sample) -> Update {
    Update::new(key, revision(expected), sample.bytes(), None, NOW)
}

fn selector(number: u64) -> [u8; 12] {
    let mut selector = *b"\xff\0{\r________";
    selector[4..].copy_from_slice(&number.to_be_bytes());
    selector
}
