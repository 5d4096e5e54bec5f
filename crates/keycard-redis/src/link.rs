//! A store's way to its server: which connection a command goes over, and what becomes of it there.
//!
//! Each runtime has a connection of its own, so that no command wakes another thread. Commands never wait for one: while
//! it is not up they go over another runtime's, and only the very first connection is waited for.

mod kept;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keycard::StoreError;
use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use self::kept::Kept;
use crate::conn::{Connection, Live, State};
use crate::down::Down;
use crate::durability::{Missing, RedisDurability};
use crate::pipe::{Answer, Pipe};
use crate::resp::Command;
use crate::silence::Doubts;
use crate::target::Address;
use crate::topology::Place;
use crate::tracking::Tracking;
use crate::{error, events};

/// A store's end of its connections.
#[derive(Debug)]
pub(crate) struct Link {
    place: Arc<Place>,
    deadline: Duration,
    /// What is asked of replicas before an answer counts.
    durability: Option<RedisDurability>,
    doubts: Doubts,
    /// A `std` lock, since it is held for a clone and never across an await.
    kept: Mutex<Kept>,
}

/// A command on its way.
pub(crate) struct Sent {
    live: Arc<Live>,
    answer: Answer,
}

impl Sent {
    fn over(live: &Arc<Live>, command: &impl Command) -> Self {
        Self {
            live: Arc::clone(live),
            answer: live.pipe.ask(command),
        }
    }
}

impl Link {
    pub(crate) fn new(place: Place, deadline: Duration, durability: Option<RedisDurability>) -> Self {
        Self {
            place: Arc::new(place),
            deadline,
            durability,
            doubts: Doubts::default(),
            kept: Mutex::default(),
        }
    }

    /// Whether it leads to this address.
    pub(crate) fn is_at(&self, address: &Address) -> bool {
        self.address() == Some(address)
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        match &*self.place {
            Place::At(target) | Place::Node(target, _) => Some(&target.address),
            Place::Watched(_) => None,
        }
    }

    /// The host that it leads to.
    pub(crate) fn host(&self) -> &str {
        match &*self.place {
            Place::At(target) | Place::Node(target, _) => target.host(),
            Place::Watched(_) => "",
        }
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
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
        if let Some(durability) = &self.durability {
            return Box::pin(self.ask_durably(durability, None::<&[&str; 1]>, command, by)).await;
        }
        let sent = self.send(command, by).await?;
        self.receive(sent, by).await
    }

    /// Sends several commands at once. Each answer may be an error of the server.
    pub(crate) async fn ask_all(
        &self,
        commands: &[impl Command],
        by: Instant,
    ) -> Result<Vec<Value>, StoreError> {
        let live = self.live_by(by).await?;
        let sent: Vec<_> = commands
            .iter()
            .map(|command| Sent::over(&live, command))
            .collect();
        let mut values = Vec::with_capacity(sent.len());
        for sent in sent {
            values.push(self.receive(sent, by).await?);
        }
        Ok(values)
    }

    /// Sends a command that the server takes only directly behind another. The answer is the second one's.
    pub(crate) async fn ask_after(
        &self,
        first: &impl Command,
        command: &impl Command,
        by: Instant,
    ) -> Result<Value, StoreError> {
        if let Some(durability) = &self.durability {
            return Box::pin(self.ask_durably(durability, Some(first), command, by)).await;
        }
        let live = self.live_by(by).await?;
        let answer = live.pipe.ask_after(first, command);
        self.receive(Sent { live, answer }, by).await
    }

