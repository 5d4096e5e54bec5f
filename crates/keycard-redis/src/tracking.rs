//! The tracking connection: on it the server tells which keys have changed, and how long ago it was known to.
//!
//! It begins when the connection of the commands is up, and ends with it, since by then the address may lead to another
//! server. Before anything is trusted, a key that is written over the one must be told over the other, by a primary: whatever
//! stands between, both lead to one server, and it tells.

mod failure;

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use keycard::store::{News, Watch, Watcher};
use redis::{ErrorKind, ProtocolVersion, RedisResult, Value};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::failure::{Failure, is_redirect, no_answer, not_told, replica, without_slots};
use crate::backoff::Backoff;
use crate::cluster::Cluster;
use crate::conn::{Live, State};
use crate::events;
use crate::invalidation::Teller;
use crate::keys::Keys;
use crate::open::{Opened, open};
use crate::pipe::Pipe;
use crate::resp::Command;
use crate::servers::Servers;
use crate::store::RedisStore;
use crate::target::{Address, Target};

/// The pause after a server has refused to tell, or does not.
const REFUSED_PAUSE: Duration = Duration::from_secs(5);
/// For how many seconds the key lives by which it is seen that changes are told.
const PROBE_LIFE: &str = "1";

/// By a connection of its own for each watcher, beside the one that then carries all commands.
impl Watch for RedisStore {
    fn watch(&self, watcher: Weak<dyn Watcher>, pace: Duration) {
        let keys = self.keys().clone();
        match self.servers() {
            Servers::One(link) => link.track(Tracking::new(keys, None, link.deadline(), watcher, pace)),
            Servers::Cluster(cluster) => cluster.watch(keys, watcher, pace),
        }
    }
}

/// What one watcher is told by one server.
#[derive(Debug)]
pub(crate) struct Tracking {
    keys: Keys,
    /// Of a node of a cluster: where it is, and who knows what it has.
    node: Option<(Address, Weak<Cluster>)>,
    /// How long an answer may take.
    patience: Duration,
    watcher: Weak<dyn Watcher>,
    pace: Duration,
    warned: AtomicBool,
}

