//! A runtime's connection: the task that keeps it, and when it is given up.
//!
//! The task reconnects for ever, and tells what state the connection is in.

use std::future::pending;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::runtime::{Handle, Id};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::backoff::Backoff;
use crate::down::Down;
use crate::durability::Waits;
use crate::events;
use crate::open::{CONNECT_DEADLINE, Opened, no_answer, open};
use crate::pipe::{Open, Pipe};
use crate::silence::Silence;
use crate::target::Target;
use crate::topology::Place;
use crate::tracking::Tracking;

/// How often the Sentinels are asked whether another server is the primary by now: a server that is cut off from them
/// answers all the same.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A connection as those see it who send over it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Where its task lives.
    runtime: Handle,
    id: Id,
    /// What its task tells.
    state: watch::Receiver<State>,
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
    pub(crate) waits: Waits,
    /// Where it leads.
    pub(crate) target: Target,
    silence: Silence,
    /// An answer said that another server may be the primary by now.
    demoted: Notify,
}

impl Live {
    /// Another connection is opened to wherever the address leads to by now.
    pub(crate) fn demote(&self) {
        self.demoted.notify_one();
    }
}

impl Connection {
    /// Begins to connect.
    pub(crate) fn begin(runtime: Handle, place: Place, deadline: Duration) -> Self {
        let (sender, state) = watch::channel(State::Starting);
        runtime.spawn(keep(place, deadline, sender));
        let id = runtime.id();
        Self { runtime, id, state }
    }

    /// Whether it lives on this runtime.
    pub(crate) fn is_of(&self, runtime: Id) -> bool {
        self.id == runtime
    }

    /// Whether its runtime still runs.
    pub(crate) fn is_kept(&self) -> bool {
        self.state.has_changed().is_ok()
    }

    /// What commands are sent on while it is up.
    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.is_kept().then(|| self.state.borrow().live())?
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Tracks what changes, beside the connection and on its runtime.
    pub(crate) fn track(&self, tracking: Arc<Tracking>) {
        self.runtime.spawn(tracking.follow(self.state()));
    }
}

/// Keeps a connection, until nobody is left to read of it.
async fn keep(place: Place, deadline: Duration, state: watch::Sender<State>) {
    tokio::select! {
        () = reconnect(&place, deadline, &state) => {}
        () = state.closed() => {}
    }
}

async fn reconnect(place: &Place, deadline: Duration, state: &watch::Sender<State>) {
    let mut backoff = Backoff::default();
    loop {
        match connect(place).await {
            Ok(connection) => {
                serve(place, deadline, state, connection).await;
                backoff = Backoff::default();
            }
            Err(error) => {
                events::cannot_connect(place, &error);
                state.send_replace(State::Down(Down::unconnected(place, error)));
            }
        }
        sleep(backoff.next()).await; // sleep: the pause between two attempts to connect
    }
}

/// Hands out a connection until it breaks or is given up. Whatever is then in flight fails with its driver. Where a
/// successor takes over nothing fails: the predecessor still carries what was sent on it.
async fn serve(
    place: &Place,
    deadline: Duration,
    state: &watch::Sender<State>,
    (mut live, mut driver): (Live, JoinSet<Open>),
) {
    events::connected(place);
    let (reason, _wreck) = loop {
        let current = Arc::new(live);
        state.send_replace(State::Up(Arc::clone(&current)));
        tokio::select! {
            open = driver.join_next() => break ("the connection to Redis broke", open),
            () = current.silence.lasts(deadline) => break ("Redis does not answer", None),
            (next, its_driver) = successor(place, &current) => {
                live = next;
                let mut predecessor = mem::replace(&mut driver, its_driver);
                tokio::spawn(timeout(deadline, async move { predecessor.join_next().await.map(drop) }));
            }
        }
    };
    events::lost(place, reason);
    // Before the driver and the wreck go: whoever fails with them must not find the connection up.
    state.send_replace(State::Down(Down::because(reason)));
}

/// A connection to the server that the address leads to by now, after this one has said that it may not be the primary.
async fn successor(place: &Place, live: &Live) -> (Live, JoinSet<Open>) {
    loop {
        tokio::select! {
            () = live.demoted.notified() => {}
            () = moved(place, live) => {}
        }
        sleep(Backoff::LONGEST).await; // sleep: the pause between two attempts to connect
        match connect(place).await {
            Ok(connection) => {
                events::connected_anew(place);
                return connection;
            }
            Err(error) => events::cannot_connect(place, &error),
        }
    }
}

/// Ends when the Sentinels name another server than the one that this connection leads to.
async fn moved(place: &Place, live: &Live) {
    let Place::Watched(watched) = place else {
        return pending().await;
    };
    loop {
        sleep(ASK_AGAIN).await; // sleep: the pause between two questions
        if watched
            .primary()
            .await
            .is_ok_and(|primary| primary.address != live.target.address)
        {
            return;
        }
    }
}

async fn connect(place: &Place) -> RedisResult<(Live, JoinSet<Open>)> {
    let target = match place {
        Place::At(target) => target.clone(),
        Place::Watched(watched) => watched.primary().await?,
    };
    // What a server says unasked is said on connections that track.
    let Opened {
        pipe,
        silence,
        driver,
    } = open(&target, drop).await?;
    if let Place::Watched(_) = place {
        let role = timeout(CONNECT_DEADLINE, pipe.ask(&["ROLE"])).await;
        let role = role.map_err(|_| no_answer())??.extract_error()?;
        if !is_primary(&role) {
            return Err(demoted());
        }
    }
    let live = Live {
        pipe,
        waits: Waits::default(),
        target,
        silence,
        demoted: Notify::new(),
    };
    Ok((live, driver))
}

/// By what a server says of its own role.
fn is_primary(role: &Value) -> bool {
    let Value::Array(facts) = role else { return false };
    matches!(facts.first(), Some(Value::BulkString(role)) if role == b"master")
}

/// What the Sentinels say is behind what has happened, or ahead of it.
fn demoted() -> RedisError {
    (
        ErrorKind::Client,
        "the server that the Sentinels name is no primary",
    )
        .into()
}
