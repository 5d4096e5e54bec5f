//! Bytes ⇄ what a user's history remembers: a version, what happened, then tagged fields, those of a record's metadata
//! among them.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::Metadata;
use super::codec::{put_field, take_bytes};
use super::identity::{metadata_len, put_metadata};
use crate::id::StoreKey;
use crate::observer::EventKind;
use crate::store::EndReason;

const VERSION: u8 = 1;
const SESSION: u8 = 1;

/// By the number that stands for each in a note; none is ever given another meaning.
const KINDS: [(u8, EventKind); 6] = [
    (1, EventKind::FactorAwaited),
    (2, EventKind::Authenticated),
    (3, EventKind::SteppedUp),
    (4, EventKind::Ended(EndReason::Logout)),
    (5, EventKind::Ended(EndReason::Revoked)),
    (6, EventKind::Ended(EndReason::Drifted)),
];

/// What somebody did, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    pub(crate) kind: EventKind,
    /// With which session; `None` where the sessions that ended by it are meant.
    pub(crate) session: Option<StoreKey>,
    pub(crate) from: Metadata,
}

impl Deed {
    /// `None` if it is of no kind that is remembered.
    pub(crate) fn encode(&self) -> Option<Bytes> {
        let (number, _) = KINDS.iter().find(|(_, kind)| *kind == self.kind)?;
        let mut out = BytesMut::with_capacity(24 + metadata_len(&self.from));
        out.put_u8(VERSION);
        out.put_u8(*number);
        if let Some(session) = self.session {
            put_field(&mut out, SESSION, &session.to_bytes());
        }
        put_metadata(&mut out, &self.from);
        Some(out.freeze())
    }

    /// `None` if another version wrote it, or nobody did.
    pub(crate) fn decode(mut bytes: &[u8]) -> Option<Self> {
        if bytes.try_get_u8().ok()? != VERSION {
            return None;
        }
        let number = bytes.try_get_u8().ok()?;
        let (_, kind) = *KINDS.iter().find(|(known, _)| *known == number)?;
        let (mut session, mut from) = (None, Metadata::default());
        while !bytes.is_empty() {
            let tag = bytes.get_u8();
            let field = take_bytes(&mut bytes)?;
            match tag {
                SESSION => session = Some(StoreKey::from_bytes(field.try_into().ok()?)),
                _ => from.take(tag, field)?,
            }
        }
        Some(Self { kind, session, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;

    fn deed(number: u8, kind: EventKind) -> Deed {
        Deed {
            kind,
            session: (number > 1).then(|| StoreKey::from_bytes([number; 20])),
            from: Metadata {
                user_agent: (number > 2).then(|| "curl/8.9".into()),
                address: (number > 3).then(|| Bytes::from_static(&[24, 203, 0, 113])),
                location: (number > 3).then(|| "Zürich".into()),
                device: (number > 4).then(|| Device::read("7f3a", "Phone", "")),
            },
        }
    }

    #[test]
    fn every_kind_comes_back() {
        for (number, kind) in KINDS {
            let deed = deed(number, kind);
            assert_eq!(Deed::decode(&deed.encode().unwrap()), Some(deed));
        }
        let rotated = deed(5, EventKind::Rotated);
        assert_eq!(rotated.encode(), None);
    }

    #[test]
    fn the_bytes_are_frozen() {
        let mut golden = b"\x01\x05\x01\x14".to_vec();
        golden.extend([5; 20]);
        golden.extend(
            b"\x08\x08curl/8.9\x09\x04\x18\xcb\x00\x71\x0a\x07Z\xc3\xbcrich\x0b\x0c\x047f3a\x05Phone\x00",
        );
        let encoded = deed(5, EventKind::Ended(EndReason::Revoked)).encode().unwrap();
        assert_eq!(encoded, golden);
    }

    #[test]
    fn what_only_another_version_can_read_is_left_out_and_unknown_fields_are_skipped() {
        let known = deed(4, EventKind::Ended(EndReason::Logout));
        let bytes = known.encode().unwrap();
        let with = |place: usize, byte| {
            let mut bytes = bytes.to_vec();
            bytes[place] = byte;
            Deed::decode(&bytes)
        };
        assert_eq!((with(0, 2), with(1, 99), with(3, 21)), (None, None, None));
        for end in 0..bytes.len() {
            let cut = Deed::decode(&bytes[..end]);
            assert!(cut.is_none_or(|cut| cut != known), "cut at {end}");
        }
        let newer = [&bytes[..], b"\x63\x03new"].concat();
        assert_eq!(Deed::decode(&newer), Some(known));
    }
}
