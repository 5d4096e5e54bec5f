//! How a connection begins: it is opened, authenticated, and has heard the server once.

use std::io;
use std::pin::pin;
use std::time::Duration;

use redis::{ErrorKind, RedisConnectionInfo, RedisError, RedisResult, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::pipe::{Driver, Open, Pipe};
use crate::resp::Strings;
use crate::silence::Silence;
use crate::target::{Address, Target};
use crate::tcp::open_tcp;

/// How long connecting may take, names, authentication and a first answer included.
pub(crate) const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

pub(crate) struct Opened {
    pub(crate) pipe: Pipe,
    pub(crate) silence: Silence,
    /// The task that moves the bytes, which ends when the connection breaks.
    pub(crate) driver: JoinSet<Open>,
}

/// Opens a connection. What the server says unasked is `told`.
pub(crate) async fn open(target: &Target, told: impl FnMut(Value) + Send + 'static) -> RedisResult<Opened> {
    timeout(CONNECT_DEADLINE, async {
        match &target.address {
            Address::Tcp(host, port) => {
                let stream = open_tcp(host, *port).await?;
                match &target.tls {
                    Some(tls) => greet(target, tls.open(host, stream).await?, told).await,
                    None => greet(target, stream, told).await,
                }
            }
            #[cfg(unix)]
            Address::Unix(path) => greet(target, tokio::net::UnixStream::connect(path).await?, told).await,
        }
    })
    .await
    .unwrap_or_else(|_| Err(no_answer()))
}

pub(crate) fn no_answer() -> RedisError {
    let text = format!("no answer within {CONNECT_DEADLINE:?}");
    io::Error::new(io::ErrorKind::TimedOut, text).into()
}

/// Authenticates, chooses the database, and waits for an answer: a server that hangs accepts connections all the same.
async fn greet<S, T>(target: &Target, stream: S, told: T) -> RedisResult<Opened>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    T: FnMut(Value) + Send + 'static,
{
    let silence = Silence::default();
    let driver = Driver::new(stream, silence.clone(), told);
    let pipe = driver.pipe();
    let mut drivers = JoinSet::new();
    drivers.spawn(driver.run());
    {
        let mut greeting = pin!(async {
            introduce(&pipe, &target.settings).await?;
            ping(&pipe).await
        });
        tokio::select! {
            greeted = &mut greeting => greeted?,
            wreck = drivers.join_next() => {
                drop(wreck);
                // Before it hung up it has answered why, if it knew.
                greeting.await?;
            }
        }
    }
    Ok(Opened {
        pipe,
        silence,
        driver: drivers,
    })
}

/// Says who asks, in which protocol, and for which database.
async fn introduce(pipe: &Pipe, settings: &RedisConnectionInfo) -> RedisResult<()> {
    let greets = settings.protocol().supports_resp3();
    let identified = identify(settings).map(|command| pipe.ask(&command));
    let database = settings.db();
    let chosen = (database != 0).then(|| pipe.ask(&["SELECT", &database.to_string()]));
    if let Some(answer) = identified {
        let refused = |error| if greets { error } else { unauthenticated(error) };
        answer.await?.extract_error().map_err(refused)?;
    }
    if let Some(answer) = chosen {
        answer.await?.extract_error()?;
    }
    Ok(())
}

/// `None` if there is nothing to say.
fn identify(settings: &RedisConnectionInfo) -> Option<Strings> {
    let mut command = Strings::default();
    match (settings.protocol().supports_resp3(), settings.password()) {
        (true, password) => {
            command.push("HELLO");
            command.push("3");
            if let Some(password) = password {
                command.push("AUTH");
                command.push(settings.username().unwrap_or("default"));
                command.push(password);
            }
        }
        (false, Some(password)) => {
            command.push("AUTH");
            if let Some(user) = settings.username() {
                command.push(user);
            }
            command.push(password);
        }
        (false, None) => return None,
    }
    Some(command)
}

/// Whatever the server's words are: without a password of its own it says `ERR`, as for much else.
fn unauthenticated(error: RedisError) -> RedisError {
    let reason = error.detail().unwrap_or_default().to_owned();
    (ErrorKind::AuthenticationFailed, "authentication failed", reason).into()
}

/// Waits until the server answers.
pub(crate) async fn ping(pipe: &Pipe) -> RedisResult<()> {
    let answer = pipe.ask(&["PING"]).await?;
    if answer.extract_error()? == Value::SimpleString("PONG".to_owned()) {
        return Ok(());
    }
    Err((
        ErrorKind::UnexpectedReturnType,
        "the server does not answer PING as Redis does",
    )
        .into())
}
