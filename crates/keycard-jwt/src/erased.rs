//! The store of tokens without its type, so that handlers never name it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use keycard::store::{Fresh, Refresh, Refreshed, TokenStanding, TokenStore};
use keycard::{StoreError, StoreKey, Timestamp, TokenId, UserKey};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

pub(crate) trait ErasedTokenStore: fmt::Debug + Send + Sync {
    fn begin_family(&self, first: Fresh, session: StoreKey, now: Timestamp) -> Answer<'_, usize>;
    fn refresh(&self, refresh: Refresh) -> Answer<'_, Refreshed>;
    fn end_family(&self, family: TokenId) -> Answer<'_, ()>;
    fn block<'a>(&'a self, tokens: &'a [(TokenId, Timestamp)], now: Timestamp) -> Answer<'a, ()>;
    fn disallow<'a>(&'a self, tokens: &'a [TokenId]) -> Answer<'a, ()>;
    fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Answer<'_, ()>;
    fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Answer<'_, TokenStanding>;
}

impl<S: TokenStore> ErasedTokenStore for S {
    fn begin_family(&self, first: Fresh, session: StoreKey, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(TokenStore::begin_family(self, first, session, now))
    }

    fn refresh(&self, refresh: Refresh) -> Answer<'_, Refreshed> {
        Box::pin(TokenStore::refresh(self, refresh))
    }

    fn end_family(&self, family: TokenId) -> Answer<'_, ()> {
        Box::pin(TokenStore::end_family(self, family))
    }

    fn block<'a>(&'a self, tokens: &'a [(TokenId, Timestamp)], now: Timestamp) -> Answer<'a, ()> {
        Box::pin(TokenStore::block(self, tokens, now))
    }

    fn disallow<'a>(&'a self, tokens: &'a [TokenId]) -> Answer<'a, ()> {
        Box::pin(TokenStore::disallow(self, tokens))
    }

    fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(TokenStore::revoke_before(self, user, until, now))
    }

    fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Answer<'_, TokenStanding> {
        Box::pin(TokenStore::standing(self, token, family, user, now))
    }
}
