//! The bytes that stores judge: a record's fixed header, and the tombstone that an ended session leaves.
//!
//! ```text
//! 0   version (1)          18  absolute        42  expires
//! 1   flags                26  idle            50  digest of the secret (16)
//! 2   revision             34  seen            66  previous digest (16) and its end (8), if flags say so
//! 10  created                                      then tagged fields
//! ```
//!
//! Times are Unix milliseconds and durations milliseconds, both u64 big-endian. A tombstone is one byte 0 and the time
//! until which it counts: 9 bytes, the same in every format version.
//!
//! ```
//! use keycard::store::frame;
//! use keycard::{Revision, Timestamp};
//! use std::time::Duration;
//!
//! let mut record = vec![0; frame::HEADER_LEN];
//! record[0] = frame::VERSION;
//! record[frame::REVISION].copy_from_slice(b"revision");
//! let (now, later) = (Timestamp::from_millis(1_000), Timestamp::from_millis(61_000));
//!
//! frame::patch_touch(&mut record, now, later);
//! assert_eq!(frame::expires(&record), Some(later));
//! assert_eq!(frame::ttl(&record, now), Duration::from_secs(60) + frame::TTL_SLACK);
//! assert_eq!(frame::revision(&record), Some(Revision::from_bytes(*b"revision")));
//! assert_eq!(frame::tombstone_until(&frame::tombstone(later)), Some(later));
//! ```

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use super::Loaded;
use crate::clock::Timestamp;
use crate::id::Revision;

/// The format version that this crate writes.
pub const VERSION: u8 = 1;
/// The length of the part of a record that every record has, in bytes.
pub const HEADER_LEN: usize = 66;
/// Where the flags stand.
pub const FLAGS: usize = 1;
/// The flag of a login that waits for a further factor: the session stands in its user's index, so that it can be ended
/// with the others, but it is neither listed nor counted.
pub const PENDING: u8 = 1 << 2;
/// Where the revision stands.
pub const REVISION: Range<usize> = 2..10;
/// Where the time stands at which the session began.
pub const CREATED: Range<usize> = 10..18;
/// Where the absolute deadline stands.
pub const ABSOLUTE: Range<usize> = 18..26;
/// Where the time of the last use stands.
pub const SEEN: Range<usize> = 34..42;
/// Where the time stands at which the session ends if it is not used.
pub const EXPIRES: Range<usize> = 42..50;

/// The length of a tombstone in bytes.
pub const TOMBSTONE_LEN: usize = 9;
/// How long an ended or replaced session is remembered.
pub const TOMBSTONE_LIFE: Duration = Duration::from_mins(1);
/// How much longer than the header says a store keeps a record, so that clocks may differ. The header decides.
pub const TTL_SLACK: Duration = Duration::from_mins(1);

/// What a store's bytes are worth at `now`: the judgement that every `load` ends with.
///
/// Bytes that this version cannot read (a newer version, or corrupt) are [`Loaded::Live`]: what they mean is decided by
/// the reader, not by the store.
///
/// ```
/// use keycard::Timestamp;
/// use keycard::store::{Loaded, frame};
///
/// let grave = frame::tombstone(Timestamp::from_millis(60_000));
/// assert_eq!(frame::judge(grave.into(), Timestamp::from_millis(59_999)), Loaded::Ended);
/// let grave = frame::tombstone(Timestamp::from_millis(60_000));
/// assert_eq!(frame::judge(grave.into(), Timestamp::from_millis(60_000)), Loaded::Absent);
/// ```
pub fn judge(stored: Bytes, now: Timestamp) -> Loaded {
    if let Some(until) = tombstone_until(&stored) {
        return if now < until {
            Loaded::Ended
        } else {
            Loaded::Absent
        };
    }
    match expires(&stored) {
        Some(expires) if expires <= now => Loaded::Absent,
        _ => Loaded::Live(stored),
    }
}

/// The tombstone of a session that counts as ended until `until`.
#[must_use]
pub fn tombstone(until: Timestamp) -> Vec<u8> {
    let mut bytes = vec![0; TOMBSTONE_LEN];
    bytes[1..].copy_from_slice(&until.as_millis().to_be_bytes());
    bytes
}

/// Until when the stored bytes count as a tombstone; `None` if they are none.
#[must_use]
pub fn tombstone_until(stored: &[u8]) -> Option<Timestamp> {
    (stored.len() == TOMBSTONE_LEN && stored[0] == 0).then(|| time_at(stored, 1..TOMBSTONE_LEN))?
}

/// The revision of a record of this version.
#[must_use]
pub fn revision(record: &[u8]) -> Option<Revision> {
    is_readable(record).then(|| record[REVISION].try_into().ok().map(Revision::from_bytes))?
}

/// Whether a record of this version is a login that waits for a further factor ([`PENDING`]).
#[must_use]
pub fn is_pending(record: &[u8]) -> bool {
    is_readable(record) && record[FLAGS] & PENDING != 0
}

/// When a record of this version ends if it is not used; `None` for bytes that this version cannot read.
#[must_use]
pub fn expires(record: &[u8]) -> Option<Timestamp> {
    time(record, EXPIRES)
}

/// The time that stands at a place of the header, such as [`CREATED`]; `None` for bytes that this version cannot read.
#[must_use]
pub fn time(record: &[u8], place: Range<usize>) -> Option<Timestamp> {
    is_readable(record).then(|| time_at(record, place))?
}

/// How long a store keeps a record of this version from `now` on: until it expires, and [`TTL_SLACK`] longer.
#[must_use]
pub fn ttl(record: &[u8], now: Timestamp) -> Duration {
    expires(record).unwrap_or(now).since(now) + TTL_SLACK
}

/// Puts the times of a touch into a record's header, each only if it is later than what stands there.
pub fn patch_touch(record: &mut [u8], seen: Timestamp, expires: Timestamp) {
    for (place, time) in [(SEEN, seen), (EXPIRES, expires)] {
        if time_at(record, place.clone()).is_some_and(|stored| stored < time) {
            record[place].copy_from_slice(&time.as_millis().to_be_bytes());
        }
    }
}

fn is_readable(record: &[u8]) -> bool {
    record.len() >= HEADER_LEN && record[0] == VERSION
}

fn time_at(bytes: &[u8], place: Range<usize>) -> Option<Timestamp> {
    Some(Timestamp::from_millis(u64::from_be_bytes(
        bytes.get(place)?.try_into().ok()?,
    )))
}
