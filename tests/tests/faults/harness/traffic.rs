//! Traffic from its begin to its end, where all that must hold is asserted.

use std::mem;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use keycard_redis::RedisStoreBuilder;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::log::{Log, Lost};
use super::report::Report;
use super::shop::Shop;
use super::user::User;
use super::{AFTERWARDS, Fault, HANGS, USERS, WINDOW, panics, pulse};

/// Two applications, and clients that use them.
pub(crate) struct Traffic {
    fault: &'static Fault,
    shop: Arc<Shop>,
    log: Arc<Log>,
    users: JoinSet<User>,
    pulse: JoinHandle<()>,
    stop: watch::Sender<bool>,
    panics: usize,
    /// When the fault began, at the earliest.
    struck: Instant,
    /// When the server was back.
    back: Option<Instant>,
    /// What was asked for before may be lost, as far as the fault says so.
    excused: Option<Instant>,
    /// May be lost whenever it was asked for.
    unreliable: Option<Lost>,
}

impl Traffic {
    /// Starts both applications with stores that are built alike, and lets traffic flow until everybody is served.
    pub(crate) async fn begin(fault: &'static Fault, store: impl Fn() -> RedisStoreBuilder) -> Self {
        let panics = panics::so_far();
        let shop = Arc::new(Shop::open(fault.deadline, &store).await);
        let (log, end, mut users) = (Arc::default(), watch::Sender::new(false), JoinSet::new());
        for number in 0..USERS {
            users.spawn(User::new(number, &shop, &log).shop(end.subscribe()));
        }
        let mut traffic = Self {
            fault,
            pulse: pulse::beat(Arc::clone(&log), end.subscribe()),
            shop,
            log,
            users,
            stop: end,
            panics,
            struck: Instant::now(),
            back: None,
            excused: None,
            unreliable: None,
        };
        // Twice, so that more than logins are answered.
        for _ in 0..2 {
            traffic.serves_everybody().await;
        }
        traffic.struck = Instant::now();
        traffic
    }

    pub(crate) fn shop(&self) -> Arc<Shop> {
        Arc::clone(&self.shop)
    }

    /// Lets the fault last.
    pub(crate) async fn lasts(&mut self) {
        sleep(WINDOW).await; // sleep: for how long there is a fault
    }

    /// The server has lost what it loses by this fault: what was acknowledged before may be gone.
    pub(crate) fn loses(&mut self) {
        self.excused = Some(Instant::now());
    }

    /// The server has lost what later requests need for this.
    pub(crate) fn goes_on_losing(&mut self, what: Lost) {
        self.unreliable = Some(what);
    }

    /// The server is back now; ends when everybody has been served since.
    pub(crate) async fn recovers(&mut self) {
        self.back = Some(Instant::now());
        self.serves_everybody().await;
    }

    /// Ends when every client has had an answer to what it asked for after this call.
    pub(crate) async fn serves_everybody(&mut self) {
        let since = Instant::now();
        let served = async {
            while !self.log.has_served(2 * USERS, since) {
                let ended = self.users.try_join_next();
                assert!(
                    ended.is_none(),
                    "a client found what must not be, as it says above"
                );
                sleep(Duration::from_millis(10)).await; // sleep: the pause between two looks
            }
        };
        timeout(HANGS, served).await.expect("everybody is served");
    }

    /// Lets traffic go on for a while, then asserts all that must hold.
    pub(crate) async fn ends(mut self) -> Report {
        let back = self.back.expect("the server is back");
        sleep(AFTERWARDS).await; // sleep: traffic after the fault
        self.stop.send_replace(true);
        let users = mem::take(&mut self.users).join_all().await;
        for user in users {
            user.conclude().await;
        }
        let pulse = spawn_blocking(|| self.pulse.join()).await;
        pulse.unwrap().expect("who asks no store is answered");
        let report = Report::new(self.fault, &self.log, self.struck, back);
        report.tell();
        assert_eq!(panics::so_far(), self.panics, "something panicked");
        report.judge(self.excused, self.unreliable);
        report
    }
}
