//! The commits that begin a session, and how many a client may begin.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::commit::Commit;
use super::refusal::{encode, limit_reached, refused};
use super::result::{Committed, Failure, Fate};
use crate::error::Error;
use crate::id::SessionId;
use crate::record::{Data, Record};
use crate::store::{Create, Created};

impl Commit<'_, '_> {
    pub(super) async fn create(&mut self, data: Data) -> Result<Committed, Failure> {
        let id = self.engine.new_id(self.intent);
        let record = self.successor(&id, data)?;
        let bytes = encode(&record)?;
        self.begin_anew(id, record, bytes).await
    }

    pub(super) async fn begin(
        &mut self,
        id: SessionId,
        record: Arc<Record>,
        bytes: Bytes,
    ) -> Result<Committed, Failure> {
        let create = Create::new(id.key(), bytes, self.engine.owner(&record, true), self.now)
            .noting(self.proof(None, &record, id.key()));
        match self.ask().create(create).await? {
            Created::Applied => Ok(self.handed_out(id, record)),
            Created::Displaced(keys) => Ok(self.handed_out(id, record).displacing(keys)),
            Created::LimitReached => Err(limit_reached()),
            Created::Refused => Err(refused()),
        }
    }

    /// Begins a session that takes no other's place, and counts it first where that is limited.
    pub(super) async fn begin_anew(
        &mut self,
        id: SessionId,
        record: Arc<Record>,
        bytes: Bytes,
    ) -> Result<Committed, Failure> {
        if let Some(throttles) = &self.engine.creation {
            // Whatever becomes of the counting, no session is written by it.
            self.asked.store(false, Ordering::Relaxed);
            let counted = Box::pin(throttles.session_creation(self.client.ip())).await;
            counted.map_err(not_counted)?;
        }
        self.begin(id, record, bytes).await
    }
}

fn not_counted(error: Error) -> Failure {
    // A handler has the last word on what it was told, so what is throttled is not tried again at the end of its request.
    let fate = match error.retry_after() {
        Some(_) => Fate::Dropped,
        None => Fate::NotWritten,
    };
    Failure::new(fate, error)
}
