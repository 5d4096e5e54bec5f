//! An attempt that may be made, and what its success gives back.

use std::sync::Arc;

use super::limits::Scope;
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
    pub async fn succeeded(self) {
        let Some((store, refund)) = self.success else {
            return;
        };
        if let Err(error) = store.refund(&refund).await {
            events::refund_failed(&error);
        }
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
