//! Where a request goes on without the store, as the policy has it.

use std::time::Duration;

use super::Engine;
use crate::arrival::{Base, Live, Unread};
use crate::clock::Timestamp;
use crate::error::{Error, StoreError};
use crate::id::SessionId;
use crate::policy::{OutagePolicy, is_outage};
use crate::record;
use crate::store::Read;

impl Engine {
    /// What a request stands on that has shown these ids, of whose sessions the store has told nothing but an error.
    pub(super) fn without_store(
        &self,
        ids: &[SessionId],
        read: Read,
        error: StoreError,
        now: Timestamp,
    ) -> Result<Base, Error> {
        let away = is_outage(&error);
        let error = Error::from(error);
        if !away || read == Read::Anew {
            return Err(error);
        }
        let copy = match self.rules.outage {
            OutagePolicy::Deny => return Err(error),
            OutagePolicy::Anonymous => None,
            OutagePolicy::StaleOk(within) => match self.copy_of(ids, within, now) {
                Some(live) => Some(live),
                None => return Err(error),
            },
        };
        self.events.degraded(&error, copy.is_some(), now);
        Ok(Base::Unread(Unread { copy, error }))
    }

    /// The session as a copy has it that was set aside. Of several ids only the store knows which counts; and a copy that
    /// does not know the secret may be older than it.
    fn copy_of(&self, ids: &[SessionId], within: Duration, now: Timestamp) -> Option<Live> {
        let [id] = ids else { return None };
        let bytes = self.store.aside(id.key(), within, now)?;
        let record = record::decode(&bytes).ok()?;
        let holds = record.expires > now && record.accepts(id.digest(), now);
        holds.then(|| Live {
            key: id.key(),
            presented: id.digest(),
            record: record.into(),
        })
    }
}
