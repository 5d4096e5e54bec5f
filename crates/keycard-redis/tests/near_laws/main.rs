//! The suite that every store must pass, over a near cache, and over the caches of two nodes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../redis/support.rs"]
#[expect(dead_code, reason = "tests without a near cache use all of it")]
mod support;

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keycard::StoreKey;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, End, Ended, Loaded, News, Store as _, Watch as _, Watcher};
use keycard_conformance::TwoHandles;
use keycard_conformance::testing::ScriptedStore;
use keycard_fixtures::{RedisServer, unused_prefix};
use keycard_redis::RedisStore;
use tokio::sync::watch;

use self::support::*;

/// What ends a test that fails.
const HANGS: Duration = Duration::from_secs(20);

type Near = NearCache<RedisStore>;

/// One server for all tests of a process; it ends with the process.
static SERVER: LazyLock<RedisServer> = LazyLock::new(|| RedisServer::start().unwrap());

async fn store(prefix: &str, statistics: bool) -> RedisStore {
    let builder = RedisStore::builder(&SERVER.url()).unwrap().prefix(prefix);
    // What is in question is what the store answers; a busy machine must not decide it.
    let builder = builder.deadline(Duration::from_secs(10)).statistics(statistics);
    builder.connect().await.unwrap()
}

async fn one_node() -> Near {
    let near = NearCache::over(store(&unused_prefix(), true).await);
    eventually(HANGS, "the near cache is on", async || near.figures().on).await;
    near
}

keycard_conformance::indexed_store_laws!(one_node().await);
keycard_conformance::statistics_laws!(one_node().await);
keycard_conformance::history_laws!(one_node().await);

mod throttles {
    use super::one_node;

    keycard_conformance::throttle_laws!(one_node().await);
}

/// A node whose news are overheard on their way: the cache is told by the script, which is told by the server.
#[derive(Clone)]
struct Overheard {
    near: NearCache<ScriptedStore<RedisStore>>,
    relay: Arc<Relay>,
}

/// Passes news on, and notes which of the keys that mark a moment it was told of last.
#[derive(Debug)]
struct Relay {
    cache: ScriptedStore<RedisStore>,
    told: watch::Sender<u64>,
}

/// No session has this key.
fn mark(number: u64) -> StoreKey {
    key(u64::MAX, number)
}

impl Watcher for Relay {
    fn told(&self, news: News) {
        self.cache.tell(news);
        if let News::Changed(key) = news
            && key.tag() == mark(0).tag()
        {
            let number = u64::from_be_bytes(key.selector()[4..].try_into().unwrap());
            self.told.send_modify(|told| *told = number.max(*told));
        }
    }
}

impl Overheard {
    async fn begin(prefix: &str) -> Self {
        let store = ScriptedStore::new(store(prefix, true).await);
        let near = NearCache::builder(store.clone());
        let near = near.lease(Duration::from_secs(10)).build().unwrap();
        let relay = Arc::new(Relay {
            cache: store.clone(),
            told: watch::Sender::new(0),
        });
        let watcher: Arc<dyn Watcher> = relay.clone();
        store
            .inner()
            .watch(Arc::downgrade(&watcher), Duration::from_millis(50));
        eventually(HANGS, "the near cache is on", async || near.figures().on).await;
        Self { near, relay }
    }
}

/// Two nodes, which are asked by turns when both have been told of what was answered before.
async fn two_nodes() -> (TwoHandles<NearCache<ScriptedStore<RedisStore>>>, Overheard) {
    let prefix = unused_prefix();
    let nodes = [Overheard::begin(&prefix).await, Overheard::begin(&prefix).await];
    let [one, other] = nodes.clone();
    let marks = Arc::new((store(&prefix, false).await, AtomicU64::new(1)));
    let settle = move || {
        let (nodes, marks) = (nodes.clone(), Arc::clone(&marks));
        async move {
            let number = marks.1.fetch_add(1, Ordering::SeqCst);
            let end = End::new(mark(number), None, NOW);
            assert_eq!(marks.0.end(end).await.unwrap(), Ended::Absent);
            for node in nodes {
                let mut told = node.relay.told.subscribe();
                told.wait_for(|told| *told >= number).await.unwrap();
            }
        }
    };
    (
        TwoHandles::new(one.near, other.near.clone()).settling(settle),
        other,
    )
}

mod over_two_nodes {
    use super::two_nodes;

    keycard_conformance::indexed_store_laws!(two_nodes().await.0);
    keycard_conformance::statistics_laws!(two_nodes().await.0);
    keycard_conformance::history_laws!(two_nodes().await.0);
}

#[tokio::test]
async fn the_laws_meet_copies() {
    let (nodes, one) = two_nodes().await;
    let create = Create::new(key(1, 1), live(1), None, NOW);
    assert_eq!(nodes.create(create).await.unwrap(), Created::Applied);
    for _ in 0..10 {
        assert_eq!(nodes.load(key(1, 1), NOW).await.unwrap(), Loaded::Live(live(1)));
    }
    assert!(one.near.figures().counts.hits >= 4, "{:?}", one.near.figures());
}

/// A node with a server of its own, and what takes that away for longer than a lease.
async fn cut(take_away: impl AsyncFnOnce(RedisServer) -> Option<RedisServer>) -> (Near, impl AsyncFnOnce()) {
    let server = RedisServer::start().unwrap();
    let builder = RedisStore::builder(&server.url()).unwrap().statistics(true);
    let near = NearCache::over(builder.connect().await.unwrap());
    eventually(HANGS, "the near cache is on", async || near.figures().on).await;
    let node = near.clone();
    let cut = async move || {
        // What still runs must not end before the process does.
        Box::leak(Box::new(take_away(server).await));
        eventually(HANGS, "the near cache is off", async || !node.figures().on).await;
    };
    (near, cut)
}

async fn stopped() -> (Near, impl AsyncFnOnce()) {
    cut(async |mut server| {
        server.kill().unwrap();
        None
    })
    .await
}

async fn frozen() -> (Near, impl AsyncFnOnce()) {
    cut(async |server| {
        server.freeze().unwrap();
        Some(server)
    })
    .await
}

macro_rules! outages {
    ($($outage:ident)*) => {
        $(mod $outage {
            mod sessions {
                keycard_conformance::indexed_outage_laws!(crate::$outage().await);
            }

            mod throttles {
                keycard_conformance::throttle_outage_laws!(crate::$outage().await);
            }

            mod statistics {
                keycard_conformance::statistics_outage_laws!(crate::$outage().await);
            }

            mod history {
                keycard_conformance::history_outage_laws!(crate::$outage().await);
            }
        })*
    };
}

outages! { stopped frozen }
