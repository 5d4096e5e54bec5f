//! What a near cache keeps no copies for is asked of the store below; what ends sessions drops copies first.

use super::NearCache;
use super::shard::Which as Dropped;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{DeviceDigest, StoreKey, TokenId, UserKey};
use crate::store::{
    Ended, Entry, Figures, Fresh, History, Note, Noted, Refresh, Refreshed, Refund, Reserved, Retention,
    Revoked, Statistics, Throttle, TokenStanding, TokenStore, UserIndex, Watch, Which, Window,
};

impl<S: Watch + UserIndex> UserIndex for NearCache<S> {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        self.store.sessions_of(user, now).await
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        let _own = self.copies.before_write(Dropped::Tag(user.tag()));
        self.store.end_all(user, now).await
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        let _own = self.copies.before_write(Dropped::Tag(user.tag()));
        self.store.end_others(user, keep, now).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let _own = self.copies.before_write(Dropped::Tag(user.tag()));
        self.store.end_one(user, key, now).await
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let _own = self.copies.before_write(Dropped::Tag(user.tag()));
        self.store.end_device(user, device, now).await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        self.store.count(user, now).await
    }
}

impl<S: Watch + History> History for NearCache<S> {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        self.store.history(user, retention, now).await
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        let _own = self.copies.before_write(Dropped::Tag(note.user.tag()));
        self.store.end_noting(which, note, now).await
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        self.store.forget_history(user).await
    }
}

impl<S: Watch + Statistics> Statistics for NearCache<S> {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        self.store.statistics(now).await
    }
}

impl<S: Watch + Throttle> Throttle for NearCache<S> {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        self.store.reserve(windows, now).await
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        self.store.refund(refund).await
    }
}

impl<S: Watch + TokenStore> TokenStore for NearCache<S> {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.store.begin_family(first, session, now).await
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        self.store.refresh(refresh).await
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        self.store.end_family(family).await
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        self.store.block(tokens, now).await
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        self.store.disallow(tokens).await
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.store.revoke_before(user, until, now).await
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        self.store.standing(token, family, user, now).await
    }
}
