//! A store that several runtimes use: each has a connection of its own, and waits for none.

use std::sync::Arc;
use std::time::Duration;

use keycard::store::{Create, Created, Loaded, Store as _};
use keycard::{StoreError, StoreErrorKind};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use crate::proxy::Proxy;
use crate::support::*;

const A: u64 = 1;
const HANGS: Duration = Duration::from_secs(20);
/// How many runtimes have a connection of their own.
const MOST: usize = 64;

async fn store_at(url: &str) -> RedisStore {
    let builder = unchecked(url).deadline(HANGS * 2);
    builder.connect().await.unwrap()
}

/// Runs on a runtime of its own, which then ends.
async fn elsewhere<T: Send + 'static>(run: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let elsewhere = move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run())
    };
    timeout(HANGS, spawn_blocking(elsewhere)).await.unwrap().unwrap()
}

async fn load(store: &RedisStore, session: u64) -> Loaded {
    store.load(key(A, session), NOW).await.unwrap()
}

async fn is_answered(store: &RedisStore) {
    assert_eq!(load(store, 1).await, Loaded::Absent);
}

async fn log_in(store: &RedisStore, session: u64) -> Result<Created, StoreError> {
    let create = Create::new(key(A, session), live(session), None, NOW);
    store.create(create).await
}

/// How many connections a server has that match, but for the one that asks.
fn matching(server: &RedisServer, is_meant: impl Fn(&str) -> bool) -> usize {
    let list: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
    let clients = list.lines().filter(|client| !client.contains("cmd=client|list"));
    clients.filter(|client| is_meant(client)).count()
}

fn clients(server: &RedisServer) -> usize {
    matching(server, |_| true)
}

async fn has_clients(server: &RedisServer, count: usize) {
    eventually(HANGS, "so many connections", async || clients(server) == count).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_runtime_has_one_connection_which_ends_with_it() {
    let server = Arc::new(RedisServer::start().unwrap());
    let store = store_at(&server.url()).await;
    let mut loads = JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        loads.spawn(async move { is_answered(&store).await });
    }
    loads.join_all().await;
    assert_eq!(clients(&server), 1, "however many threads a runtime has");

    let (there, its_server) = (store.clone(), Arc::clone(&server));
    elsewhere(async move || {
        eventually(HANGS, "loads over both", async || {
            is_answered(&there).await;
            matching(&its_server, |client| client.contains("cmd=get")) == 2
        })
        .await;
        assert_eq!(clients(&its_server), 2);
    })
    .await;
    has_clients(&server, 1).await;
    is_answered(&store).await;
}

/// Where new connections lead: nowhere, and to what never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_that_cannot_connect_is_answered_over_another_s_connection() {
    let server = RedisServer::start().unwrap();
    for never_answers in [false, true] {
        let proxy = Proxy::to(server.port()).await;
        let store = store_at(&proxy.url()).await;
        if never_answers {
            proxy.kill(2, usize::MAX);
        } else {
            proxy.lead_to(1);
        }
        elsewhere(async move || {
            is_answered(&store).await;
            proxy.has_opened(3).await;
            is_answered(&store).await;
        })
        .await;
    }
}

