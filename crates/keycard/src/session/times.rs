//! When the session began, was used and ends, and how that is changed by hand.

use std::time::Duration;

use super::Session;
use crate::clock::Timestamp;
use crate::intent::Change;

impl Session {
    /// When the session began, as last read or committed; `None` for one that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// assert_eq!(session.created_at(), None);
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(session.created_at(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.created)
    }

    /// When the client's id was handed out, as last read or committed; `None` for a session that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(5));
    /// session.rotate();
    /// session.commit().await?;
    /// assert_eq!(session.issued_at(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.issued)
    }

    /// When the session was last used, as last read or committed, and as exact as
    /// [`touch_after`](crate::KeycardBuilder::touch_after) says; `None` for one that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(5));
    /// session.touch().await?;
    /// assert_eq!(session.last_access(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn last_access(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.seen)
    }

    /// When the session ends if it is not used again, as last read or committed; `None` for one that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(session.expires_at(), Some(clock.now().after(Duration::from_mins(30))));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.expires)
    }

    /// How long the session lives if it is not used again: from now, by the application's clock, until
    /// [`expires_at`](Self::expires_at). Zero if that is over, `None` for a session that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// assert_eq!(session.remaining(), None);
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(10));
    /// assert_eq!(session.remaining(), Some(Duration::from_mins(20)));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let now = self.0.engine.clock.now();
        self.expires_at().map(|end| end.since(now))
    }

    /// When the session ends however much it is used, as last read or committed; `None` for one that is not stored.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(Duration::from_hours(24))));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn absolute_at(&self) -> Option<Timestamp> {
        self.state().base.live().map(|live| live.record.absolute)
    }

    /// Lets the session end `span` after its commit if it is not used, but never later than
    /// [`absolute_at`](Self::absolute_at). Once: later use moves the end forward as always, and never back.
    ///
    /// A span that is shorter than what is left brings the end nearer; one below a millisecond ends the session at the
    /// commit.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// session.extend(Duration::from_hours(2));
    /// session.commit().await?;
    /// let left = session.expires_at().unwrap().since(session.created_at().unwrap());
    /// assert_eq!(left, Duration::from_hours(2));
    #[doc = example!(end)]
    /// ```
    pub fn extend(&self, span: Duration) {
        self.state().intent.push(Change::Extend(span));
    }

    /// Changes how long this session lives without being used, from its commit on. It stays so until the next login.
    ///
    /// A span below a millisecond leaves no time: the session ends at the commit. Its cookie stays, as with every session
    /// that expires; [`logout`](Self::logout) is the way to end a session on purpose.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.set_idle(Duration::from_mins(5));
    /// session.commit().await?;
    /// assert_eq!(session.expires_at(), Some(clock.now().after(Duration::from_mins(5))));
    #[doc = example!(end)]
    /// ```
    pub fn set_idle(&self, idle: Duration) {
        self.state().intent.push(Change::SetIdle(idle));
    }
}
