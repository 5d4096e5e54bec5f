//! The near cache over a real server.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod link;
mod load;
mod log;
#[path = "../redis/proxy.rs"]
#[expect(dead_code, reason = "tests without a near cache use all of it")]
mod proxy;
mod stress;
#[path = "../redis/support.rs"]
#[expect(dead_code, reason = "tests without a near cache use all of it")]
mod support;
mod tracking;

use std::time::Duration;

use keycard::StoreKey;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, End, Ended, Loaded, Store as _};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use crate::support::*;

const A: u64 = 1;
/// As long as by default.
const LEASE: Duration = Duration::from_millis(200);
/// What ends a test that fails.
const HANGS: Duration = Duration::from_secs(20);

type Near = NearCache<RedisStore>;

/// A node, as it is when it has begun to serve copies.
async fn node_at(url: &str) -> Near {
    let near = NearCache::over(unchecked(url).connect().await.unwrap());
    is_on(&near).await;
    near
}

async fn is_on(near: &Near) {
    eventually(HANGS, "the near cache is on", async || near.figures().on).await;
}

async fn is_off(near: &Near) {
    eventually(HANGS, "the near cache is off", async || !near.figures().on).await;
}

/// How often the server carries out each command meanwhile, those of scripts counted.
async fn reads_of(server: &RedisServer, does: impl AsyncFnOnce()) -> u64 {
    server.command::<()>(&["CONFIG", "RESETSTAT"]).unwrap();
    does().await;
    let stats: String = server.command(&["INFO", "commandstats"]).unwrap();
    let gets = stats
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_get:calls="));
    gets.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

/// Two nodes of one server, of which the second has a copy of a session that the first began.
async fn two_nodes_and_a_copy(server: &RedisServer) -> (Near, Near, StoreKey) {
    let (writer, reader) = (node_at(&server.url()).await, node_at(&server.url()).await);
    let key = begun(&writer, 1).await;
    has_copy(&reader, key).await;
    (writer, reader, key)
}

async fn begun(near: &Near, session: u64) -> StoreKey {
    let create = Create::new(key(A, session), live(1), None, NOW);
    assert_eq!(near.create(create).await.unwrap(), Created::Applied);
    key(A, session)
}

/// Reads until the answer is a copy: a reader that news overtake keeps none.
async fn has_copy(near: &Near, key: StoreKey) {
    eventually(HANGS, "a copy", async || {
        let before = near.figures().counts.hits;
        assert!(matches!(near.load(key, NOW).await.unwrap(), Loaded::Live(_)));
        near.figures().counts.hits > before
    })
    .await;
}

async fn ended(near: &Near, key: StoreKey) {
    assert_eq!(near.end(End::new(key, None, NOW)).await.unwrap(), Ended::Applied);
}