/// That its connection lives on does not need anybody who waits for it.
fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_store_has_no_more_than_so_many_connections_and_those_of_ended_runtimes_go() {
    let server = RedisServer::start().unwrap();
    let mut runtimes: Vec<_> = (0..MOST + 2).map(|_| runtime()).collect();
    let store = runtimes[0].block_on(store_at(&server.url()));
    let all_ask = |runtimes: &[Runtime]| {
        for runtime in runtimes {
            runtime.block_on(is_answered(&store));
        }
    };
    for ended in [1, 2] {
        all_ask(&runtimes);
        runtimes[0].block_on(has_clients(&server, MOST));
        all_ask(&runtimes);
        assert_eq!(clients(&server), MOST);
        // The home, too, for the first of the others becomes it.
        runtimes.drain(..ended);
        runtimes.extend((0..ended).map(|_| runtime()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_runtime_is_told_of_a_demoted_primary_holds_for_all() {
    let [old, new] = [RedisServer::start().unwrap(), RedisServer::start().unwrap()];
    let proxy = Proxy::to(old.port()).await;
    let store = store_at(&proxy.url()).await;
    let reader = runtime();
    let loaded = async |session| {
        let store = store.clone();
        let load = async move { load(&store, session).await };
        reader.spawn(load).await.unwrap()
    };
    assert_eq!(loaded(1).await, Loaded::Absent);
    timeout(HANGS, proxy.has_opened(2)).await.unwrap();
    has_clients(&old, 2).await;

    proxy.lead_to(new.port());
    old.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    log_in(&store, 1).await.unwrap_err();
    eventually(HANGS, "a write on the new primary", async || {
        log_in(&store, 1).await.is_ok()
    })
    .await;
    eventually(HANGS, "a load on the new primary", async || {
        loaded(1).await == Loaded::Live(live(1))
    })
    .await;
    assert_eq!(proxy.opened(), 4);
    reader.shutdown_background();
}

const DEADLINE: Duration = Duration::from_secs(2);

async fn impatient_store_at(url: &str) -> RedisStore {
    let builder = RedisStore::builder(url).unwrap().deadline(DEADLINE);
    builder.connect().await.unwrap()
}

/// Loads on each of the runtimes until each has a connection of its own.
async fn all_are_connected(server: &RedisServer, runtimes: &[Runtime], store: &RedisStore) {
    eventually(HANGS, "a connection of each", async || {
        for runtime in runtimes {
            let store = store.clone();
            let load = async move { is_answered(&store).await };
            runtime.spawn(load).await.unwrap();
        }
        loading(server).len() == runtimes.len()
    })
    .await;
}

/// The connections over which was loaded last, oldest first.
fn loading(server: &RedisServer) -> Vec<String> {
    let list: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
    let clients = list.lines().filter(|client| client.contains("cmd=get"));
    let ids = clients.filter_map(|client| client.split(' ').next());
    ids.map(str::to_owned).collect()
}

/// How many calls of one who asks alone wait for their deadline.
async fn deadlines(store: RedisStore) -> usize {
    let mut waits = 0;
    while let Err(error) = store.load(key(A, 1), NOW).await
        && error.kind() == StoreErrorKind::Timeout
    {
        waits += 1;
    }
    waits
}

#[test]
fn a_dead_server_costs_one_deadline_however_many_runtimes_there_are() {
    let server = RedisServer::start().unwrap();
    let (me, runtimes) = (runtime(), [runtime(), runtime(), runtime()]);
    let store = runtimes[0].block_on(impatient_store_at(&server.url()));
    me.block_on(all_are_connected(&server, &runtimes, &store));
    server.freeze().unwrap();
    // First another than the one that has the oldest connection.
    let waits = [1, 0, 2].map(|asker| runtimes[asker].block_on(deadlines(store.clone())));
    assert_eq!(waits, [1, 0, 0]);
}

#[test]
fn a_connection_that_dies_alone_takes_none_with_it() {
    let server = RedisServer::start().unwrap();
    let (me, runtimes) = (runtime(), [runtime(), runtime()]);
    let proxy = me.block_on(Proxy::to(server.port()));
    let store = runtimes[0].block_on(impatient_store_at(&proxy.url()));
    me.block_on(all_are_connected(&server, &runtimes, &store));
    let [_, idle] = loading(&server).try_into().unwrap();
    proxy.kill(1, 1);
    assert_eq!(runtimes[0].block_on(deadlines(store.clone())), 1);
    me.block_on(async { timeout(HANGS, proxy.has_opened(3)).await.unwrap() });
    runtimes[1].block_on(is_answered(&store));
    assert!(loading(&server).contains(&idle), "it was given up too");
    assert_eq!(proxy.opened(), 3);
}
