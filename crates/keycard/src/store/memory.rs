//! The store inside the process: the reference implementation of the contract, and the default for one server.

mod history;
mod index;
mod shard;
mod throttle;
mod token;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::shard::{Compared, Shard};
use self::throttle::Windows;
use self::token::Tokens;
use super::{
    Create, Created, End, EndReason, Ended, Fate, Figures, Loaded, Replace, Replaced, Statistics, Store,
    Touch, Touched, Update, Updated,
};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{RoutingTag, StoreKey};

const SHARDS: usize = 16;
const DEFAULT_CAPACITY: usize = 1_000_000;

/// Sessions in the memory of this process. Clones share them.
///
/// Bounded: a full store refuses new sessions and never drops live ones. Sessions do not survive a restart and are not
/// shared between servers.
///
/// No task runs in the background. A verb that may add an entry first removes up to eight expired ones of the same part
/// of the store, which therefore shrinks for as long as it holds expired ones; a full store removes expired ones wherever
/// they are before it refuses a session. Of users' [histories](super::History) there are as many as sessions at most; the one
/// that has gone without a note for the longest time leaves for another.
///
/// # Costs
///
/// The store has 16 parts, each behind a lock; all sessions of a user are in one. Among n sessions of a part, a verb takes
/// O(log n) steps under the lock, never more: nothing is rehashed or rebuilt. A refused session costs a look at each part;
/// so do the [statistics](Statistics), which first remove what has expired, eight sessions at a time.
/// What concerns all sessions of a user (`sessions_of`, `count`, `end_all`, a login beside 1,000 others) takes O(log n)
/// steps for each of them.
///
/// ```
/// use keycard::store::memory::MemoryStore;
///
/// let store = MemoryStore::with_capacity(10_000);
/// assert!(store.is_empty());
/// assert_eq!(store.clone().len(), 0);
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Inner>);

struct Inner {
    // Std locks: held for a few map operations only. All sessions of a user share a tag, and so a shard; `replace` alone
    // takes two, the lower one first.
    shards: [Mutex<Shard>; SHARDS],
    /// How many records and tombstones there are; locked after a shard, never before.
    stored: Mutex<usize>,
    /// Of throttles. One lock for all, since an attempt stands in several at once.
    windows: Mutex<Windows>,
    tokens: Mutex<Tokens>,
    /// Of sessions, of windows, and of each kind of things that are known of tokens.
    capacity: usize,
}

impl MemoryStore {
    /// A store for a million sessions.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// A store for at most `sessions` sessions, those counted that ended less than a minute ago. Only the end of a session
    /// that is not there is remembered beyond that.
    #[must_use]
    pub fn with_capacity(sessions: usize) -> Self {
        Self(Arc::new(Inner {
            shards: std::array::from_fn(|_| Mutex::new(Shard::with_room(sessions.div_ceil(SHARDS)))),
            stored: Mutex::new(0),
            windows: Mutex::default(),
            tokens: Mutex::default(),
            capacity: sessions,
        }))
    }

    /// How many sessions are kept, those counted that ended or expired lately and are not swept out yet.
    #[must_use]
    pub fn len(&self) -> usize {
        *self.0.stored()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("stored", &self.len())
            .field("capacity", &self.0.capacity)
            .finish()
    }
}

impl Inner {
    fn place(tag: RoutingTag) -> usize {
        usize::from(tag.first_byte()) % SHARDS
    }

