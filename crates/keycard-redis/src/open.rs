//! How a connection begins: it is opened, authenticated, and has heard the server once.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisResult, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::config::{Address, Target};
use crate::stream::{Heard, Silence, open_tcp};

/// How long connecting may take, names, authentication and a first answer included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
/// How many commands may wait for the connection's task before senders wait for it.
const QUEUE: usize = 1024;

/// The future that moves a connection's bytes; it ends when the connection breaks.
pub(crate) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Opened {
    pub(crate) connection: MultiplexedConnection,
    pub(crate) silence: Silence,
    pub(crate) driver: Driver,
}

pub(crate) async fn open(target: &Target, config: AsyncConnectionConfig) -> RedisResult<Opened> {
    timeout(CONNECT_DEADLINE, async {
        match &target.address {
            Address::Tcp(host, port) => greet(target, open_tcp(host, *port).await?, config).await,
            #[cfg(unix)]
            Address::Unix(path) => greet(target, tokio::net::UnixStream::connect(path).await?, config).await,
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
async fn greet<S>(target: &Target, stream: S, config: AsyncConnectionConfig) -> RedisResult<Opened>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let silence = Silence::default();
    let stream = Heard::new(stream, silence.clone());
    // Commands carry their own deadlines.
    let config = config.set_response_timeout(None).set_pipeline_buffer_size(QUEUE);
    let (mut connection, driver) =
        MultiplexedConnection::new_with_config(&target.settings, stream, config).await?;
    let mut driver: Driver = Box::pin(driver);
    let answer = {
        let mut answer = pin!(ping(&mut connection));
        tokio::select! {
            answer = &mut answer => answer,
            () = &mut driver => {
                drop(driver);
                // Before it ended it has answered why, if it knew.
                let closed = (ErrorKind::Io, "the server closed the connection");
                return Err(answer.await.err().unwrap_or_else(|| closed.into()));
            }
        }
    };
    answer?;
    Ok(Opened {
        connection,
        silence,
        driver,
    })
}

/// Waits until the server answers.
pub(crate) async fn ping(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let answer = connection.send_packed_command(&redis::cmd("PING")).await?;
    if answer.extract_error()? == Value::SimpleString("PONG".to_owned()) {
        return Ok(());
    }
    Err((
        ErrorKind::UnexpectedReturnType,
        "the server does not answer PING as Redis does",
    )
        .into())
}
