//! Two handles of one store, as two servers have.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use keycard::store::{
    Create, Created, End, Ended, Entry, Figures, Fresh, History, Loaded, Note, Noted, Refresh, Refreshed,
    Refund, Replace, Replaced, Reserved, Retention, Revoked, Statistics, Store, Throttle, TokenStanding,
    TokenStore, Touch, Touched, Update, Updated, UserIndex, Which, Window,
};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, TokenId, UserKey};

/// Two handles of one store, as two servers have: every other call goes to the other one.
///
/// A store that passes its laws over one handle may fail them over two: what a handle keeps to itself, a copy or a lock, the
/// other one does not know.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard_conformance::TwoHandles;
///
/// keycard_conformance::indexed_store_laws!(TwoHandles::cloned(&MemoryStore::new()));
/// # fn main() {}
/// ```
pub struct TwoHandles<S> {
    handles: [S; 2],
    calls: AtomicUsize,
    settle: Option<Settle>,
}

type Settle = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl<S> TwoHandles<S> {
    /// These two, which must be of one store: two connections to one database, say.
    pub fn new(one: S, other: S) -> Self {
        Self {
            handles: [one, other],
            calls: AtomicUsize::new(0),
            settle: None,
        }
    }

    /// The same, if a handle learns a moment later what the other one has done, as by [near
    /// caches](keycard::store::near): before each call `settle` is awaited, which ends when both know what was answered
    /// before it began.
    #[must_use]
    pub fn settling<F>(self, settle: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            settle: Some(Box::new(move || Box::pin(settle()))),
            ..self
        }
    }

    /// Two clones of a store whose clones are the same store.
    pub fn cloned(store: &S) -> Self
    where
        S: Clone,
    {
        Self::new(store.clone(), store.clone())
    }

    async fn next(&self) -> &S {
        if let Some(settle) = &self.settle {
            settle().await;
        }
        &self.handles[self.calls.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl<S: fmt::Debug> fmt::Debug for TwoHandles<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwoHandles")
            .field("handles", &self.handles)
            .finish_non_exhaustive()
    }
}

impl<S: Store> Store for TwoHandles<S> {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.next().await.load(key, now).await
    }

    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        self.next().await.load_many(keys, now).await
    }

    async fn load_anew(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.next().await.load_anew(key, now).await
    }

    async fn load_many_anew(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        self.next().await.load_many_anew(keys, now).await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.next().await.create(create).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.next().await.update(update).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.next().await.replace(replace).await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.next().await.touch(touch).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.next().await.end(end).await
    }
}

impl<S: UserIndex> UserIndex for TwoHandles<S> {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        self.next().await.sessions_of(user, now).await
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        self.next().await.end_all(user, now).await
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        self.next().await.end_others(user, keep, now).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        self.next().await.end_one(user, key, now).await
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        self.next().await.end_device(user, device, now).await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        self.next().await.count(user, now).await
    }
}

impl<S: Throttle> Throttle for TwoHandles<S> {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        self.next().await.reserve(windows, now).await
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        self.next().await.refund(refund).await
    }
}

impl<S: TokenStore> TokenStore for TwoHandles<S> {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.next().await.begin_family(first, session, now).await
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        self.next().await.refresh(refresh).await
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        self.next().await.end_family(family).await
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        self.next().await.block(tokens, now).await
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        self.next().await.disallow(tokens).await
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.next().await.revoke_before(user, until, now).await
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        self.next().await.standing(token, family, user, now).await
    }
}

impl<S: Statistics> Statistics for TwoHandles<S> {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        self.next().await.statistics(now).await
    }
}

impl<S: History> History for TwoHandles<S> {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        self.next().await.history(user, retention, now).await
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        self.next().await.end_noting(which, note, now).await
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        self.next().await.forget_history(user).await
    }
}
