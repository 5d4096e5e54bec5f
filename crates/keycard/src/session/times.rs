//! When the session began, was used and ends, and how that is changed by hand.

use std::time::Duration;

use super::Session;
use crate::clock::Timestamp;
use crate::intent::Change;

impl Session {
    /// When the session began, as last read or committed; `None` for one that is not stored.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.created)
    }

    /// When the session was last used, to the exactness of `touch_after`, as last read or committed.
    #[must_use]
    pub fn last_access(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.seen)
    }

    /// When the session ends if it is not used again, as last read or committed.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.expires)
    }

    /// When the session ends however much it is used, as last read or committed.
    #[must_use]
    pub fn absolute_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.absolute)
    }

    /// Lets the session end `span` from its commit on if it is not used, but never later than
    /// [`absolute_at`](Self::absolute_at). Once: later use moves the end forward as always, and never back.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// session.extend(Duration::from_hours(2));
    /// session.commit().await?;
    /// let left = session.expires_at().unwrap().since(session.created_at().unwrap());
    /// assert!(left >= Duration::from_hours(2) && left < Duration::from_hours(3));
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend(&self, span: Duration) {
        self.state().intent.push(Change::Extend(span));
    }

    /// Changes for this session how long it lives without being used, beginning now.
    pub fn set_idle(&self, idle: Duration) {
        self.state().intent.push(Change::SetIdle(idle));
    }
}
