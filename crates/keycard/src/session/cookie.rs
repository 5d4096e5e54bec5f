//! What becomes of the session's cookie, as far as that is certain.

use super::Session;
use crate::closing::Outgoing;
use crate::error::Error;

impl Session {
    /// What the client will be told of its id. A login or a logout of this request is committed first.
    pub(crate) async fn settle_identity(&self) -> Result<Option<Outgoing>, Error> {
        let pending = self.state().changes_identity();
        if pending {
            self.commit().await?;
        }
        Ok(self.state().outgoing().cloned())
    }

    /// Whether somebody is logged in to it, or about to be, as it was last committed.
    pub(crate) fn has_owner(&self) -> bool {
        self.state().base.owner().is_some()
    }
}
