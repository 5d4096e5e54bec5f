//! The end of a request: what its sessions need is carried out, and told to the response.

use super::Keycard;
use crate::closing::Closing;
use crate::events;
use crate::lazy::LazySession;
use crate::policy::Outcome;

impl Keycard {
    /// Commits what a request left pending, and says what its response needs. For adapters.
    ///
    /// After this the session can no longer change its cookie. With [`Outcome::Failed`] only endings are committed.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let lazy = keycard.open([]);
    /// let session = lazy.load().await?;
    /// session.login("alice");
    /// let closing = keycard.close(&lazy, Outcome::Completed).await;
    /// assert!(closing.error().is_none() && session.handle().is_some());
    #[doc = example!(end)]
    /// ```
    pub async fn close(&self, lazy: &LazySession, outcome: Outcome) -> Closing {
        let mut closing = self.close_one(lazy, outcome).await;
        for stand_in in lazy.take_stand_ins() {
            let outcome = closing.error().map_or(outcome, |_| Outcome::Failed);
            // On the heap, or the future of each request would have room for what hardly any has.
            closing = closing.beside(Box::pin(self.close_one(&stand_in, outcome)).await);
        }
        closing
    }

    async fn close_one(&self, lazy: &LazySession, outcome: Outcome) -> Closing {
        let (outgoing, error, degraded) = match lazy.mark_closed() {
            Some(Ok(session)) => {
                let (outgoing, result) = session.close(outcome).await;
                let error = result.err().inspect(events::request_failed);
                (outgoing, error, session.is_degraded())
            }
            // Who showed a token has an answer of their own, also where nobody asked for the session.
            Some(Err(_)) | None if lazy.is_stand_in() => (None, None, false),
            Some(Err(_)) | None => return Closing::UNUSED.with_csrf(lazy.close_csrf(None)),
        };
        if lazy.is_stand_in() {
            return Closing::of_stand_in(error).degraded(degraded);
        }
        let (transports, presented) = (&self.engine.transports, lazy.presented());
        let closing = Closing::new(outgoing.as_ref(), error, transports, presented);
        closing
            .degraded(degraded)
            .with_csrf(lazy.close_csrf(outgoing.as_ref()))
    }
}
