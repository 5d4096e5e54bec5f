//! Time: the one place that reads a clock, and the type that carries what it read.
//!
//! Everything that judges time takes a [`Timestamp`] as an argument, so that tests march time by hand instead of waiting
//! for it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment as Unix time in milliseconds, the unit in which records keep their times.
///
/// ```
/// use keycard::Timestamp;
/// use std::time::Duration;
///
/// let noon = Timestamp::from_millis(1_000);
/// assert_eq!(noon.after(Duration::from_secs(2)).as_millis(), 3_000);
/// assert_eq!(noon.since(Timestamp::from_millis(400)), Duration::from_millis(600));
/// assert_eq!(noon.since(Timestamp::from_millis(5_000)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment plus `span`; stops at the largest representable moment.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is in fact later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A duration in whole milliseconds, as records and stores keep it.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Where an application's time comes from.
///
/// The default is [`SystemClock`]; tests use a [`ManualClock`].
///
/// ```
/// use keycard::{Clock, SystemClock, Timestamp};
/// use std::time::Duration;
///
/// /// Lives a day ahead, to see what tomorrow brings.
/// #[derive(Debug)]
/// struct Tomorrow;
///
/// impl Clock for Tomorrow {
///     fn now(&self) -> Timestamp {
///         SystemClock.now().after(Duration::from_hours(24))
///     }
/// }
/// assert!(Tomorrow.now() > SystemClock.now());
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
///
/// ```
/// use keycard::{Clock, SystemClock, Timestamp};
///
/// assert!(SystemClock.now() > Timestamp::from_millis(1_700_000_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a name without a state, made by naming it"
)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp(millis(since_epoch))
    }
}

/// A clock that moves only when it is told to, for tests. Clones share one time.
///
/// ```
/// use keycard::{Clock, ManualClock, Timestamp};
/// use std::time::Duration;
///
/// let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
/// let server = clock.clone();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(server.now().as_millis(), 61_000);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the clock forward by `span`.
    pub fn advance(&self, span: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.after(span);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment of real time, for what is agreed upon with others; not moved by a [`ManualClock`].
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A bound on real time, for work that waits for others; not moved by a [`ManualClock`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn within(span: Duration) -> Self {
        Self(instant() + span)
    }

    pub(crate) fn has_passed(self) -> bool {
        instant() >= self.0
    }

    /// What `work` comes to; `None` if that takes longer.
    ///
    /// # Panics
    ///
    /// If `work` has to wait and there is no tokio runtime with a timer.
    pub(crate) async fn bound<F: Future>(self, work: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.0.into(), work).await.ok()
    }
}
