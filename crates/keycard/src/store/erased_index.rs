//! The user index without its type, beside [`ErasedStore`](super::ErasedStore).

use std::fmt;

use super::erased::Answer;
use super::{Ended, Entry, UserIndex};
use crate::clock::Timestamp;
use crate::id::{DeviceDigest, StoreKey, UserKey};

/// [`UserIndex`] as a trait object.
pub(crate) trait ErasedIndex: fmt::Debug + Send + Sync {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>>;
    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize>;
    fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Answer<'_, Ended>;
    fn end_device(&self, user: UserKey, device: DeviceDigest, now: Timestamp) -> Answer<'_, Vec<StoreKey>>;
    fn end_all(&self, user: UserKey, keep: Option<StoreKey>, now: Timestamp) -> Answer<'_, Vec<StoreKey>>;
}

impl<S: UserIndex> ErasedIndex for S {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>> {
        Box::pin(UserIndex::sessions_of(self, user, now))
    }

    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(UserIndex::count(self, user, now))
    }

    fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Answer<'_, Ended> {
        Box::pin(UserIndex::end_one(self, user, key, now))
    }

    fn end_device(&self, user: UserKey, device: DeviceDigest, now: Timestamp) -> Answer<'_, Vec<StoreKey>> {
        Box::pin(UserIndex::end_device(self, user, device, now))
    }

    fn end_all(&self, user: UserKey, keep: Option<StoreKey>, now: Timestamp) -> Answer<'_, Vec<StoreKey>> {
        Box::pin(UserIndex::end_all(self, user, keep, now))
    }
}
