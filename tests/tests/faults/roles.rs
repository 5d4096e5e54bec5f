//! A server that is a replica for a while: another one takes over and hands back, and the applications know but its address.

use std::time::Duration;

use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use tokio::time::{sleep, timeout};

use crate::harness::{DEADLINE, Fails, Fault, HANGS, Probe, Traffic};

const READ_ONLY: Fault = Fault {
    name: "server a read-only replica",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_reads_and_is_promoted_back() {
    let at_once = ["--repl-diskless-sync-delay", "0"];
    let server = RedisServer::builder().args(at_once).start().unwrap();
    let port = server.port().to_string();
    let other = RedisServer::builder()
        .args(at_once)
        .args(["--replicaof", "127.0.0.1", &port]);
    let other = other.start().unwrap();
    server.wait_for_replicas(1).unwrap();
    let mut traffic = Traffic::begin(&READ_ONLY, || RedisStore::builder(&server.url()).unwrap()).await;
    let probe = Probe::logged_in(traffic.shop(), 0).await;
    hand_over(&server, &other).await;
    probe.is_in().await;
    probe.writes(503).await;
    probe.logs_out(503).await;
    traffic.lasts().await;
    hand_over(&other, &server).await;
    traffic.recovers().await;
    probe.logs_out(200).await;
    probe.is_out().await;
    traffic.ends().await;
}

/// Makes a replica the primary and its primary the replica, without losing anything.
async fn hand_over(primary: &RedisServer, replica: &RedisServer) {
    let port = replica.port().to_string();
    primary
        .command::<()>(&["FAILOVER", "TO", "127.0.0.1", &port])
        .unwrap();
    let follows = async {
        loop {
            let info: String = primary.command(&["INFO", "replication"]).unwrap();
            if info.contains("role:slave") && info.contains("master_link_status:up") {
                break;
            }
            sleep(Duration::from_millis(10)).await; // sleep: the pause between two questions
        }
    };
    timeout(HANGS, follows).await.expect("roles are changed");
}
