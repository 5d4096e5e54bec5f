//! An attempt that may be made, and what its success gives back.

use std::sync::Arc;

use super::limits::{OnOutage, Purpose, Scope};
use super::subject::key;
use super::{Receipt, Throttles};
use crate::clock::{Timestamp, millis};
use crate::error::Error;
use crate::events;
use crate::store::{ErasedThrottle, Reserved, Window};

/// An attempt that was reserved. Dropped, it stays counted: that is what a failure does.
#[derive(Debug)]
#[must_use = "an attempt stays counted unless it `succeeded`"]
pub struct Attempt {
    left: Option<usize>,
    receipt: Receipt,
    store: Arc<dyn ErasedThrottle>,
}

impl Attempt {
    pub(super) fn new(left: Option<usize>, receipt: Receipt, store: &Arc<dyn ErasedThrottle>) -> Self {
        Self {
            left,
            receipt,
            store: Arc::clone(store),
        }
    }

    /// How many more attempts there was room for when this one was reserved, if they all fail; `None` where nothing is
    /// counted: without a limit, or in an outage in which attempts are [allowed](super::OnOutage::Allow).
    #[must_use]
    pub fn left(&self) -> Option<usize> {
        self.left
    }

    /// What it took, to be kept with a login that takes more than one request, for [`forgive`](Throttles::forgive).
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.receipt.clone()
    }

    /// Takes the attempt back, and forgives the client its failures with this account, or the pending login its wrong
    /// codes. If the store fails, the attempt stays counted, and an event is raised.
    ///
    /// # Security
    ///
    /// A right password is no success yet where a further factor is asked for: who knows it could begin another pending
    /// login after each five wrong codes. Keep the [receipt](Self::receipt) there, drop the attempt, and
    /// [forgive](Throttles::forgive) when the last factor is proved.
    pub async fn succeeded(self) {
        give_back(&*self.store, &self.receipt).await;
    }
}

impl Throttles {
    /// Takes back the attempt that the [receipt](Attempt::receipt) is of, and forgives the client that made it its failures
    /// with the account, as a success does: for a login that took more than one request, from whatever address its last one
    /// comes. If the store fails, all stay counted, and an event is raised.
    ///
    /// ```
    #[doc = example!(session)]
    /// # use keycard::auth::throttle::{Receipt, Throttles};
    /// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// let attempt = throttles.login("carol@example.com", client).await?; // the password was right
    /// session.insert("app.login_attempt", &attempt.receipt())?;
    /// drop(attempt);
    ///
    /// let receipt: Option<Receipt> = session.take("app.login_attempt")?; // the code was right, too
    /// throttles.forgive(receipt.expect("a login that waits")).await;
    /// assert_eq!(throttles.login("carol@example.com", client).await?.left(), Some(4));
    #[doc = example!(end)]
    /// ```
    pub async fn forgive(&self, receipt: Receipt) {
        give_back(&*self.store, &receipt).await;
    }

    pub(super) async fn attempt(
        &self,
        what: Purpose,
        subjects: &[(Scope, Vec<&[u8]>)],
    ) -> Result<Attempt, Error> {
        let (scopes, windows) = self.windows(subjects);
        let now = self.clock.now();
        let uncounted = || Attempt::new(None, Receipt::of(&[], &[], now), &self.store);
        if windows.is_empty() {
            return Ok(uncounted());
        }
        match self.store.reserve(&windows, now).await {
            Ok(Reserved::Applied { left }) => {
                let receipt = Receipt::of(&scopes, &windows, now);
                Ok(Attempt::new(Some(left), receipt, &self.store))
            }
            Ok(Reserved::Throttled { until }) => {
                let retry_after = retry_after(until, now);
                self.metrics.throttled(what);
                events::throttled(what.name(), retry_after);
                Err(Error::throttled(retry_after))
            }
            Err(error) if self.on_outage == OnOutage::Allow => {
                self.metrics.not_throttled(what);
                events::not_throttled(&error);
                Ok(uncounted())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The windows of what is limited, each beside its scope.
    fn windows(&self, subjects: &[(Scope, Vec<&[u8]>)]) -> (Vec<Scope>, Vec<Window>) {
        let limited = subjects.iter().filter_map(|(scope, parts)| {
            let key = key(&self.index_key, scope.label(), parts);
            Some((*scope, Window::new(key, self.limits.of(*scope)?)))
        });
        limited.unzip()
    }
}

async fn give_back(store: &dyn ErasedThrottle, receipt: &Receipt) {
    if receipt.is_empty() {
        return;
    }
    if let Err(error) = store.refund(&receipt.0).await {
        events::refund_failed(&error);
    }
}

/// Whole seconds, rounded up, since a client that comes early is refused again.
fn retry_after(until: Timestamp, now: Timestamp) -> u64 {
    millis(until.since(now)).div_ceil(1_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_waits_whole_seconds_and_never_too_few() {
        let at = Timestamp::from_millis;
        for (until, now, seconds) in [
            (1_000, 0, 1),
            (1_001, 0, 2),
            (1, 0, 1),
            (900_000, 1, 900),
            // The store judged by another clock.
            (0, 5_000, 1),
        ] {
            assert_eq!(retry_after(at(until), at(now)), seconds, "{until} {now}");
        }
    }
}
