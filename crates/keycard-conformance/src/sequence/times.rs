//! The times of a session by the rules alone: computed from what happened to it, never read from what it says of itself.

use std::time::Duration;

use keycard::{Session, Timestamp, UserId};

use crate::record::{HOUR, MINUTE};

/// What a session tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    user: UserId,
    /// How far it has been counted.
    n: Option<i64>,
    seen: Timestamp,
    ends: Timestamp,
    cap: Timestamp,
}

impl Told {
    /// Nothing if nobody is logged in.
    pub(crate) fn by(session: &Session) -> Option<Self> {
        Some(Self {
            user: session.user()?,
            n: session.get("n").expect("a number"),
            seen: session.last_access()?,
            ends: session.expires_at()?,
            cap: session.absolute_at()?,
        })
    }
}

/// A session of an application with default settings.
#[derive(Debug)]
pub(crate) struct Times {
    told: Told,
    idle: Duration,
}

impl Times {
    pub(crate) fn of_login(user: UserId, remembered: bool, now: Timestamp) -> Self {
        let (idle, absolute) = if remembered {
            (14 * 24 * HOUR, 30 * 24 * HOUR)
        } else {
            (30 * MINUTE, 24 * HOUR)
        };
        let told = Told {
            user,
            n: None,
            seen: now,
            ends: now.after(idle),
            cap: now.after(absolute),
        };
        Self { told, idle }
    }

    /// The data is kept.
    pub(crate) fn logged_in_again(self, remembered: bool, now: Timestamp) -> Self {
        let n = self.told.n;
        let mut again = Self::of_login(self.told.user, remembered, now);
        again.told.n = n;
        again
    }

    /// What a session tells that is live.
    pub(crate) fn at(&self, now: Timestamp) -> Option<Told> {
        (now < self.told.ends).then(|| self.told.clone())
    }

    /// A use rolls the idle time if the last one that did is long enough ago.
    pub(crate) fn used(self, now: Timestamp) -> Self {
        if now.since(self.told.seen) > MINUTE.min(self.idle / 10) {
            self.written(now)
        } else {
            self
        }
    }

    pub(crate) fn written(mut self, now: Timestamp) -> Self {
        self.told.seen = now;
        self.told.ends = self.told.ends.max(self.told.cap.min(now.after(self.idle)));
        self
    }

    pub(crate) fn counted(mut self, now: Timestamp) -> Self {
        self.told.n = Some(self.told.n.unwrap_or(0) + 1);
        self.written(now)
    }

    pub(crate) fn cleared(mut self, now: Timestamp) -> Self {
        self.told.n = None;
        self.written(now)
    }

    pub(crate) fn extended(mut self, span: Duration, now: Timestamp) -> Self {
        self.told.seen = now;
        self.told.ends = self.told.cap.min(now.after(span));
        self
    }

    pub(crate) fn with_idle(self, idle: Duration, now: Timestamp) -> Self {
        Self { idle, ..self }.extended(idle, now)
    }
}
