//! What becomes of a request whose session cannot be loaded.

use std::time::Duration;

use crate::config::ConfigError;
use crate::error::{StoreError, StoreErrorKind};

/// For longer no session is served that may have ended.
const LONGEST_BOUND: Duration = Duration::from_hours(1);

/// What becomes of a request while the store is away; set with
/// [`KeycardBuilder::on_outage`](crate::KeycardBuilder::on_outage). [How to choose](crate::guide::outages).
///
/// Whatever it is, nothing is written after a read that failed, no cookie is changed, and a request that must know who is
/// logged in is a 503. A store is away that is [unavailable](StoreErrorKind::Unavailable) or
/// [late](StoreErrorKind::Timeout); any other error is a 503 under each policy.
///
/// ```
#[doc = example!(builder)]
/// let keycard = builder.on_outage(OutagePolicy::Anonymous).build()?;
/// # drop(keycard);
/// assert_eq!(OutagePolicy::default(), OutagePolicy::Deny);
#[doc = example!(end)]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutagePolicy {
    /// A request that uses its session is a 503.
    #[default]
    Deny,
    /// It goes on with an empty session that [says so](crate::Session::is_degraded).
    ///
    /// # Security
    ///
    /// Nobody is logged in there: a route that shows more to guests than to users, or a handler that takes no user for a
    /// reason to do something, is wrong during an outage.
    Anonymous,
    /// It goes on with what a [near cache](crate::store::near::NearCache) last knew of its session, for as long after the
    /// store's last sign of life: above zero, at most an hour. A session of which there is no copy is a 503.
    ///
    /// # Security
    ///
    /// A session that ended elsewhere is served for as long, so the time is the bound of a revocation during an outage.
    StaleOk(Duration),
}

impl OutagePolicy {
    /// `keep_aside` asks the store to keep copies when its link is lost, and answers whether it does.
    pub(crate) fn check(self, keep_aside: impl FnOnce() -> bool) -> Result<(), ConfigError> {
        let Self::StaleOk(bound) = self else { return Ok(()) };
        if bound.is_zero() || bound > LONGEST_BOUND {
            return Err(ConfigError::new(format!(
                "OutagePolicy::StaleOk({bound:?}) must be above zero and at most {LONGEST_BOUND:?}"
            )));
        }
        if keep_aside() {
            return Ok(());
        }
        Err(ConfigError::new(
            "OutagePolicy::StaleOk needs copies, and the store keeps none: put `NearCache::over` around it",
        ))
    }
}

/// Whether the store could not be asked: what it has refused, or has answered so that nobody understands it, is no outage.
pub(crate) fn is_outage(error: &StoreError) -> bool {
    matches!(
        error.kind(),
        StoreErrorKind::Unavailable | StoreErrorKind::Timeout
    )
}
