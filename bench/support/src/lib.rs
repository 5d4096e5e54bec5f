//! What every benchmark application has in common, so that they differ by their sessions alone: settings from the
//! environment, the answers of the contract, and how a server starts and ends.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What stops an application from starting.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How an application is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The port; 0 for any that is free.
    pub port: u16,
    /// Where Redis is; `None` for a store in memory, where the application has one.
    pub redis: Option<String>,
    /// How many threads answer requests.
    pub workers: usize,
    /// The name of the cookie.
    pub cookie: String,
    /// The idle time.
    pub ttl: Duration,
}

impl Settings {
    /// Reads `PORT`, `REDIS_URL`, `WORKERS`, `COOKIE_NAME` and `SESSION_TTL`.
    ///
    /// # Errors
    ///
    /// A variable that cannot be used.
    pub fn from_env() -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            port: parsed("PORT")?.unwrap_or(3000),
            redis: env::var("REDIS_URL").ok(),
            workers: parsed("WORKERS")?.unwrap_or(cores),
            cookie: env::var("COOKIE_NAME").unwrap_or_else(|_| "sid".to_owned()),
            ttl: Duration::from_secs(parsed("SESSION_TTL")?.unwrap_or(1800)),
        })
    }

    /// Where Redis is, of an application that knows no other store.
    ///
    /// # Errors
    ///
    /// `REDIS_URL` is not set.
    pub fn redis(&self) -> Result<&str, Failure> {
        Ok(self.redis.as_deref().ok_or("REDIS_URL is not set")?)
    }

    /// The port, taken.
    ///
    /// # Errors
    ///
    /// If another has it.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }
}

/// Whether a switch of the environment is on: its value is `1`.
///
/// # Errors
///
/// Any value but `1` and `0`.
pub fn switch(name: &str) -> Result<bool, Failure> {
    match env::var(name).as_deref() {
        Ok("1") => Ok(true),
        Ok("0") | Err(_) => Ok(false),
        Ok(other) => Err(format!("{name} is {other:?}: set it to 1 or 0").into()),
    }
}

fn parsed<T: std::str::FromStr<Err: Error + Send + Sync + 'static>>(
    name: &str,
) -> Result<Option<T>, Failure> {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .map(Some)
            .map_err(|error| format!("{name} is {text:?}: {error}").into()),
        Err(_) => Ok(None),
    }
}

/// Says that the application accepts connections.
fn ready(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "listening on http://{address}")
}

/// The query of `/login`.
#[derive(Debug, Deserialize)]
pub struct Login {
    user_id: Option<u64>,
}

impl Login {
    /// Who logs in: anybody, if nobody was named.
    #[must_use]
    pub fn user(&self) -> u64 {
        self.user_id.unwrap_or_else(|| u64::from(rand::random::<u32>()))
    }
}

/// The query of `/get`.
#[derive(Debug, Deserialize)]
pub struct Get {
    /// The name of the value.
    pub key: String,
}

/// The query of `/slow-set`.
#[derive(Debug, Deserialize)]
pub struct SlowSet {
    /// The name of the value.
    pub key: String,
    ms: Option<u64>,
}

impl SlowSet {
    /// Waits as long as was asked for.
    pub async fn wait(&self) {
        let pause = Duration::from_millis(self.ms.unwrap_or(100));
        tokio::time::sleep(pause).await; // sleep: what the request asks for
    }
}

/// The answer of routes that have nothing to tell.
#[derive(Debug, Serialize)]
pub struct Done {
    ok: bool,
}

/// It is done.
pub const DONE: Done = Done { ok: true };

/// The answer of `/read`.
#[derive(Debug, Serialize)]
pub struct UserId {
    /// Who is logged in.
    pub user_id: Option<u64>,
}

/// The answer of `/get`.
#[derive(Debug, Serialize)]
pub struct Got {
    /// The value, if there is one.
    pub value: Option<Value>,
}

/// The answer of `/write`.
#[derive(Debug, Serialize)]
pub struct Written {
    /// How often it was asked.
    pub n: i64,
}
