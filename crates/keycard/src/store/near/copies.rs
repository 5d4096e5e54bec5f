//! All copies: the shards, what they are told, and what an own write does to them.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::figures::{Counts, Delays, NearCacheFigures};
use super::shard::{Room, Shard, Which};
use crate::clock::instant;
use crate::id::{RoutingTag, StoreKey};
use crate::metrics::NearMetrics;
use crate::store::{News, Watcher};

/// The first byte of a tag chooses, so that all sessions of a user are in one.
pub(super) const SHARDS: usize = 64;

pub(super) struct Copies {
    // Std locks: held for a few map operations, never across an await. What a shard is told it is told under the lock
    // under which its copies are read and put in.
    shards: [Mutex<Shard>; SHARDS],
    lease: Duration,
    signs: Mutex<Signs>,
    metrics: NearMetrics,
}

/// Of life.
#[derive(Debug, Default)]
struct Signs {
    last: Option<Instant>,
    delays: Delays,
}

impl Copies {
    /// With so much room for each half of a shard.
    pub(super) fn new(room: Room, lease: Duration) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(Shard::new(room))),
            lease,
            signs: Mutex::default(),
            metrics: NearMetrics::register(),
        }
    }

    pub(super) fn of(&self, tag: RoutingTag) -> MutexGuard<'_, Shard> {
        lock(&self.shards[usize::from(tag.first_byte()) % SHARDS])
    }

    /// Drops copies now, and again when what is returned is dropped: when the write has been answered, has failed, or is
    /// given up on.
    pub(super) fn before_write(&self, which: Which) -> OwnWrite<'_> {
        self.drop_copies(which);
        OwnWrite { copies: self, which }
    }

    /// From now on copies are kept when the link is lost.
    pub(super) fn keep_aside(&self) {
        for shard in &self.shards {
            lock(shard).keep_aside();
        }
    }

    pub(super) fn figures(&self) -> NearCacheFigures {
        let at = instant();
        let mut counts = Counts::default();
        let mut on = true;
        for shard in &self.shards {
            let shard = lock(shard);
            counts += shard.counts();
            on &= shard.is_trusted(at);
        }
        let signs = lock(&self.signs);
        NearCacheFigures {
            on,
            age: signs.last.map(|last| at.saturating_duration_since(last)),
            counts,
            delays: signs.delays,
        }
    }

    fn drop_copies(&self, which: Which) {
        let tag = match which {
            Which::Key(key) => key.tag(),
            Which::Tag(tag) => tag,
        };
        self.of(tag).drop_copies(which);
    }
}

/// Shows no record.
impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copies")
    }
}

impl Watcher for Copies {
    fn told(&self, news: News) {
        match news {
            News::Changed(key) => self.of(key.tag()).told(news, self.lease),
            News::Up | News::Flush | News::Alive(_) | News::Lost => {
                for shard in &self.shards {
                    lock(shard).told(news, self.lease);
                }
                lock(&self.signs).note(news, instant());
                self.metrics
                    .told(matches!(news, News::Alive(_)), || self.figures());
            }
        }
    }
}

impl Signs {
    fn note(&mut self, news: News, at: Instant) {
        match news {
            News::Alive(since) => {
                self.last = Some(since);
                self.delays.add(at.saturating_duration_since(since));
            }
            News::Lost => self.last = None,
            News::Up | News::Flush | News::Changed(_) => {}
        }
    }
}

/// A write of this process that is under way.
#[derive(Debug)]
#[must_use = "the copies are dropped again when the write is over"]
pub(super) struct OwnWrite<'a> {
    copies: &'a Copies,
    which: Which,
}

impl Drop for OwnWrite<'_> {
    fn drop(&mut self) {
        self.copies.drop_copies(self.which);
    }
}

/// What a write may change: with an owner also other sessions of the user, which may end for it. They share its tag.
pub(super) fn changed_by(key: StoreKey, is_owned: bool) -> Which {
    if is_owned {
        Which::Tag(key.tag())
    } else {
        Which::Key(key)
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
