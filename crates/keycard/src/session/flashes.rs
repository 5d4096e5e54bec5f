//! Messages for the next page: left by a request that redirects, taken by the one that follows.

use std::future::Future;
use std::mem;

use super::Session;
use crate::error::Error;
use crate::flash::{Flash, Waiting, newest};
use crate::key::Key;

const FLASHES: Key<Vec<Waiting>> = Key::new("keycard.flashes");

impl Session {
    /// Leaves a message for the page that the user sees next, as one atomic step: of requests that do so at once no message
    /// is lost. It is committed at once, as by [`commit`](Self::commit), and so begins a session where there is none.
    ///
    /// At most 16 messages wait; one more takes the place of the oldest. They stay through a login, like all data, and end
    /// with the session.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.flash(Flash::success("saved")).await?; // and then a redirect
    /// assert_eq!(session.take_flashes().await?, [Flash::success("saved")]);
    /// assert_eq!(session.take_flashes().await?, []);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub fn flash(&self, flash: Flash) -> impl Future<Output = Result<(), Error>> + Send {
        let added = [flash.into_waiting()];
        let update = self.update(FLASHES, move |waiting| {
            newest([waiting.unwrap_or_default(), added.to_vec()].concat())
        });
        async move { update.await.map(drop) }
    }

    /// Takes the messages that wait out of the session, in the order in which they came. Of requests that try at once one
    /// gets them. Where none wait, nothing is committed; of a session that has ended there are none, and out of one that
    /// could not be read ([`is_degraded`](Self::is_degraded)) none are taken: they wait on.
    ///
    /// If the request fails after it (a status from 500 on), nobody has seen them, and they are put back.
    ///
    /// # Errors
    ///
    /// As [`consume`](Self::consume).
    pub async fn take_flashes(&self) -> Result<Vec<Flash>, Error> {
        if self.is_degraded() || !self.may_hold(FLASHES.name()) {
            return Ok(Vec::new());
        }
        let taken = self.consume(FLASHES).await?.unwrap_or_default();
        self.state().flashes_taken.extend_from_slice(&taken);
        Ok(taken.into_iter().map(Flash::of_waiting).collect())
    }

    /// Puts back what was taken for a page that nobody gets to see, in front of what was left since.
    pub(super) async fn return_flashes(&self) {
        let taken = mem::take(&mut self.state().flashes_taken);
        if taken.is_empty() {
            return;
        }
        let returned = self.update(FLASHES, move |waiting| {
            newest([taken.clone(), waiting.unwrap_or_default()].concat())
        });
        // The session may have ended since, or the store be away: the request has its error already.
        drop(returned.await);
    }
}
