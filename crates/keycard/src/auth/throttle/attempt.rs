//! An attempt that may be made, and what its success gives back.

use std::net::IpAddr;
use std::sync::Arc;

use super::Throttles;
use super::limits::Scope;
use super::subject::{login, network};
use crate::clock::Timestamp;
use crate::events;
use crate::store::{ErasedThrottle, Refund, Window};

/// An attempt that was reserved. Dropped, it stays counted: that is what a failure does.
#[derive(Debug)]
#[must_use = "an attempt stays counted unless it `succeeded`"]
pub struct Attempt {
    reserved_at: Timestamp,
    left: Option<usize>,
    /// What to do then; nothing where nothing was counted.
    success: Option<(Arc<dyn ErasedThrottle>, Refund)>,
}

impl Attempt {
    pub(super) fn uncounted(reserved_at: Timestamp) -> Self {
        Self {
            reserved_at,
            left: None,
            success: None,
        }
    }

    pub(super) fn reserved(left: usize, store: Arc<dyn ErasedThrottle>, refund: Refund) -> Self {
        Self {
            reserved_at: refund.reserved,
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

    /// When it was reserved, which tells its places in the windows from others: to be kept, in whole milliseconds, with a
    /// login that takes more than one request, for [`forgive`](Throttles::forgive).
    #[must_use]
    pub fn reserved_at(&self) -> Timestamp {
        self.reserved_at
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
    /// Takes back the attempt that was [reserved at](Attempt::reserved_at) that time, and forgives the client its failures
    /// with the account, as a success does: for a login that took more than one request. If the store fails, all stay
    /// counted, and an event is raised.
    ///
    /// ```
    #[doc = example!(session)]
    /// # use keycard::auth::throttle::Throttles;
    /// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// let attempt = throttles.login("carol@example.com", client).await?; // the password was right
    /// session.insert("app.login_attempt", &attempt.reserved_at().as_millis())?;
    /// drop(attempt);
    ///
    /// let reserved_at = session.take("app.login_attempt")?.map(Timestamp::from_millis); // the code was right, too
    /// throttles.forgive("carol@example.com", client, reserved_at.expect("a login that waits")).await;
    /// assert_eq!(throttles.login("carol@example.com", client).await?.left(), Some(4));
    #[doc = example!(end)]
    /// ```
    pub async fn forgive(&self, account: &str, client: impl Into<Option<IpAddr>>, reserved_at: Timestamp) {
        let client = client.into().map(network);
        let (scopes, windows) = self.windows(&login(account, client.as_deref()));
        if !windows.is_empty() {
            give_back(&*self.store, &refund(&scopes, &windows, reserved_at)).await;
        }
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
