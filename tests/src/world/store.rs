//! What a world's store holds, seen and changed behind the servers' backs.

use bytes::Bytes;
use keycard::store::memory::MemoryStore;
use keycard::store::{Loaded, Store, Update, Updated, frame};
use keycard::{Clock as _, StoreKey};
use keycard_redis::RedisStore;

use super::World;

#[derive(Clone, Debug)]
pub(super) enum AnyStore {
    Memory(MemoryStore),
    Redis(RedisStore),
}

impl World {
    /// The stored bytes of a session.
    pub async fn stored(&self, handle: &str) -> Option<Bytes> {
        let (key, now) = (handle.parse().unwrap(), self.clock.now());
        let loaded = match &self.store {
            AnyStore::Memory(store) => store.load(key, now).await,
            AnyStore::Redis(store) => store.load(key, now).await,
        };
        if let Loaded::Live(bytes) = loaded.unwrap() {
            Some(bytes)
        } else {
            None
        }
    }

    /// Changes a session's bytes behind the servers' backs.
    pub async fn tamper(&self, handle: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let key: StoreKey = handle.parse().unwrap();
        let before = self.stored(handle).await.expect("the session is stored");
        let mut after = before.to_vec();
        // A revision of its own, or the store would take the change for a write that has landed already.
        after[frame::REVISION.start] ^= 1;
        change(&mut after);
        let expected = frame::revision(&before).unwrap();
        let update = Update::new(key, expected, after.into(), None, self.clock.now());
        let updated = match &self.store {
            AnyStore::Memory(store) => store.update(update).await,
            AnyStore::Redis(store) => store.update(update).await,
        };
        assert_eq!(updated.unwrap(), Updated::Applied);
    }

    /// How many sessions and tombstones the store holds.
    #[must_use]
    pub fn stored_count(&self) -> usize {
        match (&self.store, &self.redis) {
            (AnyStore::Memory(store), _) => store.len(),
            (AnyStore::Redis(_), Some(server)) => {
                let keys: Vec<String> = server.command(&["KEYS", "*"]).unwrap();
                keys.iter().filter(|key| key.contains("}s:")).count()
            }
            (AnyStore::Redis(_), None) => unreachable!("a Redis world has its server"),
        }
    }
}
