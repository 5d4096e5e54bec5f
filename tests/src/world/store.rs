//! What a world's store holds, seen and changed behind the servers' backs.

use bytes::Bytes;
use keycard::auth::throttle::{Limit, OnOutage};
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{Loaded, Retention, Store, Update, Updated, frame};
use keycard::{Clock as _, Keycard, StoreKey};
use keycard_redis::RedisStore;

use super::{Builder, Home, World, ring};

#[derive(Debug)]
pub(super) enum AnyStore {
    Memory(MemoryStore),
    Redis(Box<Home>),
}

impl World {
    pub(super) fn home(&self) -> &Home {
        match &self.store {
            AnyStore::Redis(home) => home,
            AnyStore::Memory(_) => unreachable!("this journey is mounted on Redis"),
        }
    }

    /// With a limit on the sessions that a client begins, counted by the world's store.
    pub fn limiting_creation(&self, builder: Builder, limit: Limit, on_outage: OnOutage) -> Builder {
        match &self.store {
            AnyStore::Memory(store) => builder.limit_session_creation(store.clone(), limit, on_outage),
            AnyStore::Redis(_) => builder.limit_session_creation(self.connection(false), limit, on_outage),
        }
    }

    /// The settings that a server begins with, signed with the key of 32 bytes 1, where a history of each user is kept.
    pub fn keeping_history(&self, retention: Retention) -> Builder {
        self.begun(match &self.store {
            AnyStore::Memory(store) => Keycard::with_history(store.clone(), ring(&[1]), retention),
            AnyStore::Redis(_) => Keycard::with_history(self.connection(true), ring(&[1]), retention),
        })
    }

    /// Sessions over a near cache of their own, as another process would have it, which has begun to serve copies.
    pub async fn near(&self) -> (Keycard, NearCache<RedisStore>) {
        self.near_with(|builder| builder).await
    }

    /// The same with settings of one's own.
    pub async fn near_with(
        &self,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> (Keycard, NearCache<RedisStore>) {
        let near = NearCache::over(self.connection(false));
        while !near.figures().on {
            tokio::task::yield_now().await;
        }
        let builder = self.begun(Keycard::with_users(near.clone(), ring(&[1])));
        (configure(builder).build().unwrap().0, near)
    }

    /// The stored bytes of a session.
    pub async fn stored(&self, handle: &str) -> Option<Bytes> {
        let (key, now) = (handle.parse().unwrap(), self.clock.now());
        let loaded = match &self.store {
            AnyStore::Memory(store) => store.load(key, now).await,
            AnyStore::Redis(home) => home.store().load(key, now).await,
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
            AnyStore::Redis(home) => home.store().update(update).await,
        };
        assert_eq!(updated.unwrap(), Updated::Applied);
    }

    /// How many sessions and tombstones the store holds.
    #[must_use]
    pub fn stored_count(&self) -> usize {
        match &self.store {
            AnyStore::Memory(store) => store.len(),
            AnyStore::Redis(home) => {
                let keys = home.servers().iter().flat_map(|server| {
                    let keys: Vec<String> = server.command(&["KEYS", home.keys()]).unwrap();
                    keys
                });
                keys.filter(|key| key.contains("}s:")).count()
            }
        }
    }
}
