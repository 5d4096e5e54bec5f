//! What befalls a single server, and the way to it.

use std::time::Duration;

use keycard_fixtures::{Proxy, RedisServer};
use keycard_redis::{RedisStore, RedisStoreBuilder};

use crate::harness::{DEADLINE, Fails, Fault, Lost, PATIENCE, Traffic, meanwhile};

const FROZEN: Fault = Fault {
    name: "server frozen",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};
const EMPTY: Fault = Fault {
    name: "server killed, back empty",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[Lost::Session],
};
const LOGGED: Fault = Fault {
    name: "server killed, back from its log",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};
const CUT: Fault = Fault {
    name: "connection cut in mid-reply",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};
const SLOW: Fault = Fault {
    name: "200 ms of latency, 50 ms of jitter",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[],
};
const FLUSHED: Fault = Fault {
    name: "SCRIPT FLUSH, again and again",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[],
};

fn at(url: &str) -> RedisStoreBuilder {
    RedisStore::builder(url).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_freezes() {
    let server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(&FROZEN, || at(&server.url())).await;
    server.freeze().unwrap();
    // For longer than any answer may take.
    traffic.lasts().await;
    traffic.lasts().await;
    server.thaw().unwrap();
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_empty() {
    let mut server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(&EMPTY, || at(&server.url())).await;
    server.kill().unwrap();
    traffic.loses();
    traffic.lasts().await;
    server.restart().unwrap();
    traffic.recovers().await;
    let report = traffic.ends().await;
    assert!(report.lost(Lost::Session) > 0, "it was not empty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_from_its_log() {
    let mut server = RedisServer::builder().appendonly(true).start().unwrap();
    let mut traffic = Traffic::begin(&LOGGED, || at(&server.url())).await;
    server.kill().unwrap();
    traffic.lasts().await;
    server.restart().unwrap();
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_in_the_middle_of_replies() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).unwrap();
    let mut traffic = Traffic::begin(&CUT, || at(&proxy.url())).await;
    // Nothing of a reply, then more and more of it.
    meanwhile(Duration::from_millis(60), |turn| proxy.cut_after(turn % 10 * 7)).await;
    proxy.pass();
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_that_is_long() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to(server.port()).unwrap();
    let mut traffic = Traffic::begin(&SLOW, || at(&proxy.url())).await;
    proxy.delay(Duration::from_millis(200), Duration::from_millis(50));
    traffic.lasts().await;
    traffic.serves_everybody().await;
    proxy.pass();
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_are_forgotten() {
    let server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(&FLUSHED, || at(&server.url())).await;
    meanwhile(Duration::from_millis(5), |_| {
        server.command::<()>(&["SCRIPT", "FLUSH"]).unwrap();
    })
    .await;
    traffic.recovers().await;
    traffic.ends().await;
}
