//! The contract of a login: who leaves for it.

use std::ops::Range;

use bytes::Bytes;
use keycard::store::frame::{CREATED, SEEN};
use keycard::store::{Entry, Owner, SessionLimit};
use keycard::{DeviceDigest, StoreKey, Timestamp};

use super::model::{Model, is_pending, is_readable, time};

/// Who leaves for a login; `None` if it is refused.
pub(crate) type Leaves = fn(&Model, &Login) -> Option<Vec<StoreKey>>;

/// A write with an owner.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) owner: Owner,
    pub(crate) record: Bytes,
    /// Its own key, and the one that it replaces.
    pub(crate) stay: Vec<StoreKey>,
    pub(crate) now: Timestamp,
}

/// The contract of a login.
pub(crate) fn leaves(model: &Model, login: &Login) -> Option<Vec<StoreKey>> {
    if is_pending(&login.record) {
        return Some(Vec::new());
    }
    let (device, limit) = (login.owner.device, login.owner.limit);
    let mut others = model.sessions_of(login.owner.user, login.now);
    others.retain(|entry| !login.stay.contains(&entry.key));
    let is_there = |entry: &Entry| device != DeviceDigest::NONE && model.known[&entry.key].device == device;
    let (there, mut others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_there);
    let mut keys: Vec<StoreKey> = there.into_iter().map(|entry| entry.key).collect();
    let time = |entry: &Entry, place: Range<usize>| {
        let read = is_readable(&entry.record).then(|| time(&entry.record, place));
        (read.unwrap_or(Timestamp::from_millis(u64::MAX)), entry.key)
    };
    let most = match limit {
        None => return Some(keys),
        Some(SessionLimit::EvictOldest(most)) => {
            others.sort_by_key(|entry| time(entry, CREATED));
            most
        }
        Some(SessionLimit::EvictLeastRecentlyUsed(most)) => {
            others.sort_by_key(|entry| time(entry, SEEN));
            most
        }
        Some(limit) if others.len() >= limit.sessions() => return None,
        Some(limit) => limit.sessions(),
    };
    let too_many = (others.len() + 1).saturating_sub(most);
    keys.extend(others.into_iter().take(too_many).map(|entry| entry.key));
    Some(keys)
}
