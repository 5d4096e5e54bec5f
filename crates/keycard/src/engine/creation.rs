//! How many sessions a client may begin.

use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::commit::Commit;
use super::result::{Committed, Failure, Fate};
use crate::error::Error;
use crate::id::SessionId;
use crate::record::Record;

impl Commit<'_, '_> {
    /// Begins a session that takes no other's place, and counts it first where that is limited.
    pub(super) async fn begin_anew(
        &mut self,
        id: SessionId,
        record: Record,
        bytes: Bytes,
    ) -> Result<Committed, Failure> {
        if let Some(throttles) = &self.engine.creation {
            // Whatever becomes of the counting, no session is written by it.
            self.asked.store(false, Ordering::Relaxed);
            let counted = throttles.session_creation(self.client.ip()).await;
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
