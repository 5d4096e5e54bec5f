//! The metrics of a near cache: told with the news that it is told, so that a read of a copy costs nothing more.

use std::sync::{Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Unit};

use super::series::{counts, duration, level};
use crate::store::near::{Counts, NearCacheFigures};

/// Handles to a near cache's metrics. Several caches of a process share the series, so each adds what has changed.
pub(crate) struct NearMetrics {
    delay: Histogram,
    reads: [Counter; 2],
    removals: [Counter; 2],
    entries: Gauge,
    bytes: Gauge,
    watching: Gauge,
    // Held while the difference to what was told before is told.
    last: Mutex<Told>,
}

#[derive(Clone, Copy, Default)]
struct Told {
    counts: Counts,
    watching: bool,
}

impl NearMetrics {
    /// With the recorder that is installed at this moment.
    pub(crate) fn register() -> Self {
        let (outcome, cause) = (
            ("outcome", ["hit", "miss"]),
            ("cause", ["invalidated", "evicted"]),
        );
        Self {
            delay: duration(
                "keycard_near_cache_revocation_delay_seconds",
                "An upper bound of how late a revocation is known here, by each sign of life.",
            ),
            reads: counts(
                "keycard_near_cache_reads_total",
                outcome,
                "Sessions that were read.",
            ),
            removals: counts("keycard_near_cache_removals_total", cause, "Copies that left."),
            entries: level(
                "keycard_near_cache_entries",
                Unit::Count,
                "Copies that there are.",
            ),
            bytes: level("keycard_near_cache_bytes", Unit::Bytes, "What the copies take."),
            watching: level(
                "keycard_near_cache_watching",
                Unit::Count,
                "Near caches that are told of changes.",
            ),
            last: Mutex::default(),
        }
    }

    /// After news: what the cache has counted and measured by now. `alive` says that they were a sign of life.
    pub(crate) fn told(&self, alive: bool, figures: impl FnOnce() -> NearCacheFigures) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let NearCacheFigures {
            age, counts, delays, ..
        } = figures();
        let now = Told {
            counts,
            watching: age.is_some(),
        };
        if alive {
            self.delay.record(delays.last);
        }
        self.tell(*last, now);
        *last = now;
    }

    fn tell(&self, last: Told, now: Told) {
        let (old, new) = (last.counts, now.counts);
        let [hits, misses] = &self.reads;
        let [invalidated, evicted] = &self.removals;
        hits.increment(new.hits.saturating_sub(old.hits));
        misses.increment(new.misses.saturating_sub(old.misses));
        invalidated.increment(new.dropped.saturating_sub(old.dropped));
        evicted.increment(new.evicted.saturating_sub(old.evicted));
        self.entries.increment(difference(old.entries, new.entries));
        self.bytes.increment(difference(old.bytes, new.bytes));
        self.watching
            .increment(difference(last.watching.into(), now.watching.into()));
    }
}

/// What is no more is no part of what there is now.
impl Drop for NearMetrics {
    fn drop(&mut self) {
        let last = *self.last.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut now = last;
        (now.counts.entries, now.counts.bytes, now.watching) = (0, 0, false);
        self.tell(last, now);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and exact up to 2^53"
)]
fn difference(old: u64, new: u64) -> f64 {
    new as f64 - old as f64
}
