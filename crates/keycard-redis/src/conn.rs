//! The one connection: who keeps it, how a command goes over it, and when it is given up.
//!
//! A task keeps the connection and reconnects for ever; a [`Link`] reads what state it is in. Commands never wait for a
//! reconnect: only the very first connection is waited for.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keycard::StoreError;
use redis::{RedisResult, Value};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::backoff::Backoff;
use crate::config::Target;
use crate::down::Down;
use crate::open::{Opened, open};
use crate::pipe::{Answer, Open, Pipe};
use crate::resp::Command;
use crate::silence::Silence;
use crate::tracking::Tracking;
use crate::{error, events};

/// A store's end of the connection.
#[derive(Debug)]
pub(crate) struct Link {
    target: Target,
    deadline: Duration,
    /// A `std` lock, since it is held for a clone and never across an await.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Where the connection's task lives, and the state that it tells; `None` before the first use.
    by: Option<(Handle, watch::Receiver<State>)>,
    trackings: Vec<Arc<Tracking>>,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    /// The first attempt is under way.
    Starting,
    Up(Arc<Live>),
    Down(Down),
}

impl State {
    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        match self {
            Self::Up(live) => Some(Arc::clone(live)),
            Self::Starting | Self::Down(_) => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) pipe: Pipe,
    silence: Silence,
    /// An answer said that another server may be the primary by now.
    demoted: Notify,
}

