//! An application whose clock is two minutes fast, or slow.
//!
//! Sessions are judged by the clock of the application that is asked, and their end is reckoned by that of the application
//! that was asked last. So nobody is logged out by it, a session that is not used lives for up to as much longer as the
//! clocks differ, and ends for the fast one as much earlier.

use std::sync::Arc;
use std::time::Duration;

use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use crate::harness::{Fails, Fault, PATIENCE, Probe, Shop, Traffic};

const FAST: Fault = Fault {
    name: "an application's clock is 2 min fast",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[],
};

const SLOW: Fault = Fault {
    name: "an application's clock is 2 min slow",
    ..FAST
};

const AHEAD: Duration = Duration::from_mins(2);
/// By default.
const IDLE: Duration = Duration::from_mins(30);
/// By default: what a session's last use may be noted too early.
const TOUCH_AFTER: Duration = Duration::from_mins(1);
/// So long a session that is not used lives everywhere, with half a minute for the test itself.
const LIVES: Duration = IDLE
    .saturating_sub(TOUCH_AFTER)
    .saturating_sub(AHEAD)
    .saturating_sub(Duration::from_secs(30));

async fn is_wrong(fault: &'static Fault, set: impl FnOnce(&Shop)) {
    let server = RedisServer::start().unwrap();
    let mut traffic = Traffic::begin(fault, || RedisStore::builder(&server.url()).unwrap()).await;
    set(&traffic.shop());
    traffic.lasts().await;
    traffic.recovers().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_logged_out_by_a_fast_clock() {
    is_wrong(&FAST, |shop| shop.set_forward(1, AHEAD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_logged_out_by_a_slow_clock() {
    is_wrong(&SLOW, |shop| shop.set_back(1, AHEAD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_its_idle_time_by_more_than_the_clocks_differ() {
    let server = RedisServer::start().unwrap();
    for number in [0, 1] {
        let shop = Arc::new(Shop::open(PATIENCE, &|| RedisStore::builder(&server.url()).unwrap()).await);
        shop.set_forward(1, AHEAD);
        let used_now = async || Probe::logged_in(Arc::clone(&shop), number).await;
        let (early, late) = (used_now().await, used_now().await);
        let passes = |time| [0, 1].map(|number| shop.set_forward(number, time));
        passes(LIVES);
        early.is_in().await;
        passes((IDLE + AHEAD).saturating_sub(LIVES));
        late.is_out().await;
    }
}
