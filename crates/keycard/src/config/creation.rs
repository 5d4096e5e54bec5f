//! The setting of how many sessions a client may begin.

use std::sync::Arc;

use super::KeycardBuilder;
use crate::auth::throttle::{Limit, OnOutage, Scope, Throttles};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::seal::IndexKey;
use crate::store::{ErasedThrottle, Measured, Throttle};

/// A limit, and where it is counted.
pub(super) struct Limited {
    store: Arc<dyn ErasedThrottle>,
    limit: Limit,
    on_outage: OnOutage,
}

impl Limited {
    pub(super) fn throttles(
        self,
        index_key: &IndexKey,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Throttles {
        Throttles::over(self.store, index_key, clock, metrics)
            .limit(Scope::SessionCreation, self.limit)
            .on_outage(self.on_outage)
    }
}

impl<I> KeycardBuilder<I> {
    /// How many sessions a client may begin: guests' and logins', which `store` counts. Default: no limit. A session that
    /// takes another's place does not count, as that of a guest who logs in; nor does a client whose address is not known.
    /// A client is an IPv4 address, or the /64 of an IPv6 address.
    ///
    /// What is beyond the limit is an error of [`commit`](crate::Session::commit), and given up; a handler that does not
    /// commit by itself is answered for, with 429 and `Retry-After`. Sessions that exist go on. While the store cannot
    /// count, `on_outage` says whether sessions begin; refused, they are a 503.
    ///
    /// It costs one round trip more where a session begins.
    ///
    /// ```
    #[doc = example!(builder)]
    /// use keycard::auth::throttle::{Limit, OnOutage};
    ///
    /// let limit = Limit::new(1, Duration::from_mins(1))?;
    /// let keycard = builder.limit_session_creation(MemoryStore::new(), limit, OnOutage::Refuse).build()?;
    /// let headers = [("host", "shop.example")];
    /// let visit = || keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
    /// let (first, second) = (visit().load().await?, visit().load().await?);
    /// first.increment("visits", 1).await?;
    /// assert_eq!(second.increment("visits", 1).await.unwrap_err().retry_after(), Some(60));
    /// assert_eq!(first.increment("visits", 1).await?, 2);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// It bounds what one client can fill the store with (OWASP API4:2023, unrestricted resource consumption). Many people
    /// share one address behind a provider's or an office's: leave room for them. Behind proxies that are not
    /// [trusted](Self::trusted_proxies) all clients have one address.
    pub fn limit_session_creation(mut self, store: impl Throttle, limit: Limit, on_outage: OnOutage) -> Self {
        self.creation = Some(Limited {
            store: Arc::new(Measured::new(store, &self.metrics)),
            limit,
            on_outage,
        });
        self
    }
}
