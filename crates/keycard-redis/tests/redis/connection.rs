//! When a connection is given up: it has died without being closed, or its server is the primary no more.

use std::io::{Read as _, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keycard::StoreErrorKind;
use keycard::store::{Create, Created, Loaded, Store as _};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::proxy::Proxy;
use crate::support::*;

const A: u64 = 1;
const DEADLINE: Duration = Duration::from_millis(500);
/// The pause between two attempts to connect that the crate's documentation names.
const PAUSE: Duration = Duration::from_millis(200);
/// What ends a test that fails.
const HANGS: Duration = Duration::from_secs(20);

async fn store_at(url: &str, deadline: Duration) -> RedisStore {
    unchecked(url).deadline(deadline).connect().await.unwrap()
}

fn login(session: u64) -> Create {
    Create::new(key(A, session), live(1), None, NOW)
}

/// A load whose caller leaves as soon as it has been sent on a dead connection.
async fn abandoned_load(store: &RedisStore, proxy: &Proxy) {
    tokio::select! {
        loaded = store.load(key(A, 1), NOW) => drop(loaded),
        () = proxy.swallows() => {}
    }
}

async fn has_recovered(store: &RedisStore) {
    eventually(HANGS, "recovery", async || {
        store.load(key(A, 1), NOW).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_dead_connection_is_given_up_though_nobody_waits_for_its_answer() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let store = store_at(&proxy.url(), DEADLINE).await;
    proxy.kill_connections();
    abandoned_load(&store, &proxy).await;
    timeout(HANGS, proxy.has_opened(2)).await.unwrap();
    has_recovered(&store).await;
}

#[tokio::test]
async fn a_dead_connection_is_given_up_however_many_commands_are_sent_on_it() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let store = store_at(&proxy.url(), DEADLINE).await;
    proxy.kill_connections();
    timeout(HANGS, async {
        while proxy.opened() < 2 {
            abandoned_load(&store, &proxy).await;
        }
    })
    .await
    .unwrap();
    has_recovered(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_dies_while_idle_is_given_up_by_the_next_command_s_deadline() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let store = store_at(&proxy.url(), DEADLINE).await;
    proxy.kill_connections();
    let error = store.load(key(A, 1), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout, "{error}");
    timeout(HANGS, proxy.has_opened(2)).await.unwrap();
    has_recovered(&store).await;
}

/// A server that answers one `PING`, says when it has heard a `GET`, and answers this one and the next when told to.
fn server_on_request(heard: oneshot::Sender<()>, go: mpsc::Receiver<()>, done: mpsc::Sender<()>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hear = |word: &str| {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).unwrap();
            assert!(String::from_utf8_lossy(&piece[..length]).contains(word));
            stream.try_clone().unwrap()
        };
        hear("PING").write_all(b"+PONG\r\n").unwrap();
        let mut stream = hear("GET");
        heard.send(()).unwrap();
        go.recv().unwrap();
        stream.write_all(b"$-1\r\n").unwrap();
        done.send(()).unwrap();
        hear("GET").write_all(b"$-1\r\n").unwrap();
    });
    url
}

#[tokio::test]
async fn a_process_that_stalled_reads_its_answers_before_it_misses_them() {
    let (heard, has_heard) = oneshot::channel();
    let (go, told) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    let store = store_at(&server_on_request(heard, told, done), DEADLINE).await;
    let load = tokio::spawn({
        let store = store.clone();
        async move { drop(store.load(key(A, 1), NOW).await) }
    });
    has_heard.await.unwrap();
    go.send(()).unwrap();
    is_done.recv().unwrap();
    thread::sleep(DEADLINE * 2); // sleep: the stall of the whole process
    load.await.unwrap();
    assert_eq!(
        store.load(key(A, 1), NOW).await.unwrap(),
        Loaded::Absent,
        "on the same connection: there is no other"
    );
}

/// How a server says that it may not be the primary any more.
const DEMOTIONS: [&[&[&str]]; 3] = [
    &[&["REPLICAOF", "127.0.0.1", "1"]],
    &[
        &["CONFIG", "SET", "replica-serve-stale-data", "no"],
        &["REPLICAOF", "127.0.0.1", "1"],
    ],
    &[&["CONFIG", "SET", "min-replicas-to-write", "1"]],
];

#[tokio::test]
async fn a_demoted_primary_is_left_for_the_server_that_its_address_leads_to() {
    for demotion in DEMOTIONS {
        let [old, new] = [RedisServer::start().unwrap(), RedisServer::start().unwrap()];
        let proxy = Proxy::to(old.port()).await;
        let store = store_at(&proxy.url(), HANGS).await;
        assert_eq!(store.create(login(1)).await.unwrap(), Created::Applied);
        proxy.lead_to(new.port());
        for command in demotion {
            old.command::<()>(command).unwrap();
        }
        let error = store.create(login(2)).await.unwrap_err();
        assert_ne!(error.kind(), StoreErrorKind::Protocol, "{error}");
        timeout(HANGS, proxy.has_opened(2)).await.unwrap();
        eventually(HANGS, "a write on the new primary", async || {
            store.create(login(2)).await.is_ok()
        })
        .await;
        assert_eq!(new.command::<usize>(&["DBSIZE"]).unwrap(), 1);
        assert_eq!(proxy.opened(), 2, "{demotion:?}");
    }
}

/// As a managed failover does it: the old primary serves on as a replica, and the name leads elsewhere a while later.
#[tokio::test]
async fn a_name_that_moves_late_is_followed_soon() {
    let [old, new] = [RedisServer::start().unwrap(), RedisServer::start().unwrap()];
    let proxy = Proxy::to(old.port()).await;
    let store = store_at(&proxy.url(), HANGS).await;
    old.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    eventually(HANGS, "the longest pause", async || {
        assert!(store.create(login(1)).await.is_err());
        proxy.opened() == 6
    })
    .await;
    proxy.lead_to(new.port());
    let moved = Instant::now();
    eventually(HANGS, "a write on the new primary", async || {
        store.create(login(1)).await.is_ok()
    })
    .await;
    // Two seconds are promised, and the machine may be slow.
    assert!(moved.elapsed() < Duration::from_secs(3), "{:?}", moved.elapsed());
    assert_eq!(proxy.opened(), 7);
}

async fn load_for_ever(store: RedisStore) {
    loop {
        assert_eq!(store.load(key(A, 1), NOW).await.unwrap(), Loaded::Live(live(1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_server_takes_writes_loads_go_on_and_attempts_to_connect_grow_rarer() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let store = store_at(&proxy.url(), HANGS).await;
    assert_eq!(store.create(login(1)).await.unwrap(), Created::Applied);
    server.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    let mut loads = JoinSet::new();
    for _ in 0..8 {
        loads.spawn(load_for_ever(store.clone()));
    }
    let began = Instant::now();
    for (target, connections) in [(server.port(), 3), (1, 4)] {
        proxy.lead_to(target);
        while proxy.opened() < connections {
            let error = store.create(login(2)).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
            assert!(began.elapsed() < HANGS, "{} connections", proxy.opened());
        }
    }
    assert!(began.elapsed() >= PAUSE * (1 + 2 + 4), "{:?}", began.elapsed());
    assert!(loads.try_join_next().is_none(), "a load failed");
}
