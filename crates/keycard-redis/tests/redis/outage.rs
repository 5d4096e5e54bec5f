//! A server that hangs, dies, comes back, or was never there.

use std::time::Duration;

use keycard::store::{Create, Loaded, Store as _};
use keycard::{StoreError, StoreErrorKind};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, pause, resume, timeout};

use crate::support::*;

const A: u64 = 1;
const DEADLINE: Duration = Duration::from_millis(500);
/// A deadline that none of the calls waits for: who answers before it has not waited, however busy the machine is.
const FAR: Duration = Duration::from_secs(10);
/// By then what is to happen by itself has happened on any machine.
const HANGS: Duration = Duration::from_secs(20);
/// As exactly as timers go.
const TICK: Duration = Duration::from_millis(2);

async fn store_on(server: &RedisServer, deadline: Duration) -> RedisStore {
    unchecked(&server.url())
        .deadline(deadline)
        .connect()
        .await
        .unwrap()
}

async fn timed_load(store: &RedisStore) -> (Result<Loaded, StoreError>, Duration) {
    let began = Instant::now();
    let outcome = timeout(HANGS, store.load(key(A, 1), NOW))
        .await
        .expect("a load hangs");
    (outcome, began.elapsed())
}

async fn recovered(store: &RedisStore) {
    eventually(HANGS, "recovery", async || {
        store.load(key(A, 1), NOW).await.is_ok()
    })
    .await;
}

/// A server that is frozen says nothing, so that time may pass at once: nobody waits for anything else.
#[tokio::test]
async fn a_hundred_loads_on_a_frozen_server_end_within_one_deadline() {
    let server = RedisServer::start().unwrap();
    let store = store_on(&server, DEADLINE).await;
    server.freeze().unwrap();
    pause();
    let mut loads = JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        loads.spawn(async move { timed_load(&store).await });
    }
    for (outcome, took) in loads.join_all().await {
        let kind = outcome.unwrap_err().kind();
        assert!(
            matches!(kind, StoreErrorKind::Timeout | StoreErrorKind::Unavailable),
            "{kind:?}"
        );
        assert!(took <= DEADLINE + TICK, "{took:?}");
    }
    let (outcome, took) = timed_load(&store).await;
    assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert!(
        took <= TICK,
        "the connection was given up, but a load still waited {took:?}"
    );
    resume();
    server.thaw().unwrap();
    recovered(&store).await;
}

#[tokio::test]
async fn loads_that_came_one_after_another_fail_together() {
    let server = RedisServer::start().unwrap();
    let store = store_on(&server, DEADLINE).await;
    server.freeze().unwrap();
    pause();
    let mut loads = JoinSet::new();
    let began = Instant::now();
    for _ in 0..10 {
        let store = store.clone();
        loads.spawn(async move { timed_load(&store).await });
        tokio::time::sleep(DEADLINE / 20).await; // sleep: commands are to be sent at different times
    }
    for (outcome, _) in loads.join_all().await {
        outcome.unwrap_err();
    }
    assert!(began.elapsed() <= DEADLINE + TICK, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_dies_fails_loads_at_once_and_is_found_again_without_being_asked() {
    let mut server = RedisServer::start().unwrap();
    let store = store_on(&server, FAR).await;
    server.kill().unwrap();
    eventually(HANGS, "the loss is noticed", async || {
        store.load(key(A, 1), NOW).await.is_err()
    })
    .await;
    for _ in 0..10 {
        let (outcome, took) = timed_load(&store).await;
        assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Unavailable);
        assert!(took < FAR, "{took:?}");
    }
    server.restart().unwrap();
    eventually(HANGS, "a connection by itself", async || {
        let clients: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
        clients.lines().any(|client| client.contains("cmd=ping"))
    })
    .await;
    recovered(&store).await;
}

#[tokio::test]
async fn commands_in_flight_fail_when_the_server_dies() {
    let mut server = RedisServer::start().unwrap();
    let store = unchecked(&server.url())
        .deadline(HANGS * 2)
        .connect()
        .await
        .unwrap();
    // The server holds a write, and tells who is held.
    server
        .command::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"])
        .unwrap();
    let create = Create::new(key(A, 1), live(1), None, NOW);
    let create = tokio::spawn(async move { store.create(create).await });
    eventually(HANGS, "the write has reached the server", async || {
        let clients: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
        clients.lines().any(|client| client.contains(" flags=b "))
    })
    .await;
    server.kill().unwrap();
    let outcome = timeout(HANGS, create).await.expect("a write hangs").unwrap();
    assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn sessions_outlive_a_restart_of_a_server_that_keeps_its_log() {
    let server = RedisServer::builder().appendonly(true).start().unwrap();
    let store = store_on(&server, DEADLINE).await;
    let mut world = World { server, store };
    world.log_in(A, 1, HOUR).await;
    world.server.restart().unwrap();
    recovered(&world.store).await;
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(1)));
    assert_eq!(world.index(user(A)).len(), 1);
}

