//! The one connection: who keeps it, how a command goes over it, and when it is given up.
//!
//! A task keeps the connection and reconnects for ever; a [`Link`] reads what state it is in. Commands never wait for a
//! reconnect: only the very first connection is waited for.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keycard::StoreError;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ErrorKind, Pipeline, RedisResult, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::config::{Address, Target};
use crate::down::Down;
use crate::stream::{Heard, Silence, open_tcp};
use crate::{error, events};

/// How long connecting may take, names, authentication and a first answer included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
/// The pause before the first attempt to reconnect; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// How many commands may wait for the connection's task before senders wait for it.
const QUEUE: usize = 1024;

/// A store's end of the connection.
#[derive(Debug)]
pub(crate) struct Link {
    target: Target,
    deadline: Duration,
    /// `None` before the first use. A `std` lock, since it is held for a clone and never across an await.
    state: Mutex<Option<watch::Receiver<State>>>,
}

#[derive(Clone, Debug)]
enum State {
    /// The first attempt is under way.
    Starting,
    Up(Arc<Live>),
    Down(Down),
}

#[derive(Debug)]
struct Live {
    connection: MultiplexedConnection,
    silence: Silence,
    /// An answer said that another server may be the primary by now.
    demoted: Notify,
}

/// The future that moves a connection's bytes; it ends when the connection breaks.
type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Link {
    pub(crate) fn new(target: Target, deadline: Duration) -> Self {
        Self {
            target,
            deadline,
            state: Mutex::new(None),
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
    pub(crate) async fn ask(&self, command: &Cmd, by: Instant) -> Result<Value, StoreError> {
        let send = |mut connection: MultiplexedConnection| async move {
            connection.send_packed_command(command).await
        };
        self.over_connection(by, send, slice::from_ref).await
    }

    /// Sends several commands at once. Each answer may be an error of the server.
    pub(crate) async fn ask_all(&self, commands: &Pipeline, by: Instant) -> Result<Vec<Value>, StoreError> {
        let send = |mut connection: MultiplexedConnection| async move {
            connection.send_packed_commands(commands, 0, commands.len()).await
        };
        self.over_connection(by, send, Vec::as_slice).await
    }

    async fn over_connection<T, F>(
        &self,
        by: Instant,
        send: impl FnOnce(MultiplexedConnection) -> F,
        answers: impl FnOnce(&T) -> &[Value],
    ) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let live = timeout_at(by, self.live()).await.map_err(|_| self.late())??;
        match timeout_at(by, send(live.connection.clone())).await {
            Ok(Ok(answer)) => {
                if answers(&answer).iter().any(error::tells_of_demotion) {
                    live.demoted.notify_one();
                }
                Ok(answer)
            }
            Ok(Err(error)) if Instant::now() < by => Err(error::of_connection(error)),
            // At the deadline the connection may be given up: whichever comes first, the answer was late.
            Ok(Err(_)) | Err(_) => Err(self.late()),
        }
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
        let mut kept = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = kept.as_ref().filter(|state| state.has_changed().is_ok()) {
            return Ok(state.clone());
        }
        let runtime = Handle::try_current().map_err(|_| Down::because("there is no tokio runtime here"))?;
        let (sender, state) = watch::channel(State::Starting);
        runtime.spawn(keep(self.target.clone(), self.deadline, sender));
        Ok(kept.insert(state).clone())
    }

    fn late(&self) -> StoreError {
        StoreError::timeout(format!("Redis did not answer within {:?}", self.deadline))
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
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(target).await {
            Ok(connection) => {
                serve(target, deadline, state, connection).await;
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                events::cannot_connect(target, &error);
                state.send_replace(State::Down(Down::unconnected(target, error)));
            }
        }
        sleep(pause).await; // sleep: the pause between two attempts to connect
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Moves the bytes of a connection until it breaks or is given up. Whatever is then in flight fails with the driver. Where
/// a successor takes over nothing fails: the predecessor still carries what was sent on it.
async fn serve(
    target: &Target,
    deadline: Duration,
    state: &watch::Sender<State>,
    (mut live, mut driver): (Live, Driver),
) {
    events::connected(target);
    let reason = loop {
        let current = Arc::new(live);
        state.send_replace(State::Up(Arc::clone(&current)));
        tokio::select! {
            biased; // What has arrived is read before it is missed.
            () = &mut driver => break "the connection to Redis broke",
            () = current.silence.lasts(deadline) => break "Redis does not answer",
            (next, its_driver) = successor(target, &current) => {
                live = next;
                tokio::spawn(timeout(deadline, mem::replace(&mut driver, its_driver)));
            }
        }
    };
    events::lost(target, reason);
    // Before the driver goes: whoever fails with it must not find the connection up.
    state.send_replace(State::Down(Down::because(reason)));
}

/// A connection to the server that the address leads to by now, after this one has said that it may not be the primary.
async fn successor(target: &Target, live: &Live) -> (Live, Driver) {
    loop {
        live.demoted.notified().await;
        sleep(LONGEST_PAUSE).await; // sleep: the pause between two attempts to connect
        match connect(target).await {
            Ok(connection) => {
                events::connected_anew(target);
                return connection;
            }
            Err(error) => events::cannot_connect(target, &error),
        }
    }
}

async fn connect(target: &Target) -> RedisResult<(Live, Driver)> {
    timeout(CONNECT_DEADLINE, async {
        match &target.address {
            Address::Tcp(host, port) => greet(target, open_tcp(host, *port).await?).await,
            #[cfg(unix)]
            Address::Unix(path) => greet(target, tokio::net::UnixStream::connect(path).await?).await,
        }
    })
    .await
    .unwrap_or_else(|_| Err(no_answer().into()))
}

fn no_answer() -> io::Error {
    let text = format!("no answer within {CONNECT_DEADLINE:?}");
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// Authenticates, chooses the database, and waits for an answer: a server that hangs accepts connections all the same.
async fn greet<S>(target: &Target, stream: S) -> RedisResult<(Live, Driver)>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let silence = Silence::default();
    let stream = Heard::new(stream, silence.clone());
    // Commands carry their own deadlines.
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE);
    let (mut connection, driver) =
        MultiplexedConnection::new_with_config(&target.settings, stream, config).await?;
    let mut driver: Driver = Box::pin(driver);
    let ping = redis::cmd("PING");
    let answer = {
        let mut answer = pin!(connection.send_packed_command(&ping));
        tokio::select! {
            answer = &mut answer => answer?.extract_error()?,
            () = &mut driver => {
                drop(driver);
                // Before it ended it has answered why, if it knew.
                let closed = (ErrorKind::Io, "the server closed the connection");
                return Err(answer.await.err().unwrap_or_else(|| closed.into()));
            }
        }
    };
    if answer != Value::SimpleString("PONG".to_owned()) {
        return Err((
            ErrorKind::UnexpectedReturnType,
            "the server does not answer PING as Redis does",
        )
            .into());
    }
    Ok((
        Live {
            connection,
            silence,
            demoted: Notify::new(),
        },
        driver,
    ))
}
