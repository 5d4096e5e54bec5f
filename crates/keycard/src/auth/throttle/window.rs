//! The sliding window: whether one more attempt fits, judged from the times of those before it.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::ConfigError;

/// The most attempts that a limit may allow: stores keep a time for each.
const MOST_ATTEMPTS: usize = 1_000;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(31 * 24);

/// So many attempts in any span of that length.
///
/// ```
/// use keycard::auth::throttle::Limit;
/// use std::time::Duration;
///
/// let limit = Limit::new(5, Duration::from_mins(15))?;
/// assert_eq!((limit.attempts(), limit.span()), (5, Duration::from_mins(15)));
/// assert!(Limit::new(0, Duration::from_mins(15)).is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    attempts: usize,
    span: Duration,
}

impl Limit {
    /// At most `attempts` (1 to 1,000) in any `span` (one second to 31 days, kept in whole milliseconds).
    ///
    /// # Errors
    ///
    /// A number or a span out of range.
    pub fn new(attempts: usize, span: Duration) -> Result<Self, ConfigError> {
        if !(1..=MOST_ATTEMPTS).contains(&attempts) {
            return Err(ConfigError::new(format!(
                "a limit of {attempts} attempts: allow 1 to {MOST_ATTEMPTS}"
            )));
        }
        if !(SHORTEST..=LONGEST).contains(&span) {
            return Err(ConfigError::new(format!(
                "a limit for {span:?}: use a span of {SHORTEST:?} to {LONGEST:?}"
            )));
        }
        Ok(Self::of(attempts, span))
    }

    pub(super) const fn of(attempts: usize, span: Duration) -> Self {
        Self { attempts, span }
    }

    /// Once in a span, which is brought into the range of spans.
    pub(super) fn once_in(span: Duration) -> Self {
        Self::of(1, span.clamp(SHORTEST, LONGEST))
    }

    /// How many attempts.
    #[must_use]
    pub fn attempts(self) -> usize {
        self.attempts
    }

    /// In which time.
    #[must_use]
    pub fn span(self) -> Duration {
        self.span
    }
}

/// What a window says to an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an attempt that does not fit must not be made"]
#[expect(clippy::exhaustive_enums, reason = "it fits, or it does not")]
pub enum Judgement {
    /// It fits: this is the log to keep, the attempt among it. It never holds more times than the limit allows.
    Fits(Vec<Timestamp>),
    /// It does not, and nothing is to be written; from this time on one fits again.
    Full(Timestamp),
}

/// Judges an attempt at `now` by the times of those before it, oldest first. An attempt counts from its time until the
/// span has passed, and no longer at that moment.
///
/// A refused attempt is not counted, so who goes on trying does not wait longer. Servers' clocks may differ: an attempt
/// of one that is ahead counts too, and the log stays in order.
///
/// ```
/// use keycard::Timestamp;
/// use keycard::auth::throttle::{Judgement, Limit, judge};
/// use std::time::Duration;
///
/// let limit = Limit::new(2, Duration::from_secs(60))?;
/// let at = |seconds: u64| Timestamp::from_millis(seconds * 1_000);
///
/// assert_eq!(judge(&[at(0)], limit, at(10)), Judgement::Fits(vec![at(0), at(10)]));
/// assert_eq!(judge(&[at(0), at(10)], limit, at(59)), Judgement::Full(at(60)));
/// assert_eq!(judge(&[at(0), at(10)], limit, at(60)), Judgement::Fits(vec![at(10), at(60)]));
/// # Ok::<(), keycard::ConfigError>(())
/// ```
pub fn judge(log: &[Timestamp], limit: Limit, now: Timestamp) -> Judgement {
    let counted = &log[log.partition_point(|at| at.after(limit.span) <= now)..];
    // A log that was kept under a higher limit may hold too many: all but the last `limit - 1` must pass first.
    if let Some(last_in_the_way) = counted.len().checked_sub(limit.attempts) {
        return Judgement::Full(counted[last_in_the_way].after(limit.span));
    }
    let (before, after) = counted.split_at(counted.partition_point(|at| *at <= now));
    Judgement::Fits([before, &[now], after].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(millis: &[u64]) -> Vec<Timestamp> {
        millis.iter().copied().map(Timestamp::from_millis).collect()
    }

    #[test]
    fn the_window_slides_to_the_millisecond() {
        use Judgement::{Fits, Full};
        let limit = Limit::of(2, Duration::from_millis(100));
        let at = Timestamp::from_millis;
        for (log, now, judgement) in [
            (&[][..], 0, Fits(times(&[0]))),
            (&[7], 7, Fits(times(&[7, 7]))),
            (&[7, 7], 7, Full(at(107))),
            (&[0, 50], 99, Full(at(100))),
            (&[0, 50], 100, Fits(times(&[50, 100]))),
            (&[0, 50], 149, Fits(times(&[50, 149]))),
            (&[0, 0], 100, Fits(times(&[100]))),
            (&[0, 50], 1_000, Fits(times(&[1_000]))),
            // A server whose clock is behind the one that wrote.
            (&[50], 20, Fits(times(&[20, 50]))),
            (&[50, 60], 20, Full(at(150))),
            // A log from before the limit was lowered.
            (&[0, 10, 20, 30], 40, Full(at(120))),
            (&[0, 10, 20, 30], 119, Full(at(120))),
            (&[0, 10, 20, 30], 120, Fits(times(&[30, 120]))),
        ] {
            assert_eq!(judge(&times(log), limit, at(now)), judgement, "{log:?} at {now}");
        }
    }

    #[test]
    fn limits_that_cannot_work_are_refused() {
        let minute = Duration::from_mins(1);
        for (attempts, span) in [
            (0, minute),
            (1_001, minute),
            (1, Duration::ZERO),
            (1, Duration::from_millis(999)),
            (1, LONGEST + Duration::from_millis(1)),
        ] {
            Limit::new(attempts, span).unwrap_err();
        }
        for (attempts, span) in [(1, SHORTEST), (1_000, LONGEST)] {
            assert_eq!(Limit::new(attempts, span).unwrap(), Limit::of(attempts, span));
        }
    }

    #[test]
    fn once_is_at_least_a_second_and_at_most_31_days() {
        assert_eq!(Limit::once_in(Duration::ZERO).span(), SHORTEST);
        assert_eq!(Limit::once_in(Duration::MAX).span(), LONGEST);
    }

    proptest! {
        /// The log forgets what has passed and what was refused; a model that remembers every attempt judges the same.
        #[test]
        fn it_judges_as_one_that_remembers_every_attempt(
            attempts in 1..6_usize,
            span in 1..40_u64,
            pauses in prop::collection::vec(0..15_u64, 1..60),
        ) {
            let limit = Limit::of(attempts, Duration::from_millis(span));
            let (mut now, mut log, mut all) = (1_000, Vec::new(), Vec::<u64>::new());
            for pause in pauses {
                now += pause;
                let counts = |moment: u64| all.iter().filter(|at| **at + span > moment).count();
                match judge(&log, limit, Timestamp::from_millis(now)) {
                    Judgement::Fits(next) => {
                        prop_assert!(counts(now) < attempts);
                        prop_assert!(next.is_sorted() && next.len() <= attempts);
                        all.push(now);
                        log = next;
                    }
                    Judgement::Full(until) => {
                        prop_assert!(counts(now) >= attempts);
                        prop_assert!(counts(until.as_millis()) < attempts);
                        prop_assert!(counts(until.as_millis() - 1) >= attempts);
                    }
                }
            }
        }
    }
}
