//! How many sessions there are, and what became of those that were.

use std::collections::BTreeMap;

use super::{EndReason, Store};
use crate::clock::Timestamp;
use crate::error::StoreError;

/// A store that counts.
///
/// ```
/// use keycard::store::{EndReason, Statistics, memory::MemoryStore};
/// use keycard::{Clock, KeyRing, Keycard, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
/// for user in ["alice", "bob"] {
///     let session = keycard.open([]).load().await?;
///     session.login(user);
///     session.commit().await?;
///     if user == "bob" {
///         session.logout();
///         session.commit().await?;
///     }
/// }
/// let figures = store.statistics(SystemClock.now()).await?;
/// assert_eq!((figures.active_sessions, figures.logins), (1, 2));
/// assert_eq!(figures.ended(EndReason::Logout), 1);
/// # Ok(())
/// # }
/// ```
pub trait Statistics: Store {
    /// The figures at `now`. A networked store reads them in one round trip, however many sessions there are.
    ///
    /// # Errors
    ///
    /// As every call of a store; and [`Refused`](crate::StoreErrorKind::Refused) where the store counts only if it is told
    /// to, and was not.
    fn statistics(&self, now: Timestamp) -> impl Future<Output = Result<Figures, StoreError>> + Send;
}

/// What a store has counted. Each write counts once, in the step in which it lands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// The sessions that are live: those of guests, of users, and pending logins. A session that is not used any more is
    /// among them until it expires; records that this version cannot read are not.
    pub active_sessions: u64,
    /// How many logins there were: sessions that began with an owner, and pending logins that were completed.
    pub logins: u64,
    /// How many live sessions were ended, by the reasons for which there were any.
    pub ended: BTreeMap<EndReason, u64>,
}

impl Figures {
    /// How many live sessions were ended for this reason.
    #[must_use]
    pub fn ended(&self, reason: EndReason) -> u64 {
        self.ended.get(&reason).copied().unwrap_or_default()
    }
}
