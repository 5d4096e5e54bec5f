//! A session that is opened by its handle, for who has proved otherwise that they act for it.

use std::sync::Arc;

use super::{Inner, LazySession};
use crate::engine::Engine;
use crate::id::StoreKey;
use crate::request::RequestFacts;
use crate::transport::Presented;

impl LazySession {
    pub(crate) fn standing_in(engine: Arc<Engine>, handle: StoreKey, facts: RequestFacts) -> Self {
        Self::over(engine, Presented::nothing(0), Some(handle), facts)
    }

    /// The session of this handle, not loaded, for who has proved otherwise that they act for it, and is the client of this
    /// request: as [`Keycard::stand_in`](crate::Keycard::stand_in), but judged by the client that it is
    /// [bound](crate::Drift) to.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let request = keycard.open([]); // it shows no cookie, but a token that was signed for the session
    /// let stand_in = request.stand_in(session.handle().unwrap()).load().await?;
    /// assert_eq!(stand_in.user(), Some("alice".into()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// As [`Keycard::stand_in`](crate::Keycard::stand_in).
    #[must_use]
    pub fn stand_in(&self, handle: StoreKey) -> Self {
        let Inner { engine, facts, .. } = &*self.0;
        Self::standing_in(Arc::clone(engine), handle, facts.clone())
    }
}
