//! Passwords that are wrong, and passwords that change.

use keycard_fixtures::RedisServer;
use keycard_redis::{RedisStore, RedisStoreBuilder};

use crate::harness::{DEADLINE, Fails, Fault, PATIENCE, Traffic};

const WRONG: Fault = Fault {
    name: "wrong password",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[],
};
const ROTATED: Fault = Fault {
    name: "password rotated",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[],
};

const OLD: &str = "the-old-one";
const NEW: &str = "the-new-one";

fn with_password(server: &RedisServer, password: &str) -> RedisStoreBuilder {
    RedisStore::builder(&format!("redis://:{password}@127.0.0.1:{}", server.port())).unwrap()
}

/// A server goes on serving whom it has let in. So they are asked to come again.
fn close_connections(server: &RedisServer) {
    server
        .command::<usize>(&["CLIENT", "KILL", "TYPE", "normal"])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_wrong_until_it_is_right_again() {
    let server = RedisServer::builder().password(OLD).start().unwrap();
    let mut traffic = Traffic::begin(&WRONG, || with_password(&server, OLD)).await;
    server
        .command::<()>(&["CONFIG", "SET", "requirepass", NEW])
        .unwrap();
    close_connections(&server);
    traffic.lasts().await;
    server
        .command::<()>(&["CONFIG", "SET", "requirepass", OLD])
        .unwrap();
    traffic.recovers().await;
    traffic.ends().await;
}

/// Both are valid while applications that know the new one take the places of those that know the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_rotated_costs_no_request() {
    let server = RedisServer::builder().password(OLD).start().unwrap();
    let mut traffic = Traffic::begin(&ROTATED, || with_password(&server, OLD)).await;
    server
        .command::<()>(&["ACL", "SETUSER", "default", &format!(">{NEW}")])
        .unwrap();
    traffic.serves_everybody().await;
    for number in [0, 1] {
        traffic.shop().deploy(number, with_password(&server, NEW)).await;
        traffic.serves_everybody().await;
    }
    server
        .command::<()>(&["ACL", "SETUSER", "default", &format!("<{OLD}")])
        .unwrap();
    with_password(&server, OLD).connect().await.unwrap_err();
    with_password(&server, NEW).connect().await.unwrap();
    traffic.recovers().await;
    traffic.ends().await;
}
