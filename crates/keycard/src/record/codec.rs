//! Bytes ⇄ record: the fixed header of [`frame`], then `tag, length, bytes` for each further field.
//!
//! Flags and tags that this version does not know are kept and written back, so a new flag must not move the fields. None
//! is ever given another meaning: what the golden files hold must decode for ever.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::data::framed_len;
use super::{Data, PreviousSecret, Record};
use crate::clock::{Timestamp, millis};
use crate::id::{Revision, SecretDigest};
use crate::key::UserId;
use crate::store::frame::{HEADER_LEN, VERSION};

const PERSISTENT: u8 = 1;
const HAS_PREVIOUS: u8 = 1 << 1;

const USER: u8 = 1;
const DATA: u8 = 2;
const AUTHENTICATED: u8 = 3;

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A later version of this crate wrote them; it may still be needed.
    Newer(u8),
    /// Nobody can read them.
    Corrupt,
}

pub(crate) fn encode(record: &Record) -> Bytes {
    let len = encoded_len(Some(record), record.user.as_ref(), &record.data);
    let mut out = BytesMut::with_capacity(len);
    out.put_u8(VERSION);
    out.put_u8(flags(record));
    out.put_slice(&record.revision.to_bytes());
    out.put_u64(record.created.as_millis());
    out.put_u64(record.absolute.as_millis());
    out.put_u64(millis(record.idle));
    out.put_u64(record.seen.as_millis());
    out.put_u64(record.expires.as_millis());
    out.put_slice(record.secret.as_bytes());
    if let Some(previous) = &record.previous {
        out.put_slice(previous.digest.as_bytes());
        out.put_u64(previous.until.as_millis());
    }
    if let Some(user) = &record.user {
        put_field(&mut out, USER, user.as_str().as_bytes());
    }
    if let Some(at) = record.authenticated {
        put_field(&mut out, AUTHENTICATED, &at.as_millis().to_be_bytes());
    }
    if !record.data.is_empty() {
        out.put_u8(DATA);
        put_varint(&mut out, record.data.encoded_len());
        record.data.encode(&mut out);
    }
    for (tag, bytes) in &record.unknown {
        put_field(&mut out, *tag, bytes);
    }
    out.freeze()
}

/// The length of a record that holds these data of this user on top of `base`, in bytes.
pub(crate) fn encoded_len(base: Option<&Record>, user: Option<&UserId>, data: &Data) -> usize {
    let field = |len| 1 + framed_len(len);
    let previous = base.and_then(|base| base.previous);
    let unknown = base.map_or(&[][..], |base| &base.unknown);
    HEADER_LEN
        + previous.map_or(0, |_| SecretDigest::LEN + 8)
        + user.map_or(0, |user| field(user.as_str().len()) + field(8))
        + if data.is_empty() {
            0
        } else {
            field(data.encoded_len())
        }
        + unknown.iter().map(|(_, bytes)| field(bytes.len())).sum::<usize>()
}

fn flags(record: &Record) -> u8 {
    let persistent = if record.persistent { PERSISTENT } else { 0 };
    let previous = record.previous.map_or(0, |_| HAS_PREVIOUS);
    persistent | previous | record.unknown_flags
}

pub(crate) fn decode(mut bytes: Bytes) -> Result<Record, DecodeError> {
    match bytes.first() {
        Some(&VERSION) => {}
        Some(&version) if version > VERSION => return Err(DecodeError::Newer(version)),
        _ => return Err(DecodeError::Corrupt),
    }
    if bytes.len() < HEADER_LEN {
        return Err(DecodeError::Corrupt);
    }
    let mut record = decode_header(&mut bytes).ok_or(DecodeError::Corrupt)?;
    decode_fields(&mut record, bytes).ok_or(DecodeError::Corrupt)?;
    Ok(record)
}

fn decode_header(bytes: &mut Bytes) -> Option<Record> {
    bytes.advance(1);
    let flags = bytes.try_get_u8().ok()?;
    let mut revision = [0; 8];
    bytes.try_copy_to_slice(&mut revision).ok()?;
    let mut number = || bytes.try_get_u64().ok();
    let (created, absolute, idle) = (number()?, number()?, number()?);
    let (seen, expires) = (number()?, number()?);
    let secret = take_digest(bytes)?;
    let previous = if flags & HAS_PREVIOUS == 0 {
        None
    } else {
        let digest = take_digest(bytes)?;
        Some(PreviousSecret {
            digest,
            until: Timestamp::from_millis(bytes.try_get_u64().ok()?),
        })
    };
    Some(Record {
        revision: Revision::from_bytes(revision),
        created: Timestamp::from_millis(created),
        absolute: Timestamp::from_millis(absolute),
        idle: Duration::from_millis(idle),
        seen: Timestamp::from_millis(seen),
        expires: Timestamp::from_millis(expires),
        persistent: flags & PERSISTENT != 0,
        secret,
        previous,
        user: None,
        authenticated: None,
        data: Data::default(),
        unknown_flags: flags & !(PERSISTENT | HAS_PREVIOUS),
        unknown: Vec::new(),
    })
}

fn decode_fields(record: &mut Record, mut bytes: Bytes) -> Option<()> {
    while !bytes.is_empty() {
        let tag = bytes.get_u8();
        let mut field = take_bytes(&mut bytes)?;
        match tag {
            USER => record.user = Some(UserId::from(std::str::from_utf8(&field).ok()?)),
            AUTHENTICATED => {
                record.authenticated = Some(Timestamp::from_millis(field.try_get_u64().ok()?));
            }
            DATA => record.data = Data::decode(field)?,
            _ => record.unknown.push((tag, field)),
        }
    }
    Some(())
}

fn take_digest(bytes: &mut Bytes) -> Option<SecretDigest> {
    let mut digest = [0; SecretDigest::LEN];
    bytes.try_copy_to_slice(&mut digest).ok()?;
    Some(SecretDigest::from_bytes(digest))
}

fn put_field(out: &mut BytesMut, tag: u8, bytes: &[u8]) {
    out.put_u8(tag);
    put_varint(out, bytes.len());
    out.put_slice(bytes);
}

/// A length in LEB128.
pub(super) fn put_varint(out: &mut BytesMut, mut len: usize) {
    while len >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "the low seven bits are meant")]
        out.put_u8(len as u8 | 0x80);
        len >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than 0x80")]
    out.put_u8(len as u8);
}

pub(super) fn varint_len(len: usize) -> usize {
    (usize::BITS - (len | 1).leading_zeros()).div_ceil(7) as usize
}

/// Splits off what a length announces; `None` if the bytes end before it does.
pub(super) fn take_bytes(bytes: &mut Bytes) -> Option<Bytes> {
    let mut len = 0_usize;
    for shift in [0, 7, 14, 21, 28] {
        let byte = bytes.try_get_u8().ok()?;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return (len <= bytes.len()).then(|| bytes.split_to(len));
        }
    }
    None
}
