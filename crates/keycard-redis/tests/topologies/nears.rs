//! A near cache over a store, wherever that is.

use keycard::StoreKey;
use keycard::store::near::NearCache;
use keycard::store::{End, Ended, Loaded, Store};
use keycard_redis::RedisStore;

use crate::clusters::HANGS;
use crate::support::*;

pub(crate) type Near = NearCache<RedisStore>;

/// A node, as it is when it has begun to serve copies.
pub(crate) async fn near(store: &RedisStore) -> Near {
    let near = NearCache::over(store.clone());
    is_on(&near).await;
    near
}

pub(crate) async fn is_on(near: &Near) {
    eventually(HANGS, "the near cache is on", async || near.figures().on).await;
}

pub(crate) async fn is_off(near: &Near) {
    eventually(HANGS, "the near cache is off", async || !near.figures().on).await;
}

/// Reads until the answer is a copy: a reader that news overtake keeps none.
pub(crate) async fn has_copy(near: &Near, key: StoreKey) {
    eventually(HANGS, "a copy", async || {
        let before = near.figures().counts.hits;
        assert!(matches!(near.load(key, NOW).await.unwrap(), Loaded::Live(_)));
        near.figures().counts.hits > before
    })
    .await;
}

/// That a session that somebody else has ended is known to have, and is for good.
pub(crate) async fn learns_of_the_end(near: &Near, key: StoreKey) {
    eventually(HANGS, "the end", async || {
        matches!(near.load(key, NOW).await, Ok(Loaded::Ended))
    })
    .await;
    for _ in 0..100 {
        assert_eq!(near.load(key, NOW).await.unwrap(), Loaded::Ended);
    }
}

pub(crate) async fn end(store: &impl Store, key: StoreKey) {
    assert_eq!(store.end(End::new(key, None, NOW)).await.unwrap(), Ended::Applied);
}
