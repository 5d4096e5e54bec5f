//! The user index and the history without their types, beside [`ErasedStore`](super::ErasedStore).

use std::fmt;

use super::erased::{Answer, Measured};
use super::{Ended, Entry, History, Note, Noted, Retention, Revoked, UserIndex, Which};
use crate::clock::Timestamp;
use crate::id::UserKey;
use crate::metrics::Verb;

/// [`UserIndex`] as a trait object.
pub(crate) trait ErasedIndex: fmt::Debug + Send + Sync {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>>;
    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize>;
    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Revoked>;
}

impl<S: UserIndex> ErasedIndex for Measured<S> {
    fn sessions_of(&self, user: UserKey, now: Timestamp) -> Answer<'_, Vec<Entry>> {
        Box::pin(
            self.metrics
                .timed(Verb::SessionsOf, self.store.sessions_of(user, now)),
        )
    }

    fn count(&self, user: UserKey, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(self.metrics.timed(Verb::Count, self.store.count(user, now)))
    }

    fn end_some(&self, user: UserKey, which: Which, now: Timestamp) -> Answer<'_, Revoked> {
        let (store, verb) = (&self.store, verb(which));
        Box::pin(self.metrics.timed(verb, async move {
            let ended = match which {
                Which::Session(key) => {
                    let ended = store.end_one(user, key, now).await?;
                    Vec::from_iter((ended == Ended::Applied).then_some(key))
                }
                Which::Device(device) => store.end_device(user, device, now).await?,
                Which::All => store.end_all(user, now).await?,
                Which::Others(keep) => return store.end_others(user, keep, now).await,
            };
            Ok(Revoked::Applied(ended))
        }))
    }
}

fn verb(which: Which) -> Verb {
    match which {
        Which::Session(_) => Verb::EndOne,
        Which::Device(_) => Verb::EndDevice,
        Which::All => Verb::EndAll,
        Which::Others(_) => Verb::EndOthers,
    }
}

/// [`History`] as a trait object.
pub(crate) trait ErasedHistory: fmt::Debug + Send + Sync {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>>;
    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Revoked>;
    fn forget_history(&self, user: UserKey) -> Answer<'_, ()>;
}

impl<S: History> ErasedHistory for Measured<S> {
    fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Answer<'_, Vec<Noted>> {
        let answer = self.store.history(user, retention, now);
        Box::pin(self.metrics.timed(Verb::History, answer))
    }

    fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Answer<'_, Revoked> {
        let answer = self.store.end_noting(which, note, now);
        Box::pin(self.metrics.timed(Verb::EndNoting, answer))
    }

    fn forget_history(&self, user: UserKey) -> Answer<'_, ()> {
        Box::pin(
            self.metrics
                .timed(Verb::ForgetHistory, self.store.forget_history(user)),
        )
    }
}