impl Link {
    pub(crate) fn new(target: Target, deadline: Duration) -> Self {
        Self {
            target,
            deadline,
            kept: Mutex::default(),
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The moment at which a command that begins now must have ended.
    pub(crate) fn by(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// Begins to connect, if a runtime is there to do so in; without one the first command does.
    pub(crate) fn begin(&self) {
        self.state().ok();
    }

    /// The outcome of the first attempt to connect.
    pub(crate) async fn first_outcome(&self) -> Result<(), Down> {
        self.live().await.map(drop)
    }

    /// Sends one command. The answer may be an error of the server.
    pub(crate) async fn ask(&self, command: &impl Command, by: Instant) -> Result<Value, StoreError> {
        let live = self.live_by(by).await?;
        let answer = live.pipe.ask(command);
        self.answered(&live, answer, by).await
    }

    /// Sends several commands at once. Each answer may be an error of the server.
    pub(crate) async fn ask_all(
        &self,
        commands: &[impl Command],
        by: Instant,
    ) -> Result<Vec<Value>, StoreError> {
        let live = self.live_by(by).await?;
        let answers: Vec<_> = commands.iter().map(|command| live.pipe.ask(command)).collect();
        let mut values = Vec::with_capacity(answers.len());
        for answer in answers {
            values.push(self.answered(&live, answer, by).await?);
        }
        Ok(values)
    }

    async fn answered(&self, live: &Live, answer: Answer, by: Instant) -> Result<Value, StoreError> {
        match timeout_at(by, answer).await {
            Ok(Ok(answer)) => {
                if error::tells_of_demotion(&answer) {
                    live.demoted.notify_one();
                }
                Ok(answer)
            }
            Ok(Err(error)) if Instant::now() < by => Err(error::of_connection(error)),
            // At the deadline the connection may be given up: whichever comes first, the answer was late.
            Ok(Err(_)) | Err(_) => Err(self.late()),
        }
    }

    async fn live_by(&self, by: Instant) -> Result<Arc<Live>, StoreError> {
        match self.up() {
            Some(live) => Ok(live),
            // On the heap, since it is rare and large.
            None => Ok(Box::pin(timeout_at(by, self.live()))
                .await
                .map_err(|_| self.late())??),
        }
    }

    /// The connection if it is up, as it is for nearly every command.
    fn up(&self) -> Option<Arc<Live>> {
        let kept = self.kept();
        let (_, state) = kept.running()?;
        state.borrow().live()
    }

    async fn live(&self) -> Result<Arc<Live>, Down> {
        let mut state = self.state()?;
        let state = state.wait_for(|state| !matches!(state, State::Starting)).await;
        match state.as_deref() {
            Ok(State::Up(live)) => Ok(Arc::clone(live)),
            Ok(State::Down(down)) => Err(down.clone()),
            Ok(State::Starting) | Err(_) => Err(Down::because("the connection's runtime has ended")),
        }
    }

    /// The state of the connection. The task that keeps it is begun here, at first and when the runtime that it lived on
    /// has ended.
    fn state(&self) -> Result<watch::Receiver<State>, Down> {
        let mut kept = self.kept();
        if let Some((_, state)) = kept.running() {
            return Ok(state.clone());
        }
        let runtime = Handle::try_current().map_err(|_| Down::because("there is no tokio runtime here"))?;
        let (sender, state) = watch::channel(State::Starting);
        runtime.spawn(keep(self.target.clone(), self.deadline, sender));
        for tracking in &kept.trackings {
            runtime.spawn(Arc::clone(tracking).follow(state.clone()));
        }
        kept.by = Some((runtime, state.clone()));
        Ok(state)
    }

    /// Tracks what changes, beside the connection, now and whenever its task is begun anew.
    pub(crate) fn track(&self, tracking: Tracking) {
        let tracking = Arc::new(tracking);
        let mut kept = self.kept();
        kept.trackings.retain(|tracking| tracking.is_wanted());
        kept.trackings.push(Arc::clone(&tracking));
        if let Some((runtime, state)) = kept.running() {
            runtime.spawn(tracking.follow(state.clone()));
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn late(&self) -> StoreError {
        StoreError::timeout(format!("Redis did not answer within {:?}", self.deadline))
    }
}

impl Kept {
    /// `None` if the connection's task was not begun, or its runtime has ended.
    fn running(&self) -> Option<&(Handle, watch::Receiver<State>)> {
        self.by.as_ref().filter(|(_, state)| state.has_changed().is_ok())
    }
}

/// Keeps a connection, until nobody is left to read of it.
async fn keep(target: Target, deadline: Duration, state: watch::Sender<State>) {
    tokio::select! {
        () = reconnect(&target, deadline, &state) => {}
        () = state.closed() => {}
    }
}

async fn reconnect(target: &Target, deadline: Duration, state: &watch::Sender<State>) {
    let mut backoff = Backoff::default();
    loop {
        match connect(target).await {
            Ok(connection) => {
                serve(target, deadline, state, connection).await;
                backoff = Backoff::default();
            }
            Err(error) => {
                events::cannot_connect(target, &error);
                state.send_replace(State::Down(Down::unconnected(target, error)));
            }
        }
        sleep(backoff.next()).await; // sleep: the pause between two attempts to connect
    }
}

/// Hands out a connection until it breaks or is given up. Whatever is then in flight fails with its driver. Where a
/// successor takes over nothing fails: the predecessor still carries what was sent on it.
async fn serve(
    target: &Target,
    deadline: Duration,
    state: &watch::Sender<State>,
    (mut live, mut driver): (Live, JoinSet<Open>),
) {
    events::connected(target);
    let (reason, _wreck) = loop {
        let current = Arc::new(live);
        state.send_replace(State::Up(Arc::clone(&current)));
        tokio::select! {
            open = driver.join_next() => break ("the connection to Redis broke", open),
            () = current.silence.lasts(deadline) => break ("Redis does not answer", None),
            (next, its_driver) = successor(target, &current) => {
                live = next;
                let mut predecessor = mem::replace(&mut driver, its_driver);
                tokio::spawn(timeout(deadline, async move { predecessor.join_next().await.map(drop) }));
            }
        }
    };
    events::lost(target, reason);
    // Before the driver and the wreck go: whoever fails with them must not find the connection up.
    state.send_replace(State::Down(Down::because(reason)));
}

/// A connection to the server that the address leads to by now, after this one has said that it may not be the primary.
async fn successor(target: &Target, live: &Live) -> (Live, JoinSet<Open>) {
    loop {
        live.demoted.notified().await;
        sleep(Backoff::LONGEST).await; // sleep: the pause between two attempts to connect
        match connect(target).await {
            Ok(connection) => {
                events::connected_anew(target);
                return connection;
            }
            Err(error) => events::cannot_connect(target, &error),
        }
    }
}

async fn connect(target: &Target) -> RedisResult<(Live, JoinSet<Open>)> {
    // What a server says unasked is said on connections that track.
    let Opened {
        pipe,
        silence,
        driver,
    } = open(target, drop).await?;
    let live = Live {
        pipe,
        silence,
        demoted: Notify::new(),
    };
    Ok((live, driver))
}