#[tokio::test]
async fn a_store_that_connects_lazily_starts_before_its_server() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    unchecked(&server.url()).connect().await.unwrap_err();
    let store = unchecked(&server.url()).deadline(FAR).connect_lazily().unwrap();
    let (outcome, took) = timed_load(&store).await;
    assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert!(took < FAR, "{took:?}");
    server.restart().unwrap();
    recovered(&store).await;
}

#[tokio::test]
async fn the_first_command_of_a_lazy_store_waits_for_the_first_connection() {
    let server = RedisServer::start().unwrap();
    let store = unchecked(&server.url()).connect_lazily().unwrap();
    assert_eq!(store.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_not_taken_for_one_that_is_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    pause();
    let began = Instant::now();
    unchecked(&url).connect().await.unwrap_err();
    assert!(began.elapsed() <= Duration::from_secs(1) + TICK);
    let store = unchecked(&url).deadline(DEADLINE).connect_lazily().unwrap();
    let (outcome, took) = timed_load(&store).await;
    assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Timeout);
    assert!(took <= DEADLINE + TICK, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_on_which_others_are_answered_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        hear(&mut stream, "PING", 1).await;
        stream.write_all(b"+PONG\r\n").await.unwrap();
        hear(&mut stream, "GET", 2).await;
        stream.write_all(b"$-1\r\n").await.unwrap();
        hear(&mut stream, "GET", 1).await;
        stream.write_all(b"$-1\r\n$-1\r\n").await.unwrap();
        stream
    });
    let store = unchecked(&url)
        .deadline(DEADLINE * 4) // in which the other load is answered
        .connect()
        .await
        .unwrap();
    let (one, other) = tokio::join!(timed_load(&store), timed_load(&store));
    let kinds = [one, other].map(|(outcome, _)| outcome.map_err(|error| error.kind()));
    assert_eq!(kinds, [Ok(Loaded::Absent), Err(StoreErrorKind::Timeout)]);
    assert_eq!(
        timed_load(&store).await.0.unwrap(),
        Loaded::Absent,
        "the next one, on the same connection"
    );
    server.await.unwrap();
}

/// Reads until a word has come `times` times.
async fn hear(stream: &mut TcpStream, word: &str, times: usize) {
    let mut heard = Vec::new();
    while String::from_utf8_lossy(&heard).matches(word).count() < times {
        assert_ne!(
            stream.read_buf(&mut heard).await.unwrap(),
            0,
            "the store closed the connection"
        );
    }
}

#[tokio::test]
async fn attempts_to_reconnect_do_not_grow_rare() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let _store = unchecked(&url).connect_lazily().unwrap();
    let began = Instant::now();
    for _ in 0..12 {
        drop(timeout(HANGS, listener.accept()).await.expect("no attempt"));
    }
    let took = began.elapsed();
    assert!(
        took > Duration::from_secs(1),
        "a server that refuses is flooded: 12 attempts in {took:?}"
    );
    assert!(
        took < HANGS,
        "12 attempts took {took:?}: pauses that double take 41 s"
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_disturbs_no_other() {
    let world = World::begin().await;
    for session in 0..100 {
        let record = live(session);
        let create = Create::new(key(A, session), record.clone(), None, NOW);
        drop(timeout(Duration::from_micros(session), world.store.create(create)).await);
        let loaded = world.load(key(A, session)).await;
        assert!(
            loaded == Loaded::Absent || loaded == Loaded::Live(record),
            "{loaded:?}"
        );
    }
}

#[tokio::test]
async fn the_connection_ends_with_the_last_clone() {
    let server = RedisServer::start().unwrap();
    let clients = || -> usize {
        let list: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
        list.lines()
            .filter(|client| !client.contains("cmd=client"))
            .count()
    };
    let store = store_on(&server, DEADLINE).await;
    let clone = store.clone();
    drop(store);
    assert_eq!(clone.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(clients(), 1);
    drop(clone);
    eventually(HANGS, "the connection is closed", async || clients() == 0).await;
}

#[test]
fn a_store_serves_other_runtimes_and_outlives_its_own() {
    let server = RedisServer::start().unwrap();
    let home = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let store = home.block_on(store_on(&server, DEADLINE));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| loads_on_a_runtime_of_its_own(&store));
        }
    });
    drop(home);
    loads_on_a_runtime_of_its_own(&store);
    loads_on_a_runtime_of_its_own(&store);
}

fn loads_on_a_runtime_of_its_own(store: &RedisStore) {
    let worker = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    worker.block_on(async {
        for _ in 0..50 {
            assert_eq!(store.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
        }
    });
}

#[test]
fn a_lazy_store_may_be_built_before_there_is_a_runtime() {
    let server = RedisServer::start().unwrap();
    let store = unchecked(&server.url()).connect_lazily().unwrap();
    loads_on_a_runtime_of_its_own(&store);
}
