//! A server that moves to another address under the same name.
//!
//! Names are looked up in `/etc/hosts`. So that there is one to write, the test runs itself in a mount namespace with a file
//! of its own in that place, for which it has to be root.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use crate::harness::{DEADLINE, Fails, Fault, Traffic};

const MOVED: Fault = Fault {
    name: "host name moved to another server",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};

/// Tells the test that it is inside, and where its `/etc/hosts` is.
const HOSTS: &str = "KEYCARD_TEST_HOSTS";
const NAME: &str = "sessions.keycard.test";
const ENTER: &str = r#"mount --bind "$1" /etc/hosts && shift && exec "$@""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_name_that_moves() {
    match env::var_os(HOSTS) {
        Some(hosts) => moves(Path::new(&hosts)).await,
        None => inside(),
    }
}

fn inside() {
    let hosts = env::temp_dir().join(format!("keycard-hosts-{}", std::process::id()));
    point_to(&hosts, "127.0.0.1");
    let entered = Command::new("unshare")
        .args(["--mount", "sh", "-c", ENTER, "enter"])
        .arg(&hosts)
        .arg(env::current_exe().unwrap())
        .args(["host_name::a_host_name_that_moves", "--exact", "--nocapture"])
        .env(HOSTS, &hosts)
        .status();
    fs::remove_file(&hosts).unwrap();
    let status = entered.expect("`unshare` of util-linux is installed");
    assert!(
        status.success(),
        "{status}: it needs the right to make a mount namespace and to mount in it, which root has"
    );
}

/// In place, for the mount is of this file.
fn point_to(hosts: &Path, address: &str) {
    fs::write(hosts, format!("{address} {NAME}\n")).unwrap();
}

async fn moves(hosts: &Path) {
    let at_once = ["--repl-diskless-sync-delay", "0"];
    let mut server = RedisServer::builder().args(at_once).start().unwrap();
    let port = server.port().to_string();
    let there = [
        "--bind",
        "127.0.0.2",
        "--port",
        &port,
        "--replicaof",
        "127.0.0.1",
        &port,
    ];
    let other = RedisServer::builder().args(there).start().unwrap();
    server.wait_for_replicas(1).unwrap();
    let url = format!("redis://{NAME}:{port}");
    let mut traffic = Traffic::begin(&MOVED, || RedisStore::builder(&url).unwrap()).await;
    // What is acknowledged is at the new place before the old one ends.
    server
        .command::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"])
        .unwrap();
    server.wait_for_replicas(1).unwrap();
    point_to(hosts, "127.0.0.2");
    server.kill().unwrap();
    other.command::<()>(&["REPLICAOF", "NO", "ONE"]).unwrap();
    traffic.recovers().await;
    traffic.ends().await;
}
