//! The setting of what becomes of requests while the store is away.

use super::KeycardBuilder;
use crate::policy::OutagePolicy;

impl<I> KeycardBuilder<I> {
    /// What becomes of a request while the store is away. Default: [`Deny`](OutagePolicy::Deny).
    /// [`StaleOk`](OutagePolicy::StaleOk) does not build over a store that keeps no copies.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let policy = OutagePolicy::StaleOk(Duration::from_mins(1));
    /// let error = builder.on_outage(policy).build().unwrap_err();
    /// assert!(error.to_string().contains("NearCache"));
    #[doc = example!(end)]
    /// ```
    pub fn on_outage(mut self, policy: OutagePolicy) -> Self {
        self.rules.outage = policy;
        self
    }
}
