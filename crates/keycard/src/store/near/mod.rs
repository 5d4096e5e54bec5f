//! The near cache: copies of hot sessions in this process, over a store that tells what changes.
//!
//! See [how to use it](crate::guide::near_cache), and what it promises.

mod builder;
mod copies;
mod figures;
mod passed_on;
mod shard;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::builder::NearCacheBuilder;
use self::copies::{Copies, changed_by};
pub use self::figures::{Counts, Delays, NearCacheFigures};
use self::shard::{Found, Ticket, Which};
use super::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated, Watch,
};
use crate::clock::{Timestamp, instant};
use crate::error::StoreError;
use crate::id::StoreKey;

/// A store that answers reads from copies in this process for as long as it is told in time of every change. Whatever the
/// store below can do, this can. Clones share the copies.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::store::News;
/// use keycard::store::near::NearCache;
/// use keycard::{KeyRing, Keycard};
/// use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
/// use std::time::{Duration, Instant};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = ScriptedStore::new(MemoryStore::new()); // in production a `RedisStore`
/// let near = NearCache::over(store.clone());
/// let (keycard, _users) = Keycard::with_users(near.clone(), KeyRing::random()).build()?;
/// store.tell(News::Up); // as a `RedisStore` is told by its server
/// store.tell(News::Alive(Instant::now() + Duration::from_secs(60)));
///
/// let cookie = log_in_as(&keycard, "alice").await?;
/// for _ in 0..10 {
///     assert!(keycard.open([cookie.as_bytes()]).load().await?.user().is_some());
/// }
/// assert_eq!(store.calls(), [Verb::Create, Verb::Load]);
/// assert_eq!(near.figures().counts.hits, 9);
/// # Ok(())
/// # }
/// ```
pub struct NearCache<S> {
    store: Arc<S>,
    copies: Arc<Copies>,
}

impl<S: Watch> NearCache<S> {
    /// With the default settings: 100,000 entries, 64 MiB, a lease of 200 ms.
    pub fn over(store: S) -> Self {
        NearCacheBuilder::new(store).begin()
    }

    /// With other settings.
    pub fn builder(store: S) -> NearCacheBuilder<S> {
        NearCacheBuilder::new(store)
    }

    /// What it has counted and measured so far. It looks at 64 parts in turn: a question for a monitor, not for each
    /// request.
    #[must_use]
    pub fn figures(&self) -> NearCacheFigures {
        self.copies.figures()
    }

    /// Puts in what the store has answered.
    fn keep(&self, key: StoreKey, ticket: Option<Ticket>, answer: &Loaded) {
        self.copies.of(key.tag()).settle(key, ticket, answer);
    }
}

impl<S> Clone for NearCache<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            copies: Arc::clone(&self.copies),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for NearCache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NearCache")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl<S: Watch> Store for NearCache<S> {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        // A statement of its own, so that the lock is not held while the store is asked.
        let found = self.copies.of(key.tag()).find(key, now, instant());
        match found {
            Found::Copy(record) => Ok(Loaded::Live(record)),
            Found::Nothing(ticket) => {
                let answer = self.store.load(key, now).await?;
                self.keep(key, ticket, &answer);
                Ok(answer)
            }
        }
    }

    /// Of several sessions all are copies, or the store is asked for all of them.
    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        let find = |key: &StoreKey| self.copies.of(key.tag()).find(*key, now, instant());
        let found: Vec<Found> = keys.iter().map(find).collect();
        let copies = found.iter().map(|found| match found {
            Found::Copy(record) => Some(Loaded::Live(record.clone())),
            Found::Nothing(_) => None,
        });
        if let Some(copies) = copies.collect() {
            return Ok(copies);
        }
        let answers = self.store.load_many(keys, now).await?;
        for ((key, found), answer) in keys.iter().zip(found).zip(&answers) {
            if let Found::Nothing(ticket) = found {
                self.keep(*key, ticket, answer);
            }
        }
        Ok(answers)
    }

    async fn load_anew(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        let ticket = self.copies.of(key.tag()).ticket();
        let answer = self.store.load_anew(key, now).await?;
        self.keep(key, ticket, &answer);
        Ok(answer)
    }

    async fn load_many_anew(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        let tickets: Vec<_> = keys
            .iter()
            .map(|key| self.copies.of(key.tag()).ticket())
            .collect();
        let answers = self.store.load_many_anew(keys, now).await?;
        for ((key, ticket), answer) in keys.iter().zip(tickets).zip(&answers) {
            self.keep(*key, ticket, answer);
        }
        Ok(answers)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    fn keep_aside(&self) -> bool {
        self.copies.keep_aside();
        true
    }

    fn aside(&self, key: StoreKey, within: Duration, now: Timestamp) -> Option<Bytes> {
        self.copies.of(key.tag()).aside(key, within, now, instant())
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        let _own = self
            .copies
            .before_write(changed_by(create.key, create.owner.is_some()));
        self.store.create(create).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        let _own = self
            .copies
            .before_write(changed_by(update.key, update.owner.is_some()));
        self.store.update(update).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        let new = changed_by(replace.new.key, replace.new.owner.is_some());
        let _old = self.copies.before_write(Which::Key(replace.old));
        let _new = self.copies.before_write(new);
        self.store.replace(replace).await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        let _own = self.copies.before_write(Which::Key(touch.key));
        self.store.touch(touch).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        let _own = self.copies.before_write(Which::Key(end.key));
        self.store.end(end).await
    }
}