impl Tracking {
    pub(crate) fn new(
        keys: Keys,
        node: Option<(Address, Weak<Cluster>)>,
        patience: Duration,
        watcher: Weak<dyn Watcher>,
        pace: Duration,
    ) -> Self {
        Self {
            keys,
            node,
            patience,
            watcher,
            pace,
            warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.watcher.strong_count() > 0
    }

    /// Tracks by a connection of its own for as long as each connection of the commands lasts.
    pub(crate) async fn follow(self: Arc<Self>, mut state: watch::Receiver<State>) {
        while self.is_wanted() {
            let live = state.borrow_and_update().live();
            let changed = match live {
                Some(live) => tokio::select! {
                    changed = state.changed() => changed,
                    () = self.track(&live) => return,
                },
                None => state.changed().await,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Ends when nobody listens any more.
    async fn track(&self, commands: &Live) {
        // By the other protocol nothing is told that was not asked for.
        let target = commands.target.with_protocol(ProtocolVersion::RESP3);
        let mut backoff = Backoff::default();
        while self.is_wanted() {
            let failure = self.listen(&target, &commands.pipe, &mut backoff).await;
            // Whoever has gone meanwhile was not told that a key had changed.
            if !self.is_wanted() {
                return;
            }
            self.log(&target, &failure);
            self.doubt().await;
            let pause = match failure {
                Failure::Unwanted => return,
                Failure::Broken(_) => backoff.next(),
                Failure::Refused(_) => REFUSED_PAUSE,
            };
            sleep(pause).await; // sleep: the pause between two attempts to connect
        }
    }

    fn log(&self, target: &Target, failure: &Failure) {
        match failure {
            Failure::Broken(error) => events::tracking_broke(target, error),
            Failure::Refused(error) if !self.warned.swap(true, Ordering::Relaxed) => {
                events::tracking_refused(target, error);
            }
            Failure::Refused(_) | Failure::Unwanted => {}
        }
    }

    /// Opens a connection and passes on what is told on it, until it breaks.
    async fn listen(&self, target: &Target, commands: &Pipe, backoff: &mut Backoff) -> Failure {
        // Of a random number: the state's keys are, whatever is hashed.
        let number = RandomState::new().hash_one(self.pace);
        let Ok(slot) = self.slot(number) else {
            return Failure::Broken(without_slots());
        };
        let probe = self.keys.probe(slot, number);
        let seen = Arc::new(Notify::new());
        let teller = Teller {
            watcher: Weak::clone(&self.watcher),
            keys: self.keys.clone(),
            probe: (probe.clone(), Arc::clone(&seen)),
        };
        let opened = open(target, move |push| teller.pass_on(&push)).await;
        let Opened { pipe, mut driver, .. } = match opened {
            Ok(opened) => opened,
            Err(error) => return Failure::of(error),
        };
        let told = async {
            self.prove(&pipe, commands, &probe, &seen).await?;
            *backoff = Backoff::default();
            events::tracking(target);
            self.stay_alive(&pipe, &probe).await
        };
        tokio::select! {
            _ = driver.join_next() => Failure::Broken((ErrorKind::Io, "the connection broke").into()),
            Err(failure) = told => failure,
        }
    }

    /// Asks to be told of all sessions, and waits until a change is.
    async fn prove(
        &self,
        connection: &Pipe,
        commands: &Pipe,
        probe: &str,
        seen: &Notify,
    ) -> Result<(), Failure> {
        let facts = self.ask(connection, &["HELLO"]).await.map_err(Failure::of)?;
        if !is_primary(&facts) {
            return Err(Failure::Refused(replica()));
        }
        let prefix = self.keys.sessions_prefix();
        let track = ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", &prefix];
        self.ask(connection, &track).await.map_err(Failure::of)?;
        // That the server cannot be written to says nothing about tracking.
        let write = ["SET", probe, "", "EX", PROBE_LIFE];
        self.ask(commands, &write).await.map_err(Failure::Broken)?;
        let seen = timeout(self.patience, seen.notified()).await;
        seen.map_err(|_| Failure::Refused(not_told()))
    }

    async fn ask(&self, connection: &Pipe, command: &impl Command) -> RedisResult<Value> {
        let answer = timeout(self.patience, connection.ask(command)).await;
        answer.map_err(|_| no_answer())??.extract_error()
    }

    /// In a cluster one of the node's slots. The error is that it has none.
    fn slot(&self, number: u64) -> Result<Option<u16>, ()> {
        let Some((address, cluster)) = &self.node else {
            return Ok(None);
        };
        let slot = cluster
            .upgrade()
            .and_then(|cluster| cluster.slot_at(address, number));
        slot.map(Some).ok_or(())
    }

    /// In a cluster somebody else may have the node's slots by now.
    async fn doubt(&self) {
        if let Some((_, cluster)) = &self.node
            && let Some(cluster) = cluster.upgrade()
        {
            cluster.look().await;
        }
    }

    /// Says that all is told, and keeps saying for how long that was so.
    async fn stay_alive(&self, connection: &Pipe, probe: &str) -> Result<Infallible, Failure> {
        let _trust = Trust::begin(&self.watcher);
        loop {
            // The time before the question: what came after it may be told after the answer.
            let sent = Instant::now();
            let answer = match self.node {
                // A question for data: a node that is cut off from its cluster answers others all the same.
                Some(_) => self.ask(connection, &["GET", probe]).await,
                None => self.ask(connection, &["PING"]).await,
            };
            match answer {
                Ok(_) => self.tell(News::Alive(sent.into_std()))?,
                Err(error) if is_redirect(&error) => return Err(Failure::Broken(error)),
                // It tells why it does not answer, such as a script that takes long: no sign of life, and no end.
                Err(error) if error.code().is_some() => self.doubt().await,
                Err(error) => return Err(Failure::Broken(error)),
            }
            sleep_until(sent + self.pace).await;
        }
    }

    fn tell(&self, news: News) -> Result<(), Failure> {
        let watcher = self.watcher.upgrade().ok_or(Failure::Unwanted)?;
        watcher.told(news);
        Ok(())
    }
}

/// For as long as it lives, the watcher is told of all changes.
struct Trust<'a>(&'a Weak<dyn Watcher>);

impl<'a> Trust<'a> {
    fn begin(watcher: &'a Weak<dyn Watcher>) -> Self {
        let trust = Self(watcher);
        trust.tell(News::Up);
        trust
    }

    fn tell(&self, news: News) {
        if let Some(watcher) = self.0.upgrade() {
            watcher.told(news);
        }
    }
}

impl Drop for Trust<'_> {
    fn drop(&mut self) {
        self.tell(News::Lost);
    }
}

/// Whether a server calls itself one in its answer to `HELLO`. A replica is told of changes late, or no more, and answers all
/// the same.
fn is_primary(facts: &Value) -> bool {
    let is = |value: &Value, text: &str| *value == Value::BulkString(text.into());
    matches!(facts, Value::Map(facts) if facts.iter().any(|(name, value)| is(name, "role") && is(value, "master")))
}
