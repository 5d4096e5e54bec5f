//! What flaws make of a record, and of what the model knows of one.

use std::ops::Range;

use bytes::Bytes;
use keycard::store::{Create, Touch, Update, frame};
use keycard::{StoreKey, Timestamp};

use crate::record::HOUR;
use crate::sequence::model::Model;

pub(super) fn revive(model: &mut Model, key: StoreKey) {
    if let Some(known) = model.known.get_mut(&key).filter(|known| !known.record.is_empty()) {
        known.ended = None;
    }
}

pub(super) fn clear_device(model: &mut Model, create: &Create) {
    if let Some(owner) = create.owner {
        drop(model.end_device(owner.user, owner.device, create.now));
    }
}

pub(super) fn repeats(model: &Model, key: StoreKey, record: &Bytes) -> bool {
    model
        .newest(key)
        .is_some_and(|newest| frame::revision(record) == Some(newest))
}

/// The record under another revision.
pub(super) fn renewed(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    if let Some(first) = record.get_mut(frame::REVISION.start) {
        *first = first.wrapping_add(1);
    }
    record.into()
}

/// Leaves that part of a record as it was.
pub(super) fn keep(model: &Model, update: &mut Update, part: Range<usize>) {
    let Some(known) = model
        .known
        .get(&update.key)
        .filter(|known| !known.record.is_empty())
    else {
        return;
    };
    let (stored, written) = (&known.record, &update.record);
    let [kept_end, rest] = [stored, written].map(|record| part.end.min(record.len()));
    let kept = &stored[part.start..kept_end];
    update.record = [&written[..part.start], kept, &written[rest..]].concat().into();
}

/// The record of a session that lives an hour longer.
pub(super) fn lasting(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    let expires = u64::from_be_bytes(record[frame::EXPIRES].try_into().unwrap());
    let later = Timestamp::from_millis(expires).after(HOUR);
    record[frame::EXPIRES].copy_from_slice(&later.as_millis().to_be_bytes());
    record.into()
}

/// The record with the times of a touch, later or not.
pub(super) fn moved_to(touch: &Touch, record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    record[frame::SEEN].copy_from_slice(&touch.seen.as_millis().to_be_bytes());
    record[frame::EXPIRES].copy_from_slice(&touch.expires.as_millis().to_be_bytes());
    record.into()
}
