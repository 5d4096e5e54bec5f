//! The user index and the history without their types, beside [`ErasedStore`](super::ErasedStore).

use std::fmt;

use super::erased::Answer;
use super::{Ended, Entry, History, Note, Noted, Retention, Revoked, UserIndex, Which};
use crate::clock::Timestamp;
use crate::id::UserKey;

/// [`UserIndex`] as a trait object.
pub(crate) trait ErasedIndex: fmt::Debug + Send + Sync {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>>;
    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize>;
    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Revoked>;
}

impl<S: UserIndex> ErasedIndex for S {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>> {
        Box::pin(UserIndex::sessions_of(self, user, now))
    }

    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(UserIndex::count(self, user, now))
    }

    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Revoked> {
        Box::pin(async move {
            let ended = match which {
                Which::Session(key) => {
                    let ended = self.end_one(user, key, now).await?;
                    Vec::from_iter((ended == Ended::Applied).then_some(key))
                }
                Which::Device(device) => self.end_device(user, device, now).await?,
                Which::All => self.end_all(user, now).await?,
                Which::Others(keep) => return self.end_others(user, keep, now).await,
            };
            Ok(Revoked::Applied(ended))
        })
    }
}

/// [`History`] as a trait object.
pub(crate) trait ErasedHistory: fmt::Debug + Send + Sync {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>>;
    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Revoked>;
    fn forget_history(&self, user: UserKey) -> Answer<'_, ()>;
}

impl<S: History> ErasedHistory for S {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>> {
        Box::pin(History::history(self, user, retention, now))
    }

    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Revoked> {
        Box::pin(History::end_noting(self, which, note, now))
    }

    fn forget_history(&self, user: UserKey) -> Answer<'_, ()> {
        Box::pin(History::forget_history(self, user))
    }
}