    fn shard(&self, tag: RoutingTag) -> MutexGuard<'_, Shard> {
        self.at(Self::place(tag))
    }

    fn at(&self, place: usize) -> MutexGuard<'_, Shard> {
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self) -> MutexGuard<'_, usize> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a verb that adds a session; while it finds no room (`None`), makes room and tries again. Between two
    /// tries no lock is held, since each shard is locked in turn.
    fn with_room<T>(&self, now: Timestamp, verb: impl Fn() -> Option<T>) -> Option<T> {
        loop {
            let outcome = verb();
            if outcome.is_some() || !self.makes_room(now) {
                return outcome;
            }
        }
    }

    /// Whether it is worth another try: something expired was removed, here or by another request.
    fn makes_room(&self, now: Timestamp) -> bool {
        (0..SHARDS).any(|place| self.sweep(&mut self.at(place), now) > 0) || *self.stored() < self.capacity
    }

    fn sweep(&self, shard: &mut Shard, now: Timestamp) -> usize {
        let swept = shard.sweep(now);
        *self.stored() -= swept;
        swept
    }

    /// Begins a session, maybe in the stead of another one. `None` if there is no room.
    fn create(&self, shard: &mut Shard, create: &Create, old: Option<StoreKey>) -> Option<Created> {
        self.sweep(shard, create.now);
        if let Some(found) = shard.refuses(create) {
            return Some(found);
        }
        let Some(displaced) = shard.displaced_by(create, old) else {
            shard.remember(create.note.as_ref(), Fate::Refused, create.now);
            return Some(Created::LimitReached);
        };
        let mut stored = self.stored();
        if *stored >= self.capacity {
            return None;
        }
        *stored += 1;
        Some(Created::applied(shard.insert(create, old, displaced)))
    }

    fn end(&self, shard: &mut Shard, end: &End) -> Ended {
        self.sweep(shard, end.now);
        let before = shard.len();
        let ended = shard.end(end.key, end.reason, end.now);
        *self.stored() += shard.len() - before;
        if ended == Ended::Applied {
            shard.remember(end.note.as_ref(), Fate::Landed(Vec::new()), end.now);
        }
        ended
    }

    fn replace(&self, replace: &Replace) -> Option<Replaced> {
        let (old, new) = (Self::place(replace.old.tag()), Self::place(replace.new.key.tag()));
        let mut first = self.at(old.min(new));
        let mut second = (old != new).then(|| self.at(old.max(new)));
        let (old_shard, new_shard) = match &mut second {
            Some(second) if old < new => (&mut *first, Some(&mut **second)),
            Some(second) => (&mut **second, Some(&mut *first)),
            None => (&mut *first, None),
        };
        if new_shard.as_deref().unwrap_or(old_shard).has_landed(&replace.new) {
            return Some(Replaced::Applied);
        }
        match old_shard.compare(replace.old, replace.expected, replace.new.now) {
            Compared::Gone => return Some(Replaced::Gone),
            Compared::Other(newest) => return Some(Replaced::Conflict(newest)),
            Compared::Same => {}
        }
        let into = new_shard.unwrap_or(old_shard);
        let replaced = match self.create(into, &replace.new, Some(replace.old))? {
            Created::Refused => return Some(Replaced::Refused),
            Created::LimitReached => return Some(Replaced::LimitReached),
            Created::Applied => Replaced::Applied,
            Created::Displaced(keys) => Replaced::Displaced(keys),
        };
        let _: Ended = old_shard.end(replace.old, EndReason::Replaced, replace.new.now);
        Some(replaced)
    }
}

impl Store for MemoryStore {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        Ok(self.0.shard(key.tag()).load(key, now))
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        let verb = || self.0.create(&mut self.0.shard(create.key.tag()), &create, None);
        Ok(self.0.with_room(create.now, verb).unwrap_or(Created::Refused))
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        Ok(self.0.shard(update.key.tag()).update(&update))
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        let verb = || self.0.replace(&replace);
        Ok(self
            .0
            .with_room(replace.new.now, verb)
            .unwrap_or(Replaced::Refused))
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        Ok(self.0.shard(touch.key.tag()).touch(&touch))
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        Ok(self.0.end(&mut self.0.shard(end.key.tag()), &end))
    }
}

impl Statistics for MemoryStore {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        let mut figures = Figures::default();
        for place in 0..SHARDS {
            // A bit at a time, since others wait for the lock.
            while self.0.sweep(&mut self.0.at(place), now) > 0 {}
            self.0.at(place).add_to(&mut figures);
        }
        Ok(figures)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn room_that_another_request_has_made_is_tried() {
        let store = MemoryStore::with_capacity(1);
        let tries = Cell::new(0);
        let verb = || (tries.replace(tries.get() + 1) > 0).then_some(());
        assert_eq!(store.0.with_room(Timestamp::from_millis(0), verb), Some(()));
    }
}
