//! A near cache whose link is cut, whose server stands still, dies, or comes back: nothing dead is served past the lease.

use keycard::store::{Loaded, Store as _};
use keycard_fixtures::RedisServer;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::*;
use crate::proxy::Proxy;

/// The session ends, or its server stands still, and cannot tell the reader any more. Copies are asked for all the while; what
/// is asked of the server is not waited for.
async fn serves_nothing_past_the_lease(reader: &Near, key: StoreKey, end: impl AsyncFnOnce()) {
    end().await;
    let ended = Instant::now();
    while ended.elapsed() < LEASE * 3 {
        let asked = Instant::now();
        let before = reader.figures().counts.hits;
        timeout(Duration::ZERO, reader.load(key, NOW)).await.ok();
        let is_copy = reader.figures().counts.hits > before;
        assert!(!is_copy || asked < ended + LEASE, "{:?} late", asked - ended);
        yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_link_cut_nothing_dead_is_served_past_the_lease() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let (writer, reader) = (node_at(&server.url()).await, node_at(&proxy.url()).await);
    for round in 0..5 {
        let key = begun(&writer, round).await;
        has_copy(&reader, key).await;
        // Only what tells is dead: the other connection would serve, and is not asked.
        proxy.kill(proxy.opened(), proxy.opened());
        serves_nothing_past_the_lease(&reader, key, async || ended(&writer, key).await).await;
        assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Ended);
        is_on(&reader).await;
        assert_eq!(
            reader.load(key, NOW).await.unwrap(),
            Loaded::Ended,
            "when it is back"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_all_connections_cut_nothing_dead_is_served_past_the_lease() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let (writer, reader) = (node_at(&server.url()).await, node_at(&proxy.url()).await);
    let key = begun(&writer, 1).await;
    has_copy(&reader, key).await;
    proxy.kill_connections();
    serves_nothing_past_the_lease(&reader, key, async || ended(&writer, key).await).await;
    eventually(HANGS, "another connection", async || {
        reader.load(key, NOW).await.is_ok()
    })
    .await;
    is_on(&reader).await;
    assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_server_frozen_nothing_is_served_past_the_lease() {
    let server = RedisServer::start().unwrap();
    let (writer, reader, key) = two_nodes_and_a_copy(&server).await;
    serves_nothing_past_the_lease(&reader, key, async || server.freeze().unwrap()).await;
    reader.load(key, NOW).await.unwrap_err();
    server.thaw().unwrap();
    is_on(&reader).await;
    eventually(HANGS, "the writer is back", async || {
        writer.load_anew(key, NOW).await.is_ok()
    })
    .await;
    has_copy(&reader, key).await;
    ended(&writer, key).await;
    eventually(HANGS, "the end", async || {
        reader.load(key, NOW).await.unwrap() == Loaded::Ended
    })
    .await;
}

#[tokio::test]
async fn a_broken_link_drops_the_copies_at_once() {
    let server = RedisServer::start().unwrap();
    let (_, reader, key) = two_nodes_and_a_copy(&server).await;
    for _ in 0..5 {
        has_copy(&reader, key).await;
        let hits = reader.figures().counts.dropped;
        server
            .command::<i64>(&["CLIENT", "KILL", "TYPE", "normal"])
            .unwrap();
        eventually(HANGS, "the copies are dropped", async || {
            reader.figures().counts.dropped > hits
        })
        .await;
        is_on(&reader).await;
    }
    assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Live(live(1)));
}

#[tokio::test]
async fn a_server_that_comes_back_without_its_data_is_believed() {
    let mut server = RedisServer::start().unwrap();
    let (_, reader, key) = two_nodes_and_a_copy(&server).await;
    server.kill().unwrap();
    is_off(&reader).await;
    reader.load(key, NOW).await.unwrap_err();
    server.restart().unwrap();
    is_on(&reader).await;
    assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_late_answer_counts_from_its_question() {
    let server = RedisServer::start().unwrap();
    let near = node_at(&server.url()).await;
    server.freeze().unwrap();
    let is_old = |near: &Near| near.figures().age.is_some_and(|age| age > LEASE * 2);
    eventually(HANGS, "two leases pass", async || is_old(&near)).await;
    server.thaw().unwrap();
    eventually(HANGS, "the answer", async || {
        near.figures().delays.longest > LEASE
    })
    .await;
    is_on(&near).await;
}

#[tokio::test]
async fn where_the_commands_go_elsewhere_the_news_come_from_there() {
    let (old, new) = (RedisServer::start().unwrap(), RedisServer::start().unwrap());
    let proxy = Proxy::to(old.port()).await;
    let reader = node_at(&proxy.url()).await;
    proxy.lead_to(new.port());
    // It takes no writes any more, still answers, and hears of no change.
    old.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    let create = Create::new(key(A, 1), live(1), None, NOW);
    eventually(HANGS, "the new server", async || {
        matches!(reader.create(create.clone()).await, Ok(Created::Applied))
    })
    .await;
    has_copy(&reader, key(A, 1)).await;
    let writer = node_at(&new.url()).await;
    ended(&writer, key(A, 1)).await;
    eventually(HANGS, "the end", async || {
        reader.load(key(A, 1), NOW).await.unwrap() == Loaded::Ended
    })
    .await;
}