    /// The same, and the answer counts when replicas have what it says.
    async fn ask_durably(
        &self,
        durability: &RedisDurability,
        first: Option<&impl Command>,
        command: &impl Command,
        by: Instant,
    ) -> Result<Value, StoreError> {
        let live = self.live_by(by).await?;
        let answer = match first {
            Some(first) => live.pipe.ask_after(first, command),
            None => live.pipe.ask(command),
        };
        let sent = Sent {
            live: Arc::clone(&live),
            answer,
        };
        let value = self.receive(sent, by).await?;
        if !matches!(value, Value::ServerError(_)) {
            let replicas = timeout_at(by, live.waits.replicas(&live.pipe, durability)).await;
            let replicas = replicas.map_err(|_| self.late())?.map_err(error::of_connection)?;
            self.judge(durability, replicas, command.may_be_refused())?;
        }
        Ok(value)
    }

    fn judge(
        &self,
        durability: &RedisDurability,
        replicas: usize,
        may_refuse: bool,
    ) -> Result<(), StoreError> {
        if durability.is_met_by(replicas) {
            return Ok(());
        }
        let lack = durability.lack(replicas);
        match durability.missing {
            Missing::Refuse if may_refuse => Err(StoreError::unavailable(format!(
                "what was ended is not durable: {lack}"
            ))),
            Missing::Refuse | Missing::Report => {
                events::not_replicated(&*self.place, &lack);
                Ok(())
            }
        }
    }

    /// Sends a command whose answer is received apart.
    pub(crate) async fn send(&self, command: &impl Command, by: Instant) -> Result<Sent, StoreError> {
        Ok(Sent::over(&self.live_by(by).await?, command))
    }

    pub(crate) async fn receive(&self, sent: Sent, by: Instant) -> Result<Value, StoreError> {
        match timeout_at(by, sent.answer).await {
            Ok(Ok(answer)) => {
                if error::tells_of_demotion(&answer) {
                    self.kept().demote(&sent.live);
                }
                Ok(answer)
            }
            Ok(Err(error)) if Instant::now() < by => Err(error::of_connection(error)),
            // At the deadline the connection may be given up: whichever comes first, the answer was late.
            Ok(Err(_)) | Err(_) => Err(self.late()),
        }
    }

    /// What may be asked on now, if anything is up: of whichever runtime it is.
    pub(crate) fn pipe(&self) -> Option<Pipe> {
        Some(self.kept().another()?.live()?.pipe.clone())
    }

    /// Whether it is known that the server is away, or doubted that it is there.
    pub(crate) fn is_away(&self) -> bool {
        let kept = self.kept();
        kept.another().is_none() && kept.home().is_some_and(|home| !home.is_starting())
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

    /// A connection that is up, as nearly every command finds it.
    fn up(&self) -> Option<Arc<Live>> {
        let runtime = Handle::try_current().ok()?.id();
        self.kept().up(runtime)
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

    /// The state of a connection that is up, or of the home. A runtime that has none begins its own here.
    fn state(&self) -> Result<watch::Receiver<State>, Down> {
        let mut kept = self.kept();
        let had_home = kept.home().is_some();
        kept.connections.retain(Connection::is_kept);
        if let Ok(runtime) = Handle::try_current()
            && kept.own(runtime.id()).is_none()
            && kept.has_room()
        {
            let (place, doubts) = (Arc::clone(&self.place), self.doubts.clone());
            let own = Connection::begin(runtime, place, self.deadline, doubts);
            kept.connections.push(own);
        }
        if !had_home && let Some(home) = kept.home() {
            for tracking in &kept.trackings {
                home.track(Arc::clone(tracking));
            }
        }
        let said = kept.another().or_else(|| kept.said());
        said.map(Connection::state)
            .ok_or_else(|| Down::because("there is no tokio runtime here"))
    }

    /// Tracks what changes, beside the home, now and whenever another connection becomes it.
    pub(crate) fn track(&self, tracking: Tracking) {
        let tracking = Arc::new(tracking);
        let mut kept = self.kept();
        kept.trackings.retain(|tracking| tracking.is_wanted());
        kept.trackings.push(Arc::clone(&tracking));
        if let Some(home) = kept.home() {
            home.track(tracking);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn late(&self) -> StoreError {
        StoreError::timeout(format!("Redis did not answer within {:?}", self.deadline))
    }
}
