//! A runtime's connection: the task that keeps it, and when it is given up.
//!
//! The task reconnects for ever, and tells what state the connection is in.

use std::future::pending;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use redis::{RedisResult, Value};
use tokio::runtime::{Handle, Id};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::backoff::Backoff;
use crate::down::Down;
use crate::durability::Waits;
use crate::events;
use crate::open::{CONNECT_DEADLINE, Opened, no_answer, open};
use crate::pipe::{Open, Pipe};
use crate::resp::Command;
use crate::sentinel::check_role;
use crate::silence::{Doubts, Silence};
use crate::target::Target;
use crate::topology::Place;
use crate::tracking::Tracking;

/// The pauses between connections to a server that says again and again that it may not be the primary. When the address
/// leads elsewhere by then, that is found within two seconds.
const FIRST_SUCCESSOR: Duration = Backoff::LONGEST;
const LAST_SUCCESSOR: Duration = Duration::from_millis(1_500);

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

    /// Whether it is to be seen yet that the server is there: others do not ask on it meanwhile.
    pub(crate) fn is_doubted(&self) -> bool {
        self.silence.is_doubted()
    }

    /// Ends when the server does not answer.
    async fn is_silent(&self, deadline: Duration, doubts: &Doubts) {
        let ask = || drop(self.pipe.ask(&["PING"]));
        self.silence.is_too_long(deadline, doubts, ask).await;
    }
}

impl Connection {
    /// Begins to connect.
    pub(crate) fn begin(runtime: Handle, place: Arc<Place>, deadline: Duration, doubts: Doubts) -> Self {
        let (sender, state) = watch::channel(State::Starting);
        runtime.spawn(keep(place, deadline, doubts, sender));
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

    pub(crate) fn is_starting(&self) -> bool {
        matches!(*self.state.borrow(), State::Starting)
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(*self.state.borrow(), State::Down(_))
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
async fn keep(place: Arc<Place>, deadline: Duration, doubts: Doubts, state: watch::Sender<State>) {
    tokio::select! {
        () = reconnect(&place, deadline, &doubts, &state) => {}
        () = state.closed() => {}
    }
}

async fn reconnect(place: &Place, deadline: Duration, doubts: &Doubts, state: &watch::Sender<State>) {
    let mut backoff = Backoff::default();
    loop {
        match connect(place).await {
            Ok(connection) => {
                serve(place, deadline, doubts, state, connection).await;
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
    doubts: &Doubts,
    state: &watch::Sender<State>,
    (mut live, mut driver): (Live, JoinSet<Open>),
) {
    events::connected(place);
    let mut pauses = first_pauses();
    let (reason, _wreck) = loop {
        let current = Arc::new(live);
        state.send_replace(State::Up(Arc::clone(&current)));
        tokio::select! {
            open = driver.join_next() => break ("the connection to Redis broke", open),
            () = current.is_silent(deadline, doubts) => break ("Redis does not answer", None),
            (next, its_driver) = successor(place, &current, &mut pauses) => {
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
/// The pauses before it grow while the same server says so again, for with each all that is kept of a connection begins anew.
async fn successor(place: &Place, live: &Live, pauses: &mut Backoff) -> (Live, JoinSet<Open>) {
    let mut since = Instant::now();
    loop {
        tokio::select! {
            () = live.demoted.notified() => {}
            () = moved(place, live) => {}
        }
        if since.elapsed() > LAST_SUCCESSOR {
            *pauses = first_pauses();
        }
        rest(place, live, pauses.next()).await;
        match connect(place).await {
            Ok(connection) => {
                if connection.0.target.address != live.target.address {
                    *pauses = first_pauses();
                }
                events::connected_anew(place);
                return connection;
            }
            Err(error) => events::cannot_connect(place, &error),
        }
        since = Instant::now();
    }
}

/// The pause before a successor, which is short where the Sentinels name another server.
async fn rest(place: &Place, live: &Live, pause: Duration) {
    tokio::select! {
        () = sleep(pause) => {} // sleep: the pause between two attempts to connect
        () = moved(place, live) => sleep(FIRST_SUCCESSOR).await, // sleep: as above
    }
}

fn first_pauses() -> Backoff {
    Backoff::between(FIRST_SUCCESSOR, LAST_SUCCESSOR)
}

/// Ends when the Sentinels name another server than the one that this connection leads to.
async fn moved(place: &Place, live: &Live) {
    match place {
        Place::Watched(watched) => watched.leaves(&live.target.address).await,
        Place::At(_) | Place::Node(..) => pending().await,
    }
}

async fn connect(place: &Place) -> RedisResult<(Live, JoinSet<Open>)> {
    let target = match place {
        Place::At(target) | Place::Node(target, _) => target.clone(),
        Place::Watched(watched) => watched.primary().await?,
    };
    // What a server says unasked is said on connections that track.
    let Opened {
        pipe,
        silence,
        driver,
    } = open(&target, drop).await?;
    match place {
        Place::At(_) => {}
        Place::Node(_, kin) => kin.check(&said(&pipe, &["CLUSTER", "SLOTS"]).await?)?,
        Place::Watched(watched) => {
            check_role(&said(&pipe, &["ROLE"]).await?)?;
            watched.confirm(&target.address).await?;
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

async fn said(pipe: &Pipe, question: &impl Command) -> RedisResult<Value> {
    let said = timeout(CONNECT_DEADLINE, pipe.ask(question)).await;
    said.map_err(|_| no_answer())??.extract_error()
}
