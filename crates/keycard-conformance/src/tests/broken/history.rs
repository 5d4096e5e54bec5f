//! The verbs of histories.

use keycard::store::{History, Note, Noted, Retention, Revoked, Which};
use keycard::{StoreError, Timestamp, UserKey};

use super::Broken;

/// Nothing is remembered: what is in question is the calls without the server.
impl History for Broken {
    async fn history(&self, _: UserKey, _: Retention, _: Timestamp) -> Result<Vec<Noted>, StoreError> {
        self.ask(Vec::new(), |_| Vec::new()).await
    }

    async fn end_noting(&self, _: Which, _: Note, _: Timestamp) -> Result<Revoked, StoreError> {
        self.ask(Revoked::Gone, |_| Revoked::Gone).await
    }

    async fn forget_history(&self, _: UserKey) -> Result<(), StoreError> {
        self.ask((), |_| ()).await
    }
}
