//! The store inside the process: the reference implementation of the contract, and the default for one server.

mod shard;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::shard::Shard;
use super::{
    Create, Created, End, Ended, Entry, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated,
    UserIndex,
};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{RoutingTag, StoreKey, UserKey};

const SHARDS: usize = 16;
const DEFAULT_CAPACITY: usize = 1_000_000;

/// Sessions in the memory of this process. Clones share them.
///
/// Bounded: a full store refuses new sessions and never drops live ones. What has expired is swept out as new sessions
/// come in; no task runs in the background. Sessions do not survive a restart and are not shared between servers.
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
    // Std locks: held for map operations only. All sessions of a user share a tag, and so a shard; `replace` alone takes
    // two, the lower one first.
    shards: [Mutex<Shard>; SHARDS],
    /// How many records and tombstones there are; locked after a shard, never before.
    stored: Mutex<usize>,
    capacity: usize,
}

impl MemoryStore {
    /// A store for a million sessions.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// A store for at most `sessions` sessions, those counted that ended less than a minute ago.
    #[must_use]
    pub fn with_capacity(sessions: usize) -> Self {
        Self(Arc::new(Inner {
            shards: std::array::from_fn(|_| Mutex::default()),
            stored: Mutex::new(0),
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

    fn create(&self, shard: &mut Shard, create: &Create) -> Created {
        let swept = shard.sweep(create.now);
        let mut stored = self.stored();
        *stored -= swept;
        if let Some(found) = shard.refuses(create) {
            return found;
        }
        if *stored >= self.capacity {
            return Created::Refused;
        }
        *stored += 1;
        shard.insert(create);
        Created::Applied
    }

    fn end(&self, shard: &mut Shard, end: &End) -> Ended {
        let (ended, added) = shard.end(end.key, end.owner.as_ref(), end.now);
        *self.stored() += added;
        ended
    }

    fn replace(&self, replace: &Replace) -> Replaced {
        let (old, new) = (Self::place(replace.old.tag()), Self::place(replace.new.key.tag()));
        let mut first = self.at(old.min(new));
        let mut second = (old != new).then(|| self.at(old.max(new)));
        let (old_shard, mut new_shard) = match &mut second {
            Some(second) if old < new => (&mut *first, Some(&mut **second)),
            Some(second) => (&mut **second, Some(&mut *first)),
            None => (&mut *first, None),
        };
        let create_in = |shard: &mut Shard| self.create(shard, &replace.new);
        if new_shard.as_deref().unwrap_or(old_shard).has_landed(&replace.new) {
            return Replaced::Applied;
        }
        match old_shard.compare(replace.old, replace.expected, replace.new.now) {
            Updated::Gone => return Replaced::Gone,
            Updated::Conflict(newest) => return Replaced::Conflict(newest),
            Updated::Applied => {}
        }
        let created = match new_shard.take() {
            Some(shard) => create_in(shard),
            None => create_in(old_shard),
        };
        match created {
            Created::Refused => Replaced::Refused,
            Created::Applied => {
                let end = End::new(replace.old, replace.old_owner, replace.new.now);
                let _: Ended = self.end(old_shard, &end);
                Replaced::Applied
            }
        }
    }
}

impl Store for MemoryStore {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        Ok(self.0.shard(key.tag()).load(key, now))
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        Ok(self.0.create(&mut self.0.shard(create.key.tag()), &create))
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        Ok(self.0.shard(update.key.tag()).update(&update))
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        Ok(self.0.replace(&replace))
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        Ok(self.0.shard(touch.key.tag()).touch(&touch))
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        Ok(self.0.end(&mut self.0.shard(end.key.tag()), &end))
    }
}

impl UserIndex for MemoryStore {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        Ok(self.0.shard(user.tag()).sessions_of(user, now))
    }

    async fn end_all(
        &self,
        user: UserKey,
        keep: Option<StoreKey>,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let mut shard = self.0.shard(user.tag());
        let mut ended = Vec::new();
        for key in shard.members(user).into_iter().filter(|key| Some(*key) != keep) {
            let (outcome, added) = shard.end(key, None, now);
            *self.0.stored() += added;
            shard.strike_out(user, key);
            if outcome == Ended::Applied {
                ended.push(key);
            }
        }
        Ok(ended)
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.0.shard(user.tag()).sessions_of(user, now).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeviceDigest;
    use crate::store::{Owner, frame};
    use std::time::Duration;

    #[tokio::test]
    async fn users_who_never_come_back_leave_nothing_behind() {
        let store = MemoryStore::new();
        let mut now = Timestamp::from_millis(1_800_000_000_000);
        for number in 0..100_u8 {
            let mut record = vec![0; frame::HEADER_LEN];
            record[0] = frame::VERSION;
            let expires = now.after(Duration::from_mins(1));
            record[frame::EXPIRES].copy_from_slice(&expires.as_millis().to_be_bytes());
            let owner = Owner::new(UserKey::from_bytes([number; 16]), DeviceDigest::NONE, expires);
            // One shard, so that each new session sweeps what is left of those before it.
            let mut key = [number; 20];
            key[0] = 0;
            let create = Create::new(StoreKey::from_bytes(key), record.into(), Some(owner), now);
            assert_eq!(store.create(create).await.unwrap(), Created::Applied);
            now = expires;
        }
        assert_eq!((store.len(), store.0.at(0).users()), (1, 1));
    }
}
