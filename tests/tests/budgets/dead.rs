//! What a dead server costs: once that is known, no call waits, and no request looks for it; and it is found again soon.

use std::time::Duration;

use futures_util::FutureExt as _;
use keycard::store::{Create, End, Store as _, Touch};
use keycard::{Revision, StoreError, StoreErrorKind, StoreKey, Timestamp};
use keycard_fixtures::{Proxy, RedisCluster, RedisSentinels, RedisServer};
use keycard_redis::RedisStore;
use tokio::task::{unconstrained, yield_now};
use tokio::time::{Instant, sleep, timeout};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Long enough for a busy machine to answer, and for calls that wait for it to be told from those that do not.
const DEADLINE: Duration = Duration::from_secs(4);
/// Within which the store serves again when its server does.
const RECOVERY: Duration = Duration::from_secs(2);
const HANGS: Duration = Duration::from_secs(20);
/// Between two questions whether it does. One that takes more than twice as long tells that this process stood still.
const TURN: Duration = Duration::from_millis(10);
/// So long that whoever watches the servers does nothing by itself.
const NEVER: Duration = Duration::from_mins(1);

/// The key that is read to see whether the store is ready.
fn key() -> StoreKey {
    StoreKey::from_bytes([0; 20])
}

/// A key of the same slot.
const NEIGHBOUR: &str = "{AAAAAAAAAAA}";

async fn store_at(url: &str) -> RedisStore {
    let builder = RedisStore::builder(url).unwrap().deadline(DEADLINE);
    builder.connect().await.unwrap()
}

/// An answer that was there at the first look; tokio asks who does much in one turn to wait, whatever it is.
#[track_caller]
fn at_once<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    unconstrained(call)
        .now_or_never()
        .unwrap_or_else(|| panic!("a call waits"))
}

/// No verb waits, nor does the question whether the store is ready.
fn no_call_waits(store: &RedisStore) {
    let key = key();
    let create = Create::new(key, vec![0].into(), None, NOW);
    let touch = Touch::new(key, Revision::from_bytes([1; 8]), NOW, NOW);
    for _ in 0..100 {
        at_once(store.load(key, NOW)).unwrap_err();
        at_once(store.load_anew(key, NOW)).unwrap_err();
        at_once(store.load_many(&[key, key], NOW)).unwrap_err();
        at_once(store.ready()).unwrap_err();
        at_once(store.create(create.clone())).unwrap_err();
        at_once(store.touch(touch)).unwrap_err();
        at_once(store.end(End::new(key, None, NOW))).unwrap_err();
    }
}

/// The first calls may wait for their deadline; with it the connection is given up.
async fn is_lost(store: &RedisStore) {
    let is_given_up = async || {
        let lost = store.load(key(), NOW).await.err();
        lost.is_some_and(|error| error.kind() == StoreErrorKind::Unavailable)
    };
    let asking = async { while !is_given_up().await {} };
    timeout(HANGS, asking).await.unwrap();
}

/// Once it is lost, which costs one deadline.
async fn costs_no_wait(store: &RedisStore) {
    is_lost(store).await;
    for _ in 0..10 {
        no_call_waits(store);
        yield_now().await; // whoever reconnects has a turn
    }
}

async fn is_found_again(store: &RedisStore, since: &str) {
    let (began, mut stalled) = (Instant::now(), Duration::ZERO);
    while let Err(error) = store.ready().await {
        assert!(began.elapsed() < HANGS, "{since}: {error}");
        let asleep = Instant::now();
        sleep(TURN).await; // sleep: the pause between two questions
        stalled += asleep.elapsed().saturating_sub(2 * TURN);
    }
    // What others took away from this process, and about as much from the servers.
    let took = began.elapsed().saturating_sub(2 * stalled);
    assert!(took <= RECOVERY, "{since}: found again after {took:?}");
}

/// Whoever asks it is answered: a node that was away lets its cluster wait for a while.
async fn serves(server: &RedisServer) {
    let asking = async {
        while server.command::<Option<String>>(&["GET", NEIGHBOUR]).is_err() {
            sleep(Duration::from_millis(5)).await; // sleep: the pause between two questions
        }
    };
    timeout(HANGS, asking).await.unwrap();
}

#[tokio::test]
async fn a_frozen_server_costs_one_deadline_and_then_no_wait() {
    let server = RedisServer::start().unwrap();
    let store = store_at(&server.url()).await;
    server.freeze().unwrap();
    costs_no_wait(&store).await;
    server.thaw().unwrap();
    is_found_again(&store, "thawed").await;
}

#[tokio::test]
async fn a_server_that_has_died_costs_no_wait() {
    let mut server = RedisServer::start().unwrap();
    let store = store_at(&server.url()).await;
    server.kill().unwrap();
    costs_no_wait(&store).await;
    server.restart().unwrap();
    is_found_again(&store, "restarted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_behind_sentinels_costs_as_much() {
    let mut servers = RedisSentinels::builder().down_after(NEVER).start().unwrap();
    let store = store_at(&servers.url()).await;
    servers.nodes()[0].freeze().unwrap();
    costs_no_wait(&store).await;
    servers.nodes()[0].thaw().unwrap();
    is_found_again(&store, "thawed").await;

    servers.node(0).kill().unwrap();
    costs_no_wait(&store).await;
    servers.node(0).restart().unwrap();
    is_found_again(&store, "restarted").await;

    servers.wait_until_ok().unwrap();
    servers.node(0).kill().unwrap();
    costs_no_wait(&store).await;
    servers.fail_over().unwrap();
    is_found_again(&store, "replaced").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_a_cluster_costs_as_much() {
    let mut cluster = RedisCluster::builder().node_timeout(NEVER).start().unwrap();
    let store = store_at(&cluster.url()).await;
    let slot = cluster.nodes()[0].command(&["CLUSTER", "KEYSLOT", NEIGHBOUR]);
    let node = cluster.primary_of(slot.unwrap()).unwrap();
    cluster.nodes()[node].freeze().unwrap();
    costs_no_wait(&store).await;
    cluster.nodes()[node].thaw().unwrap();
    is_found_again(&store, "thawed").await;

    cluster.node(node).kill().unwrap();
    costs_no_wait(&store).await;
    cluster.node(node).restart().unwrap();
    serves(&cluster.nodes()[node]).await;
    is_found_again(&store, "restarted").await;

    cluster.wait_until_ok().unwrap();
    cluster.node(node).kill().unwrap();
    costs_no_wait(&store).await;
    let successor = cluster.fail_over(node).unwrap();
    serves(&cluster.nodes()[successor]).await;
    is_found_again(&store, "replaced").await;
}

/// A port that answers nothing, as that of a frozen server, counts who comes.
#[tokio::test]
async fn requests_open_no_connection_to_a_dead_server() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).unwrap();
    let store = store_at(&proxy.url()).await;
    proxy.hold();
    is_lost(&store).await;
    // An attempt to connect waits for a second, so that in two of them a thousand rounds are many more than attempts.
    let before = proxy.opened();
    proxy.has_opened(before + 1).await.unwrap();
    let mut rounds = 0;
    while proxy.opened() < before + 2 {
        no_call_waits(&store);
        rounds += 1;
        yield_now().await;
    }
    assert!(
        rounds > 2,
        "{rounds} rounds of 700 calls between two attempts to connect"
    );
    proxy.pass();
    is_found_again(&store, "let through").await;
}
