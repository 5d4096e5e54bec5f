//! Throttles in memory: the logs of windows, and when each may be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use super::MemoryStore;
use crate::auth::throttle::{Judgement, judge};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Refund, Reserved, Throttle, ThrottleKey, Window};

/// Two maps that agree, since `set` alone writes them.
#[derive(Default)]
pub(super) struct Windows {
    logs: BTreeMap<ThrottleKey, Log>,
    /// An entry for each log.
    due: BTreeSet<(Timestamp, ThrottleKey)>,
}

struct Log {
    /// Oldest first, never empty.
    attempts: Vec<Timestamp>,
    /// When the last of them has left the window.
    until: Timestamp,
}

impl Throttle for MemoryStore {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        let mut kept = self.0.windows.lock().unwrap_or_else(PoisonError::into_inner);
        kept.reserve(windows, now, self.0.capacity)
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        let mut kept = self.0.windows.lock().unwrap_or_else(PoisonError::into_inner);
        kept.refund(refund);
        Ok(())
    }
}

impl Windows {
    fn reserve(
        &mut self,
        windows: &[Window],
        now: Timestamp,
        capacity: usize,
    ) -> Result<Reserved, StoreError> {
        // More than this attempt adds, so that what has expired grows less.
        self.sweep(now, 2 * windows.len());
        let (mut logs, mut full_until) = (Vec::new(), None);
        for window in windows {
            match judge(self.attempts(window.key), window.limit, now) {
                Judgement::Fits(attempts) => logs.push((window, attempts)),
                Judgement::Full(until) => full_until = full_until.max(Some(until)),
            }
        }
        if let Some(until) = full_until {
            return Ok(Reserved::Throttled { until });
        }
        let new = windows
            .iter()
            .filter(|window| !self.logs.contains_key(&window.key));
        if self.logs.len() + new.count() > capacity {
            return Err(StoreError::refused(
                "the memory store has no room for another throttle",
            ));
        }
        let room = logs
            .iter()
            .map(|(window, log)| window.limit.attempts() - log.len());
        let left = room.min().unwrap_or(usize::MAX);
        for (window, attempts) in logs {
            let until = attempts
                .last()
                .map_or(now, |last| last.after(window.limit.span()));
            self.set(window.key, Some(Log { attempts, until }));
        }
        Ok(Reserved::Applied { left })
    }

    fn refund(&mut self, refund: &Refund) {
        for key in &refund.cleared {
            self.set(*key, None);
        }
        for key in &refund.keys {
            let Some(log) = self.logs.get_mut(key) else {
                continue;
            };
            if let Some(place) = log.attempts.iter().position(|at| *at == refund.reserved) {
                log.attempts.remove(place);
            }
            if log.attempts.is_empty() {
                self.set(*key, None);
            }
        }
    }

    fn attempts(&self, key: ThrottleKey) -> &[Timestamp] {
        self.logs.get(&key).map_or(&[], |log| &log.attempts)
    }

    /// Forgets windows that count nothing any more, the earliest first.
    fn sweep(&mut self, now: Timestamp, most: usize) {
        for _ in 0..most {
            match self.due.first() {
                Some(&(until, key)) if until <= now => self.set(key, None),
                _ => break,
            }
        }
    }

    /// Keeps a log in place of what is there, or forgets the window.
    fn set(&mut self, key: ThrottleKey, log: Option<Log>) {
        let until = log.as_ref().map(|log| log.until);
        let before = match log {
            Some(log) => self.logs.insert(key, log),
            None => self.logs.remove(&key),
        };
        if let Some(before) = before {
            self.due.remove(&(before.until, key));
        }
        self.due.extend(until.map(|until| (until, key)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::throttle::Limit;
    use crate::error::StoreErrorKind;

    const SPAN: Duration = Duration::from_secs(1);

    fn windows(numbers: std::ops::Range<u8>) -> Vec<Window> {
        let limit = Limit::new(2, SPAN).unwrap();
        numbers
            .map(|number| Window::new(ThrottleKey::from_bytes([number; 16]), limit))
            .collect()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_full_store_refuses_new_windows_and_drops_none_that_counts() {
        let mut kept = Windows::default();
        let left = |left| Ok(Reserved::Applied { left });
        let mut reserve = |numbers, millis| {
            let reserved = kept.reserve(&windows(numbers), at(millis), 3);
            reserved.map_err(|error| error.kind())
        };
        assert_eq!(reserve(0..2, 0), left(1));
        assert_eq!(reserve(1..4, 1), Err(StoreErrorKind::Refused));
        assert_eq!(reserve(2..3, 2), left(1), "what was refused took no room");
        assert_eq!(reserve(3..4, 3), Err(StoreErrorKind::Refused));
        assert_eq!(
            reserve(0..2, 4),
            left(0),
            "there is room in windows that are there"
        );
        assert_eq!(reserve(3..4, 1_001), Err(StoreErrorKind::Refused));
        assert_eq!(reserve(3..4, 1_002), left(1), "one has counted its last");
    }

    #[test]
    fn what_counts_nothing_is_forgotten() {
        let mut kept = Windows::default();
        let none = |kept: &Windows| kept.logs.is_empty() && kept.due.is_empty();
        for round in 0..100 {
            let reserved = kept.reserve(&windows(round..round + 1), at(u64::from(round) * 1_000), 3);
            assert_eq!(reserved.unwrap(), Reserved::Applied { left: 1 });
            assert!(kept.logs.len() == 1 && kept.due.len() == 1, "round {round}");
        }
        kept.refund(&Refund::new(vec![windows(99..100)[0].key], vec![], at(99_000)));
        assert!(none(&kept), "refunded");
        for (number, millis) in (0..10).map(|number| (number, 0)).chain([(10, 1_000)]) {
            let reserved = kept.reserve(&windows(number..number + 1), at(millis), 10);
            assert_eq!(reserved.unwrap(), Reserved::Applied { left: 1 });
        }
        assert_eq!(kept.logs.len(), 9, "two go for one that comes");
        let all = windows(0..11).iter().map(|window| window.key).collect();
        kept.refund(&Refund::new(vec![], all, at(0)));
        assert!(none(&kept), "cleared");
    }
}
