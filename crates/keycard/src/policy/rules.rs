//! How long sessions live, when a use is written down, and when an id is renewed.

use std::time::Duration;

use super::binding::BindingRules;
use super::outage::OutagePolicy;
use crate::clock::Timestamp;
use crate::config::ConfigError;
use crate::record::Record;
use crate::store::SessionLimit;

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
    pub(in crate::policy) idle: Duration,
    pub(in crate::policy) absolute: Duration,
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

/// An authentication assurance level of NIST SP 800-63B-4, for [`KeycardBuilder::assurance`].
///
/// ```
/// use keycard::Assurance;
/// use std::time::Duration;
///
/// assert_eq!(Assurance::Aal2.lifetimes().idle(), Duration::from_hours(1));
/// assert_eq!(Assurance::Aal2.lifetimes().absolute(), Duration::from_hours(24));
/// ```
///
/// [`KeycardBuilder::assurance`]: crate::KeycardBuilder::assurance
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Assurance {
    /// Re-authentication after 30 days, however the session is used (§2.1.3).
    Aal1,
    /// After 24 hours, or an hour without use (§2.2.3).
    Aal2,
    /// After 12 hours, or 15 minutes without use (§2.3.3).
    Aal3,
}

impl Assurance {
    /// The longest lifetimes of this level.
    #[must_use]
    pub fn lifetimes(self) -> Lifetimes {
        let (idle, absolute) = match self {
            Self::Aal1 => (days(30), days(30)),
            Self::Aal2 => (minutes(60), days(1)),
            Self::Aal3 => (minutes(15), minutes(12 * 60)),
        };
        Lifetimes { idle, absolute }
    }
}

/// Secrets are replaced while a session goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renewal {
    /// How long a secret is handed out before it is replaced.
    pub(crate) every: Duration,
    /// How long the secret that was replaced goes on to open the session.
    pub(crate) grace: Duration,
}

/// What an application has chosen, as far as judgement needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) session: Lifetimes,
    pub(crate) remembered: Lifetimes,
    /// Logins that wait for a further factor.
    pub(crate) pending: Duration,
    /// How many sessions a user may have.
    pub(crate) limit: Option<SessionLimit>,
    /// When a session gets a new secret by itself; `None`: never.
    pub(crate) renewal: Option<Renewal>,
    /// To what the sessions of users are bound.
    pub(crate) binding: BindingRules,
    /// How exact the last use is kept; `None`: a tenth of the session's idle time, at most a minute.
    pub(crate) touch_after: Option<Duration>,
    /// What becomes of a request while the store is away.
    pub(crate) outage: OutagePolicy,
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
        pending: minutes(10),
        limit: None,
        renewal: None,
        binding: BindingRules {
            address: None,
            fingerprint: None,
        },
        touch_after: None,
        outage: OutagePolicy::Deny,
    };

    /// How long a session lives that is authenticated now.
    pub(crate) fn lifetimes(&self, record: &Record) -> Lifetimes {
        match &record.authentication {
            Some(known) if known.pending => Lifetimes {
                idle: self.pending,
                absolute: self.pending,
            },
            _ if record.persistent => self.remembered,
            _ => self.session,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.remembered.absolute > MAX_COOKIE_AGE {
            return Err(ConfigError::new(
                "remember_me is longer than 400 days, the longest age that browsers give a cookie",
            ));
        }
        if self.renewal.is_some_and(|renewal| renewal.every <= renewal.grace) {
            return Err(ConfigError::new(
                "ids are renewed before the grace of the last renewal is over: raise the time or shorten the grace",
            ));
        }
        if self.pending < Duration::from_secs(1) || self.pending > minutes(60) {
            return Err(ConfigError::new(format!(
                "a pending login waits for {:?}: choose a second to an hour",
                self.pending
            )));
        }
        match self.touch_after {
            Some(span) if span >= self.session.idle || span >= self.remembered.idle => Err(ConfigError::new(
                format!("touch_after ({span:?}) must be below the idle times, or sessions in use would end"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether something must happen to the session although nothing is asked of it.
    pub(crate) fn anything_is_due(&self, record: &Record, now: Timestamp) -> bool {
        self.touch_is_due(record, now) || self.renewal_is_due(record, now)
    }

    /// Whether the session should get a new secret by itself.
    pub(crate) fn renewal_is_due(&self, record: &Record, now: Timestamp) -> bool {
        let renewal = self.renewal.filter(|_| record.authentication.is_some());
        renewal.is_some_and(|renewal| now.since(record.issued) >= renewal.every)
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

pub(in crate::policy) const fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

pub(in crate::policy) const fn days(count: u64) -> Duration {
    Duration::from_hours(count * 24)
}
