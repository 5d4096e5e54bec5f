//! Judgement: from how a session arrived, what the request wants, how it went and what time it is, to what must happen.
//!
//! Pure: no store, no clock, no randomness. The table of arms is this module's test.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::ConfigError;
use crate::intent::Intent;
use crate::record::Record;

/// The longest age that browsers give a cookie (RFC 6265bis §5.5).
const MAX_COOKIE_AGE: Duration = Duration::from_hours(400 * 24);

/// How long a session lives: unused, and at the most.
///
/// ```
/// use keycard::Lifetimes;
/// use std::time::Duration;
///
/// let hour = Duration::from_secs(3600);
/// let day = 24 * hour;
/// assert_eq!(Lifetimes::new(hour, day)?.idle(), hour);
/// assert!(Lifetimes::new(day, hour).is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    idle: Duration,
    absolute: Duration,
}

impl Lifetimes {
    /// A session ends `idle` after its last use and `absolute` after its authentication, whichever comes first
    /// (ASVS 5.0 7.3.1 and 7.3.2).
    ///
    /// # Errors
    ///
    /// An idle time of zero or above the absolute time.
    pub fn new(idle: Duration, absolute: Duration) -> Result<Self, ConfigError> {
        if idle < Duration::from_millis(1) {
            return Err(ConfigError::new(
                "the idle time is zero, so sessions would end at once: raise it to what a user may pause",
            ));
        }
        if idle > absolute {
            return Err(ConfigError::new(format!(
                "the idle time ({idle:?}) is above the absolute time ({absolute:?}): lower the one or raise the other"
            )));
        }
        Ok(Self { idle, absolute })
    }

    /// How long a session lives without being used.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// How long a session lives after its authentication, however much it is used.
    #[must_use]
    pub fn absolute(&self) -> Duration {
        self.absolute
    }
}

/// What an application has chosen, as far as judgement needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) session: Lifetimes,
    pub(crate) remembered: Lifetimes,
    /// How exact the last use is kept; `None`: a tenth of the session's idle time, at most a minute.
    pub(crate) touch_after: Option<Duration>,
}

impl Rules {
    pub(crate) const DEFAULT: Self = Self {
        session: Lifetimes {
            idle: minutes(30),
            absolute: days(1),
        },
        remembered: Lifetimes {
            idle: days(14),
            absolute: days(30),
        },
        touch_after: None,
    };

    pub(crate) fn lifetimes(&self, remember: bool) -> Lifetimes {
        if remember { self.remembered } else { self.session }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.remembered.absolute > MAX_COOKIE_AGE {
            return Err(ConfigError::new(
                "remember_me is longer than 400 days, the longest age that browsers give a cookie",
            ));
        }
        match self.touch_after {
            Some(span) if span >= self.session.idle || span >= self.remembered.idle => Err(ConfigError::new(
                format!("touch_after ({span:?}) must be below the idle times, or sessions in use would end"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the store should learn that the session is in use.
    pub(crate) fn touch_is_due(&self, record: &Record, now: Timestamp) -> bool {
        let usual = (record.idle / 10).min(minutes(1));
        // A session whose idle time was shortened by hand must not end between two touches.
        let after = self
            .touch_after
            .filter(|after| *after < record.idle)
            .unwrap_or(usual);
        now.since(record.seen) > after
    }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

const fn days(count: u64) -> Duration {
    Duration::from_hours(count * 24)
}

/// What a request's cookie turned out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival<'a> {
    /// No cookie, none of ours, or one whose session is not known any more.
    None,
    /// A session that has ended lately, or was replaced, or whose secret was rotated away, or that arrived twice.
    Ended,
    /// This session.
    Live(&'a Record),
}

/// How the request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The inner service answered.
    Completed,
    /// The inner service failed, or answered 5xx: only endings count.
    Failed,
}

impl Outcome {
    /// The outcome that an HTTP status stands for.
    ///
    /// ```
    /// use keycard::Outcome;
    ///
    /// assert_eq!(Outcome::of_status(404), Outcome::Completed);
    /// assert_eq!(Outcome::of_status(500), Outcome::Failed);
    /// ```
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        if status >= 500 {
            Self::Failed
        } else {
            Self::Completed
        }
    }
}

/// What must happen to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Nothing,
    /// Changes are asked for on a session that has ended: they are dropped.
    Discard,
    /// The session was used: its idle time starts again.
    Touch,
    /// A session begins: new key, new secret, cookie.
    Create,
    /// The session changes and stays itself; with `rotate` it gets a new secret and cookie.
    Update { rotate: bool },
    /// The session ends and another begins in its stead: a login. Cookie.
    Replace,
    /// The session ends; the cookie is removed.
    End,
    /// The session ends, then another begins: a logout, and something after it. Cookie.
    EndThenCreate,
}

impl Verdict {
    /// Whether what the verdict brings about is of no use unless the client gets a cookie.
    pub(crate) fn needs_cookie(self) -> bool {
        matches!(
            self,
            Self::Create | Self::Replace | Self::EndThenCreate | Self::Update { rotate: true }
        )
    }
}

/// The judgement. `writes` says that a write beyond the intent is under way (`update`, `increment`, `consume`).
pub(crate) fn decide(
    arrival: Arrival<'_>,
    intent: &Intent,
    writes: bool,
    outcome: Outcome,
    rules: &Rules,
    now: Timestamp,
) -> Verdict {
    let changes = writes || intent.has_changes();
    let begins = intent.login.is_some() || writes || !intent.data_over(None).is_empty();
    match (outcome, arrival) {
        (Outcome::Failed, Arrival::Live(_)) if intent.end => Verdict::End,
        (Outcome::Failed, Arrival::None | Arrival::Ended) => Verdict::Nothing,
        (Outcome::Completed, Arrival::None) => if_any(begins, Verdict::Create),
        (Outcome::Completed, Arrival::Ended) if intent.login.is_some() => Verdict::Create,
        (Outcome::Completed, Arrival::Ended) => if_any(changes, Verdict::Discard),
        (Outcome::Completed, Arrival::Live(_)) if intent.end => {
            if begins {
                Verdict::EndThenCreate
            } else {
                Verdict::End
            }
        }
        (Outcome::Completed, Arrival::Live(record)) if intent.login.is_some() || changes => {
            match &intent.login {
                Some(login) if record.user.as_ref() != Some(&login.user) => Verdict::Replace,
                Some(_) => Verdict::Update { rotate: true },
                None => Verdict::Update {
                    rotate: intent.rotate,
                },
            }
        }
        (_, Arrival::Live(record)) => if_any(rules.touch_is_due(record, now), Verdict::Touch),
    }
}

fn if_any(condition: bool, verdict: Verdict) -> Verdict {
    if condition { verdict } else { Verdict::Nothing }
}

#[cfg(test)]
mod tests;
