//! What every fault is tested with, whatever servers it befalls.
//!
//! ```ignore
//! let traffic = Traffic::begin(&FROZEN, || RedisStore::builder(&server.url()).unwrap()).await;
//! server.freeze().unwrap();
//! traffic.lasts().await;
//! server.thaw().unwrap();
//! traffic.recovers().await;
//! traffic.ends().await; // Here everything is asserted.
//! ```

mod client;
mod log;
mod model;
mod panics;
mod probe;
mod pulse;
mod report;
mod shop;
mod traffic;
mod user;

use std::time::{Duration, Instant};

use keycard_fixtures::RedisServer;
use tokio::time::sleep;

pub(crate) use log::Lost;
pub(crate) use probe::Probe;
pub(crate) use shop::Shop;
pub(crate) use traffic::Traffic;

/// In a run of all tests the machine has much else to do, so that answers may take as long again, and whatever is timed as
/// long as requests take then to applications that ask no store.
const LENIENCE: u32 = if cfg!(feature = "faults") { 1 } else { 2 };
/// How many users there are, of two clients each.
const USERS: usize = if cfg!(feature = "faults") { 16 } else { 8 };
/// For how long a fault lasts at least: longer than a server's silence is borne.
pub(crate) const WINDOW: Duration =
    Duration::from_millis(if cfg!(feature = "faults") { 8_000 } else { 1_300 });
/// For how long traffic goes on after everybody was served again.
const AFTERWARDS: Duration = Duration::from_millis(if cfg!(feature = "faults") { 3_000 } else { 400 });
/// Between two rounds of a user.
const PAUSE: Duration = Duration::from_millis(if cfg!(feature = "faults") { 10 } else { 25 });
/// How much later than the store's deadline an answer may come.
const SLACK: Duration = Duration::from_millis(100);
/// How long after the server's return a request may still fail.
const RECOVERY: Duration = Duration::from_secs(2);
/// Nothing takes this long, on any machine.
pub(crate) const HANGS: Duration = Duration::from_mins(1);

/// The store's deadline where a server is out of reach.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);
/// The store's deadline where nothing may fail: whether a busy machine stands still for a second is not in question. How long
/// answers take is judged as where it is [`DEADLINE`].
pub(crate) const PATIENCE: Duration = if cfg!(feature = "faults") {
    DEADLINE
} else {
    Duration::from_secs(20)
};

/// A row of the table: what happens, and what may be lost by it.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// What the stores are given.
    pub(crate) deadline: Duration,
    pub(crate) fails: Fails,
    /// What the server itself may lose of what was acknowledged.
    pub(crate) may_lose: &'static [Lost],
}

/// Whether requests fail while there is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fails {
    Must,
    May,
    Never,
}

/// Replicas follow a moment later: what the primary alone has is lost with it.
pub(crate) const UNREPLICATED: &[Lost] = &[Lost::Session, Lost::Write, Lost::Logout, Lost::EndAll];

/// For how long a primary goes on alone before it is lost, so that something is; no longer, or its replicas, which stand
/// still, would be taken for lost themselves.
const AHEAD: Duration = Duration::from_millis(300);

/// Has a primary, whose replicas are frozen, serve requests that they know nothing of. Answers the name of a key that it alone
/// has.
pub(crate) async fn get_ahead(primary: &RedisServer) -> String {
    // What was sent to them would be read when they thaw.
    primary
        .command::<usize>(&["CLIENT", "KILL", "TYPE", "replica"])
        .unwrap();
    let names: Vec<String> = primary.command(&["KEYS", "*"]).unwrap();
    let own = format!("{}:unreplicated", names[0]); // of a slot that it has
    primary.command::<()>(&["SET", &own, "1"]).unwrap();
    sleep(AHEAD).await; // sleep: how far it gets ahead
    own
}

/// Whether the primary that knew this key alone has failed before any other learned of it.
pub(crate) fn is_lost(key: &str, servers: &[RedisServer]) -> bool {
    let names = |server: &RedisServer| server.command::<Vec<String>>(&["KEYS", "*"]).unwrap();
    servers.iter().flat_map(names).all(|name| name != key)
}

/// Does something again and again while the fault lasts.
pub(crate) async fn meanwhile(every: Duration, mut act: impl FnMut(usize)) {
    let began = Instant::now();
    for turn in 0.. {
        act(turn);
        if began.elapsed() >= WINDOW {
            break;
        }
        sleep(every).await; // sleep: how often it happens
    }
}
