//! A server that has no memory left.

use std::time::Duration;

use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use crate::harness::{DEADLINE, Fails, Fault, Lost, PATIENCE, Probe, Traffic, meanwhile};

const FULL: Fault = Fault {
    name: "memory full, nothing evicted",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};
/// With the index of a user goes what "log out everywhere" knows.
const EVICTING: Fault = Fault {
    name: "memory full, allkeys-lru",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[Lost::Session, Lost::EndAll],
};

const FILLER: usize = 1_000_000;

fn configure(server: &RedisServer, setting: &str, value: &str) {
    server.command::<()>(&["CONFIG", "SET", setting, value]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_refuses_writes_and_still_reads_and_ends_sessions() {
    let server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(&FULL, || RedisStore::builder(&server.url()).unwrap()).await;
    let probe = Probe::logged_in(traffic.shop(), 0).await;
    configure(&server, "maxmemory", "1");
    probe.is_in().await;
    probe.writes(503).await;
    traffic.lasts().await;
    probe.logs_out(200).await;
    probe.is_out().await;
    configure(&server, "maxmemory", "0");
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_loses_sessions_and_mixes_nothing_up() {
    let server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(&EVICTING, || RedisStore::builder(&server.url()).unwrap()).await;
    let used = used_memory(&server);
    configure(&server, "maxmemory-policy", "allkeys-lru");
    configure(&server, "maxmemory", &(used + 8 * FILLER).to_string());
    let filler = "f".repeat(FILLER);
    // More than there is room for, at once, so that it is not the oldest that goes.
    meanwhile(Duration::from_millis(200), |_| {
        for number in 0..12 {
            server
                .command::<()>(&["SET", &format!("filler-{number}"), &filler])
                .unwrap();
        }
    })
    .await;
    configure(&server, "maxmemory", "0");
    traffic.loses();
    // An index that is gone is missed later, too.
    traffic.goes_on_losing(Lost::EndAll);
    traffic.recovers().await;
    let report = traffic.ends().await;
    assert!(report.lost(Lost::Session) > 0, "nothing was evicted");
}

fn used_memory(server: &RedisServer) -> usize {
    let info: String = server.command(&["INFO", "memory"]).unwrap();
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.unwrap().trim().parse().unwrap()
}
