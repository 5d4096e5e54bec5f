//! The settings of time: how long sessions and ids live.

use std::time::Duration;

use super::KeycardBuilder;
use crate::policy::{Assurance, Lifetimes, Renewal};

impl<I> KeycardBuilder<I> {
    /// How long sessions live. Default: 30 minutes unused, 24 hours at the most. Sessions that exist keep what they have
    /// until the next login.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let (unused, at_most) = (Duration::from_mins(15), Duration::from_hours(8));
    /// let keycard = builder.lifetimes(Lifetimes::new(unused, at_most)?).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(session.expires_at(), Some(clock.now().after(unused)));
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(at_most)));
    #[doc = example!(end)]
    /// ```
    pub fn lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.rules.session = lifetimes;
        self
    }

    /// How long sessions live whose user asked to be [remembered](crate::LoginAs::remembered). Default: 14 days unused,
    /// 30 days at the most. At most 400 days, the longest age that browsers give a cookie.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let week = Duration::from_hours(7 * 24);
    /// let keycard = builder.remember_me(Lifetimes::new(week, 4 * week)?).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login_with(LoginAs::user("alice").remembered(true));
    /// session.commit().await?;
    /// assert_eq!(session.expires_at(), Some(clock.now().after(week)));
    #[doc = example!(end)]
    /// ```
    pub fn remember_me(mut self, lifetimes: Lifetimes) -> Self {
        self.rules.remembered = lifetimes;
        self
    }

    /// How long a login [waits](crate::LoginAs::pending) for a further factor. Default: ten minutes. At least a second, at
    /// most an hour.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.pending_login(Duration::from_mins(5)).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login_with(LoginAs::user("carol").pending());
    /// session.commit().await?;
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(Duration::from_mins(5))));
    #[doc = example!(end)]
    /// ```
    pub fn pending_login(mut self, span: Duration) -> Self {
        self.rules.pending = span;
        self
    }

    /// Gives the session of a user a new id `every` so often while it is in use; the id before goes on to open it for
    /// `grace`, so that requests that are on their way meanwhile still find it. Default: ids change at logins, step-ups
    /// and [on demand](crate::Session::rotate) only.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.renew_ids(Duration::from_mins(15), Duration::from_secs(30)).build()?;
    /// let lazy = keycard.open([]);
    /// let session = lazy.load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(15));
    /// session.commit().await?;
    /// assert_eq!(session.issued_at(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Whoever steals an id has it until the next renewal, or is noticed by it: one of the two clients then presents an id
    /// that was replaced. But the client whose answer is lost when its id is renewed has to log in again once the grace is
    /// over; make the grace longer than a request takes, and not longer than that.
    pub fn renew_ids(mut self, every: Duration, grace: Duration) -> Self {
        self.rules.renewal = Some(Renewal { every, grace });
        self
    }

    /// The lifetimes that NIST SP 800-63B-4 §2 allows at an assurance level, for all sessions: whether a user is remembered
    /// makes no difference any more but that their cookie outlives the browser.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.assurance(Assurance::Aal3).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(session.expires_at(), Some(clock.now().after(Duration::from_mins(15))));
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(Duration::from_hours(12))));
    #[doc = example!(end)]
    /// ```
    pub fn assurance(mut self, level: Assurance) -> Self {
        self.rules.session = level.lifetimes();
        self.rules.remembered = level.lifetimes();
        self
    }

    /// How exact the last use is kept: a session in use is written to the store at most once per this time, and ends
    /// between `idle - touch_after` and `idle` after its last use. Zero for exactness, at a write per request.
    /// Default: a tenth of the idle time, at most one minute. Must be below the idle times.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.touch_after(Duration::ZERO).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_millis(1));
    /// session.touch().await?;
    /// assert_eq!(session.last_access(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    pub fn touch_after(mut self, span: Duration) -> Self {
        self.rules.touch_after = Some(span);
        self
    }
}
