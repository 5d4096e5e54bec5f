//! What a store is asked to do: the arguments of each verb.

use bytes::Bytes;

use super::{Note, SessionLimit};
use crate::clock::Timestamp;
use crate::id::{DeviceDigest, Revision, StoreKey, UserKey};

/// In whose index a session stands, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The user.
    pub user: UserKey,
    /// The device, if the session names one.
    pub device: DeviceDigest,
    /// The absolute deadline: the order of the index.
    pub absolute: Timestamp,
    /// How many sessions the user may have when this one is written, if that is limited.
    pub limit: Option<SessionLimit>,
}

impl Owner {
    /// The owner of a session that ends at `absolute` at the latest, with no limit.
    #[must_use]
    pub fn new(user: UserKey, device: DeviceDigest, absolute: Timestamp) -> Self {
        Self {
            user,
            device,
            absolute,
            limit: None,
        }
    }

    /// The owner with a limit.
    #[must_use]
    pub fn limited(self, limit: impl Into<Option<SessionLimit>>) -> Self {
        Self {
            limit: limit.into(),
            ..self
        }
    }
}

/// The arguments of [`Store::create`](super::Store::create).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Create {
    /// The new session's key.
    pub key: StoreKey,
    /// Its record.
    pub record: Bytes,
    /// Its owner; `None` for an anonymous session.
    pub owner: Option<Owner>,
    /// What its owner's [history](super::History) remembers of it.
    pub note: Option<Note>,
    /// The present moment.
    pub now: Timestamp,
}

impl Create {
    /// A new session.
    #[must_use]
    pub fn new(key: StoreKey, record: Bytes, owner: Option<Owner>, now: Timestamp) -> Self {
        Self {
            key,
            record,
            owner,
            note: None,
            now,
        }
    }

    /// The same, to be remembered so.
    #[must_use]
    pub fn noting(self, note: impl Into<Option<Note>>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// The arguments of [`Store::update`](super::Store::update).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Update {
    /// The session's key.
    pub key: StoreKey,
    /// The revision that the stored record must bear.
    pub expected: Revision,
    /// The record to write, with a revision of its own.
    pub record: Bytes,
    /// The index entry to write: given when the absolute deadline changed (re-authentication), or with the last factor.
    pub owner: Option<Owner>,
    /// What the [history](super::History) of the session's owner remembers of it.
    pub note: Option<Note>,
    /// The present moment.
    pub now: Timestamp,
}

impl Update {
    /// A new state of a session.
    #[must_use]
    pub fn new(
        key: StoreKey,
        expected: Revision,
        record: Bytes,
        owner: Option<Owner>,
        now: Timestamp,
    ) -> Self {
        Self {
            key,
            expected,
            record,
            owner,
            note: None,
            now,
        }
    }

    /// The same, to be remembered so.
    #[must_use]
    pub fn noting(self, note: impl Into<Option<Note>>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// The arguments of [`Store::replace`](super::Store::replace).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replace {
    /// The key of the session that ends.
    pub old: StoreKey,
    /// The revision that the old session's record must bear.
    pub expected: Revision,
    /// In whose index the old session stands, by the device that was written last.
    pub old_owner: Option<Owner>,
    /// The session that begins.
    pub new: Create,
}

impl Replace {
    /// A change of key.
    #[must_use]
    pub fn new(old: StoreKey, expected: Revision, old_owner: Option<Owner>, new: Create) -> Self {
        Self {
            old,
            expected,
            old_owner,
            new,
        }
    }
}

/// The arguments of [`Store::touch`](super::Store::touch).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Touch {
    /// The session's key.
    pub key: StoreKey,
    /// The revision that was read.
    pub expected: Revision,
    /// When the session was used.
    pub seen: Timestamp,
    /// When it now ends if it is not used again.
    pub expires: Timestamp,
    /// The present moment.
    pub now: Timestamp,
}

impl Touch {
    /// A use of a session at `now`.
    #[must_use]
    pub fn new(key: StoreKey, expected: Revision, expires: Timestamp, now: Timestamp) -> Self {
        Self {
            key,
            expected,
            seen: now,
            expires,
            now,
        }
    }
}

/// The arguments of [`Store::end`](super::Store::end).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct End {
    /// The session's key.
    pub key: StoreKey,
    /// In whose index the session stands, by the device that was written last.
    pub owner: Option<Owner>,
    /// Why it ends.
    pub reason: EndReason,
    /// What its owner's [history](super::History) remembers of it, if the session was live.
    pub note: Option<Note>,
    /// The present moment.
    pub now: Timestamp,
}

impl End {
    /// The end of a session by a logout.
    #[must_use]
    pub fn new(key: StoreKey, owner: Option<Owner>, now: Timestamp) -> Self {
        Self {
            key,
            owner,
            reason: EndReason::Logout,
            note: None,
            now,
        }
    }

    /// The same, to be remembered so.
    #[must_use]
    pub fn noting(self, note: impl Into<Option<Note>>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }

    /// The end for another reason.
    #[must_use]
    pub fn because(self, reason: EndReason) -> Self {
        Self { reason, ..self }
    }
}

/// Why a session ends. Expiry is none of the reasons: nobody ends what has expired.
///
/// ```
/// use keycard::store::EndReason;
///
/// assert_eq!(EndReason::ALL.map(EndReason::name), ["logout", "revoked", "displaced", "replaced", "drifted"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EndReason {
    /// Its client asked for it.
    Logout,
    /// It was ended from elsewhere: by its user, by an administrator, or by a change of the user's credentials.
    Revoked,
    /// Another login took its place: on its device, or within the limit.
    Displaced,
    /// Its client went on with a session under another key.
    Replaced,
    /// It was used by another client than the one that it is bound to, and [`Drift::End`](crate::Drift::End) is set.
    Drifted,
}

impl EndReason {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::Logout,
        Self::Revoked,
        Self::Displaced,
        Self::Replaced,
        Self::Drifted,
    ];

    /// The reason in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::Displaced => "displaced",
            Self::Replaced => "replaced",
            Self::Drifted => "drifted",
        }
    }
}
