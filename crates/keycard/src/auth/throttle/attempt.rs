//! An attempt that may be made, and what its success gives back.

use std::net::IpAddr;
use std::sync::Arc;

use super::Throttles;
use super::limits::Scope;
use super::subject::{key, network, pair};
use crate::clock::Timestamp;
use crate::events;
use crate::store::{ErasedThrottle, Refund, Window};

/// An attempt that was reserved. Dropped, it stays counted: that is what a failure does.
#[derive(Debug)]
#[must_use = "an attempt stays counted unless it `succeeded`"]
pub struct Attempt {
    left: Option<usize>,
    /// What to do then; nothing where nothing was counted.
    success: Option<(Arc<dyn ErasedThrottle>, Refund)>,
}

impl Attempt {
    pub(super) const UNCOUNTED: Self = Self {
        left: None,
        success: None,
    };

    pub(super) fn reserved(left: usize, store: Arc<dyn ErasedThrottle>, refund: Refund) -> Self {
        Self {
            left: Some(left),
            success: Some((store, refund)),
        }
    }

    /// How many more attempts there was room for when this one was reserved, if they all fail; `None` where nothing is
    /// counted: without a limit, or in an outage in which attempts are [allowed](super::OnOutage::Allow).
    #[must_use]
    pub fn left(&self) -> Option<usize> {
        self.left
    }

    /// Takes the attempt back, and forgives the client its failures with this account, or the pending login its wrong
    /// codes. If the store fails, the attempt stays counted, and an event is raised.
    ///
    /// # Security
    ///
    /// A right password is no success yet where a further factor is asked for: who knows it could begin another pending
    /// login after each five wrong codes, and guess codes without a limit. Drop the attempt there, and
    /// [forgive](Throttles::forgive) when the last factor is proved.
    pub async fn succeeded(self) {
        if let Some((store, refund)) = self.success {
            give_back(&*store, &refund).await;
        }
    }
}

impl Throttles {
    /// Forgives a client its failures with an account, as a success does: for a login that took more than one request.
    /// If the store fails, they stay counted, and an event is raised.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// # use keycard::auth::throttle::Throttles;
    /// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// for password in ["wrong", "wrong", "right"] {
    ///     drop(throttles.login("carol@example.com", client).await?);
    /// }
    /// throttles.forgive("carol@example.com", client).await; // the code was right, too
    /// assert_eq!(throttles.login("carol@example.com", client).await?.left(), Some(4));
    #[doc = example!(end)]
    /// ```
    pub async fn forgive(&self, account: &str, client: impl Into<Option<IpAddr>>) {
        let client = client.into().map(network);
        let parts = pair(account.as_bytes(), client.as_deref());
        let key = key(&self.index_key, Scope::AccountAndClient.label(), &parts);
        let refund = Refund::new(Vec::new(), vec![key], self.clock.now());
        give_back(&*self.store, &refund).await;
    }
}

async fn give_back(store: &dyn ErasedThrottle, refund: &Refund) {
    if let Err(error) = store.refund(refund).await {
        events::refund_failed(&error);
    }
}

/// What a success takes back from the windows of these scopes.
pub(super) fn refund(scopes: &[Scope], windows: &[Window], reserved: Timestamp) -> Refund {
    let mut refund = Refund::new(Vec::new(), Vec::new(), reserved);
    for (scope, window) in scopes.iter().zip(windows) {
        let keys = if scope.is_forgiven() {
            &mut refund.cleared
        } else {
            &mut refund.keys
        };
        keys.push(window.key);
    }
    refund
}
