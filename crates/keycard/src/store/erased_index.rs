//! The user index and the history without their types, beside [`ErasedStore`](super::ErasedStore).

use std::fmt;

use super::erased::Answer;
use super::{Ended, Entry, History, Note, Noted, Retention, UserIndex, Which};
use crate::clock::Timestamp;
use crate::id::{StoreKey, UserKey};

/// [`UserIndex`] as a trait object.
pub(crate) trait ErasedIndex: fmt::Debug + Send + Sync {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>>;
    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize>;
    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Vec<StoreKey>>;
}

impl<S: UserIndex> ErasedIndex for S {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>> {
        Box::pin(UserIndex::sessions_of(self, user, now))
    }

    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(UserIndex::count(self, user, now))
    }

    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Vec<StoreKey>> {
        match which {
            Which::Session(key) => Box::pin(async move {
                let ended = UserIndex::end_one(self, user, key, now).await?;
                Ok(Vec::from_iter((ended == Ended::Applied).then_some(key)))
            }),
            Which::Device(device) => Box::pin(UserIndex::end_device(self, user, device, now)),
            Which::AllBut(keep) => Box::pin(UserIndex::end_all(self, user, keep, now)),
        }
    }
}

/// [`History`] as a trait object.
pub(crate) trait ErasedHistory: fmt::Debug + Send + Sync {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>>;
    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Vec<StoreKey>>;
    fn forget_history(&self, user: UserKey) -> Answer<'_, ()>;
}

impl<S: History> ErasedHistory for S {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>> {
        Box::pin(History::history(self, user, retention, now))
    }

    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Vec<StoreKey>> {
        Box::pin(History::end_noting(self, which, note, now))
    }

    fn forget_history(&self, user: UserKey) -> Answer<'_, ()> {
        Box::pin(History::forget_history(self, user))
    }
}
