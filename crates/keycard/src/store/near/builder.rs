//! The settings of a near cache.

use std::sync::Arc;
use std::time::Duration;

use super::NearCache;
use super::copies::{Copies, SHARDS};
use super::shard::Room;
use crate::config::ConfigError;
use crate::store::{Watch, Watcher};

/// Each shard has two halves, and each half room for one entry at least.
const FEWEST_ENTRIES: usize = 2 * SHARDS;
const FEWEST_BYTES: usize = 1024 * 1024;
const SHORTEST_LEASE: Duration = Duration::from_millis(10);
const LONGEST_LEASE: Duration = Duration::from_secs(10);
/// How often within a lease the store must tell that it is alive, so that one late answer is no gap.
const SIGNS_PER_LEASE: u32 = 4;

/// Settings of a [`NearCache`]; begun by [`NearCache::builder`].
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::store::near::NearCache;
/// use keycard_conformance::testing::ScriptedStore;
/// use std::time::Duration;
///
/// let store = ScriptedStore::new(MemoryStore::new());
/// let builder = || NearCache::builder(store.clone()).entries(20_000).bytes(16 * 1024 * 1024);
/// assert!(!builder().lease(Duration::from_millis(100)).build()?.figures().on, "nobody has told yet");
/// assert!(builder().lease(Duration::ZERO).build().is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct NearCacheBuilder<S> {
    store: S,
    entries: usize,
    bytes: usize,
    lease: Duration,
}

impl<S: Watch> NearCacheBuilder<S> {
    pub(super) fn new(store: S) -> Self {
        Self {
            store,
            entries: 100_000,
            bytes: 64 * 1024 * 1024,
            lease: Duration::from_millis(200),
        }
    }

    /// How many copies there are at most: at least 128. The default is 100,000.
    ///
    /// The copies are in 64 parts of equal size, chosen by the key: the room of one is not lent to another.
    pub fn entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// How many bytes the copies take at most, their keys and tables included: at least 1 MiB. The default is 64 MiB. A
    /// record of more than a 128th of it is not kept.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// For how long copies are served after the store was last known to tell of changes: 10 ms to 10 s. The default is
    /// 200 ms.
    ///
    /// The store is asked four times in a lease whether it is alive. A shorter lease than a few round trips takes the cache
    /// out of service now and then.
    ///
    /// # Security
    ///
    /// A session that has ended may be served for as long, where the network drops what the store tells.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Checks the settings, and begins to watch the store.
    ///
    /// # Errors
    ///
    /// Settings that cannot work; the message says what to change.
    pub fn build(self) -> Result<NearCache<S>, ConfigError> {
        let Self {
            entries,
            bytes,
            lease,
            ..
        } = self;
        if entries < FEWEST_ENTRIES {
            return Err(ConfigError::new(format!(
                "a near cache of {entries} entries has no room: choose {FEWEST_ENTRIES} or more"
            )));
        }
        if bytes < FEWEST_BYTES {
            return Err(ConfigError::new(format!(
                "a near cache of {bytes} bytes has no room: choose {FEWEST_BYTES} or more"
            )));
        }
        if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
            return Err(ConfigError::new(format!(
                "a lease of {lease:?} cannot be kept: choose {SHORTEST_LEASE:?} to {LONGEST_LEASE:?}"
            )));
        }
        Ok(self.begin())
    }

    pub(super) fn begin(self) -> NearCache<S> {
        let room = Room {
            entries: self.entries / FEWEST_ENTRIES,
            bytes: self.bytes / FEWEST_ENTRIES,
        };
        let copies = Arc::new(Copies::new(room, self.lease));
        let watcher: Arc<dyn Watcher> = Arc::<Copies>::clone(&copies);
        self.store
            .watch(Arc::downgrade(&watcher), self.lease / SIGNS_PER_LEASE);
        NearCache {
            store: Arc::new(self.store),
            copies,
        }
    }
}
