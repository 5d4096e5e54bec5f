//! Bytes ⇄ record: the fixed header of [`frame`], then `tag, length, bytes` for each further field.
//!
//! Flags and tags that this version does not know are kept and written back, so a new flag must not move the fields. None
//! is ever given another meaning: what the golden files hold must decode for ever.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::data::framed_len;
use super::identity::{
    AUTHENTICATED, BOUND_ADDRESS, BOUND_FINGERPRINT, FACTORS, Fields, ROLES, USER, authentication_len,
    metadata_len, put_authentication, put_metadata, take_factors, take_roles,
};
use super::{Authentication, Data, Metadata, PreviousSecret, Record};
use crate::clock::{Timestamp, millis};
use crate::id::{Revision, SecretDigest};
use crate::key::UserId;
use crate::request::{BoundAddress, Fingerprint};
use crate::store::frame::{FLAGS, HEADER_LEN, PENDING, VERSION};

const PERSISTENT: u8 = 1;
const HAS_PREVIOUS: u8 = 1 << 1;
const KNOWN_FLAGS: u8 = PERSISTENT | HAS_PREVIOUS | PENDING;

const DATA: u8 = 2;
const ISSUED: u8 = 7;

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A later version of this crate wrote them; it may still be needed.
    Newer(u8),
    /// Nobody can read them.
    Corrupt,
}

pub(crate) fn encode(record: &Record) -> Bytes {
    let len = encoded_len(
        Some(record),
        record.authentication.as_ref(),
        &record.metadata,
        &record.data,
    );
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
    if let Some(authentication) = &record.authentication {
        put_authentication(&mut out, authentication);
    }
    if record.issued != record.created {
        put_field(&mut out, ISSUED, &record.issued.as_millis().to_be_bytes());
    }
    put_metadata(&mut out, &record.metadata);
    if !record.data.is_empty() {
        put_field(&mut out, DATA, record.data.as_bytes());
    }
    for (tag, bytes) in &record.unknown {
        put_field(&mut out, *tag, bytes);
    }
    out.freeze()
}

/// The length of a record that holds this on top of `base`, in bytes.
pub(crate) fn encoded_len(
    base: Option<&Record>,
    authentication: Option<&Authentication>,
    metadata: &Metadata,
    data: &Data,
) -> usize {
    let previous = base.and_then(|base| base.previous);
    let issued = base.is_some_and(|base| base.issued != base.created);
    let unknown = base.map_or(&[][..], |base| &base.unknown);
    HEADER_LEN
        + previous.map_or(0, |_| SecretDigest::LEN + 8)
        + authentication.map_or(0, authentication_len)
        + if issued { field_len(8) } else { 0 }
        + metadata_len(metadata)
        + if data.is_empty() {
            0
        } else {
            field_len(data.as_bytes().len())
        }
        + unknown
            .iter()
            .map(|(_, bytes)| field_len(bytes.len()))
            .sum::<usize>()
}

fn flags(record: &Record) -> u8 {
    let persistent = if record.persistent { PERSISTENT } else { 0 };
    let previous = record.previous.map_or(0, |_| HAS_PREVIOUS);
    let pending = record.authentication.as_ref().is_some_and(|known| known.pending);
    persistent | previous | if pending { PENDING } else { 0 } | record.unknown_flags
}

pub(crate) fn decode(bytes: &Bytes) -> Result<Record, DecodeError> {
    match bytes.first() {
        Some(&VERSION) => {}
        Some(&version) if version > VERSION => return Err(DecodeError::Newer(version)),
        _ => return Err(DecodeError::Corrupt),
    }
    if bytes.len() < HEADER_LEN {
        return Err(DecodeError::Corrupt);
    }
    let pending = bytes[FLAGS] & PENDING != 0;
    let mut rest = &bytes[..];
    let mut record = decode_header(&mut rest).ok_or(DecodeError::Corrupt)?;
    let fields = decode_fields(&mut record, rest, bytes).ok_or(DecodeError::Corrupt)?;
    record.authentication = fields.complete(pending)?;
    Ok(record)
}

fn decode_header(bytes: &mut &[u8]) -> Option<Record> {
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
        issued: Timestamp::from_millis(created),
        authentication: None,
        metadata: Metadata::default(),
        data: Data::default(),
        unknown_flags: flags & !KNOWN_FLAGS,
        unknown: Vec::new(),
    })
}

/// Reads the fields that are left of `bytes`.
fn decode_fields(record: &mut Record, mut rest: &[u8], bytes: &Bytes) -> Option<Fields> {
    let mut fields = Fields::default();
    while !rest.is_empty() {
        let tag = rest.get_u8();
        let field = take_bytes(&mut rest)?;
        match tag {
            USER => fields.user = Some(UserId::from(text(field)?)),
            AUTHENTICATED => fields.at = Some(time(field)?),
            FACTORS => fields.factors = take_factors(field)?,
            ROLES => fields.roles = take_roles(field)?,
            BOUND_ADDRESS => fields.binding.address = Some(BoundAddress::from_bytes(field)?),
            BOUND_FINGERPRINT => {
                let bytes = field.try_into().ok()?;
                fields.binding.fingerprint = Some(Fingerprint::from_bytes(bytes));
            }
            ISSUED => record.issued = time(field)?,
            DATA => record.data = Data::from_bytes(bytes.slice_ref(field))?,
            _ if Metadata::has(tag) => record.metadata.take(tag, field)?,
            _ => record.unknown.push((tag, bytes.slice_ref(field))),
        }
    }
    Some(fields)
}

fn time(mut field: &[u8]) -> Option<Timestamp> {
    field.try_get_u64().ok().map(Timestamp::from_millis)
}

pub(super) fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

/// Splits off a text with its length before it.
pub(super) fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    text(take_bytes(bytes)?)
}

fn take_digest(bytes: &mut &[u8]) -> Option<SecretDigest> {
    let mut digest = [0; SecretDigest::LEN];
    bytes.try_copy_to_slice(&mut digest).ok()?;
    Some(SecretDigest::from_bytes(digest))
}

pub(super) fn put_field(out: &mut BytesMut, tag: u8, bytes: &[u8]) {
    out.put_u8(tag);
    put_bytes(out, bytes);
}

/// The length of a field whose content has `len` bytes.
pub(super) fn field_len(len: usize) -> usize {
    1 + framed_len(len)
}

/// Bytes with their length before them.
pub(super) fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
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
pub(super) fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut len = 0_usize;
    for shift in [0, 7, 14, 21, 28] {
        let byte = bytes.try_get_u8().ok()?;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return bytes.split_off(..len);
        }
    }
    None
}
