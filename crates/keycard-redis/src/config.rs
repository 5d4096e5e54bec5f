//! Where the server is and how the store uses it. What is wrong with either is found before the first session.

use std::fmt;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo, RedisError};

use crate::down::Down;
use crate::store::RedisStore;

const DEFAULT_PREFIX: &str = "keycard:";
const DEFAULT_DEADLINE: Duration = Duration::from_secs(1);
const LONGEST_DEADLINE: Duration = Duration::from_mins(1);
const FORMS: &str = "`redis://[user:password@]host[:port][/database]` or \
                     `redis+unix:///path[?db=database&user=…&pass=…]`";

/// What a [`RedisStore`] is made from; begun by [`RedisStore::builder`].
///
/// ```
/// use std::time::Duration;
/// use keycard_redis::RedisStore;
///
/// let builder = RedisStore::builder("redis://127.0.0.1:6379/2")?
///     .prefix("shop:")
///     .deadline(Duration::from_millis(250));
/// assert!(format!("{builder:?}").contains("127.0.0.1:6379/2"));
/// # Ok::<(), keycard_redis::RedisConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct RedisStoreBuilder {
    target: Target,
    prefix: String,
    deadline: Duration,
    statistics: bool,
}

impl RedisStoreBuilder {
    pub(crate) fn new(url: &str) -> Result<Self, RedisConfigError> {
        Ok(Self {
            target: Target::parse(url)?,
            prefix: DEFAULT_PREFIX.to_owned(),
            deadline: DEFAULT_DEADLINE,
            statistics: false,
        })
    }

    /// What all keys begin with, without braces. The default is `keycard:`; applications that share a server's database
    /// need prefixes of which none begins with another.
    ///
    /// ```
    /// use keycard_redis::RedisStore;
    ///
    /// let builder = RedisStore::builder("redis://127.0.0.1")?;
    /// let store = builder.clone().prefix("shop:").connect_lazily()?;
    /// assert!(format!("{store:?}").contains("shop:"));
    /// assert!(builder.prefix("{shop}").connect_lazily().is_err());
    /// # Ok::<(), keycard_redis::RedisConfigError>(())
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a call of the store may take, a first connection included. The default is one second. Above zero, at most
    /// one minute.
    ///
    /// ```
    /// use keycard_redis::RedisStore;
    /// use std::time::Duration;
    ///
    /// let builder = RedisStore::builder("redis://127.0.0.1")?;
    /// let store = builder.clone().deadline(Duration::from_millis(250)).connect_lazily()?;
    /// assert!(format!("{store:?}").contains("250ms"));
    /// assert!(builder.deadline(Duration::from_hours(1)).connect_lazily().is_err());
    /// # Ok::<(), keycard_redis::RedisConfigError>(())
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether the store counts: how many sessions there are, logins, and endings by reason, to be read with
    /// [`Statistics`](keycard::store::Statistics). Off by default.
    ///
    /// It costs no further command: the scripts that write sessions also write to a sorted set (about 130 bytes for each
    /// session) and to a hash, neither of which has a TTL. All stores of an application must agree. What began before is
    /// counted from its next use on.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard::store::Statistics;
    /// use keycard::{Clock, SystemClock};
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://127.0.0.1")?.statistics(true).connect().await?;
    /// assert_eq!(store.statistics(SystemClock.now()).await?.active_sessions, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistics(mut self, statistics: bool) -> Self {
        self.statistics = statistics;
        self
    }

    /// Connects, and answers when the server has.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard_redis::RedisStore;
    ///
    /// let builder = RedisStore::builder("redis://:hunter2@127.0.0.1:1")?; // nothing listens there
    /// let error = builder.connect().await.unwrap_err();
    /// assert!(error.to_string().starts_with("cannot connect to Redis at 127.0.0.1:1: Connection refused"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a setting is wrong, or when the first attempt to connect fails: no server answers within a second, or it
    /// refuses the credentials, or is none of Redis. The text names the server and what to check,
    /// [`source`](std::error::Error::source) is the cause.
    pub async fn connect(self) -> Result<RedisStore, RedisConfigError> {
        let store = self.connect_lazily()?;
        store.link().first_outcome().await?;
        Ok(store)
    }

    /// Begins to connect in the background and answers at once, so that an application starts while the server is down.
    /// Commands fail until it is up.
    ///
    /// Outside of a tokio runtime nothing begins before the first command.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard::store::Store;
    /// use keycard::{Clock, StoreErrorKind, StoreKey, SystemClock};
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://127.0.0.1:1")?.connect_lazily()?; // nothing listens there
    /// let error = store.load(StoreKey::from_bytes([7; 20]), SystemClock.now()).await.unwrap_err();
    /// assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a setting is wrong.
    pub fn connect_lazily(self) -> Result<RedisStore, RedisConfigError> {
        if self.prefix.contains(['{', '}']) {
            return Err(RedisConfigError::new(format!(
                "the prefix `{}` holds a brace; braces mark the part of a key that decides its slot, so choose another",
                self.prefix
            )));
        }
        if self.deadline.is_zero() || self.deadline > LONGEST_DEADLINE {
            return Err(RedisConfigError::new(format!(
                "deadline ({:?}) must be above zero and at most {LONGEST_DEADLINE:?}: set it to how long a request may \
                 wait for Redis",
                self.deadline
            )));
        }
        Ok(RedisStore::begin(
            self.target,
            self.prefix,
            self.deadline,
            self.statistics,
        ))
    }
}

/// Why there is no [`RedisStore`]. Its text says what to change or to check, and holds no password.
///
/// ```
/// use keycard_redis::RedisStore;
///
/// let error = RedisStore::builder("http://:hunter2@127.0.0.1").unwrap_err();
/// assert!(error.to_string().contains("use `redis://") && !error.to_string().contains("hunter2"));
/// ```
#[derive(Debug)]
pub struct RedisConfigError {
    message: String,
    source: Option<RedisError>,
}

impl RedisConfigError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }
}

impl From<Down> for RedisConfigError {
    fn from(down: Down) -> Self {
        Self {
            message: down.message.to_string(),
            source: down.cause,
        }
    }
}

impl fmt::Display for RedisConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RedisConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// A server, and who we are to it. Shows no credentials.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) settings: RedisConnectionInfo,
}

#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(String, u16),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Target {
    fn parse(url: &str) -> Result<Self, RedisConfigError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "redis" | "redis+unix" | "unix" => {}
            "rediss" | "redis+sentinel" | "redis+cluster" => {
                return Err(RedisConfigError::new(format!(
                    "`{scheme}:` is not supported yet by this version; use {FORMS}"
                )));
            }
            _ => {
                return Err(RedisConfigError::new(format!(
                    "not the URL of a Redis server; use {FORMS}"
                )));
            }
        }
        let info = url
            .into_connection_info()
            .map_err(|error| RedisConfigError::new(format!("wrong Redis URL: {error}; use {FORMS}")))?;
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) => Address::Tcp(host.clone(), *port),
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
            _ => {
                return Err(RedisConfigError::new(format!(
                    "not supported on this platform; use {FORMS}"
                )));
            }
        };
        let settings = info.redis_settings().clone();
        if settings.username().is_some() && settings.password().is_none() {
            return Err(RedisConfigError::new(
                "the Redis URL names a user without a password; add the password",
            ));
        }
        // The name of the client library is not sent, since that takes one more right on the server.
        let settings = settings
            .set_protocol(ProtocolVersion::RESP2)
            .set_skip_set_lib_name();
        Ok(Self { address, settings })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}")?,
            Address::Tcp(host, port) => write!(f, "{host}:{port}")?,
            #[cfg(unix)]
            Address::Unix(path) => write!(f, "{}", path.display())?,
        }
        match self.settings.db() {
            0 => Ok(()),
            database => write!(f, "/{database}"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Target::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn a_url_names_server_database_and_user() {
        let target = Target::parse("redis://us%40er:p%2Fss@example.org/3").unwrap();
        assert_eq!(target.to_string(), "example.org:6379/3");
        assert_eq!(target.settings.username(), Some("us@er"));
        assert_eq!(target.settings.password(), Some("p/ss"));
        let target = Target::parse("redis://:secret@[::1]:7000").unwrap();
        assert_eq!(target.to_string(), "[::1]:7000");
        assert_eq!(
            (target.settings.username(), target.settings.password()),
            (None, Some("secret"))
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_url_names_a_unix_socket() {
        for scheme in ["unix", "redis+unix"] {
            let target =
                Target::parse(&format!("{scheme}:///run/redis.sock?db=2&user=u&pass=p%2Fw")).unwrap();
            assert_eq!(target.to_string(), "/run/redis.sock/2");
            assert_eq!(
                (target.settings.username(), target.settings.password()),
                (Some("u"), Some("p/w"))
            );
        }
    }

    #[test]
    fn what_is_not_supported_says_so() {
        for scheme in ["rediss", "redis+sentinel", "redis+cluster"] {
            assert!(refusal(&format!("{scheme}://host")).contains("not supported yet by this version"));
        }
        assert!(refusal("http://host").contains("redis://"));
        assert!(refusal("redis://user@host").contains("password"));
        assert!(refusal("redis://host/shop").contains("atabase"));
        assert!(refusal("redis://").contains("redis://"));
    }

    #[test]
    fn nothing_shows_a_password() {
        let builder = RedisStoreBuilder::new("redis://user:hunter2@host").unwrap();
        assert!(!format!("{builder:?}").contains("hunter2"));
        for url in [
            "redis://user:hunter2@host/x",
            "redis://user:hunter2@",
            "rediss://user:hunter2@host",
            "user:hunter2@host",
        ] {
            assert!(!refusal(url).contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn a_prefix_with_a_brace_does_not_build() {
        let builder = RedisStoreBuilder::new("redis://host").unwrap();
        for prefix in ["{", "shop}", "a{b}c"] {
            let error = builder.clone().prefix(prefix).connect_lazily().unwrap_err();
            assert!(error.to_string().contains("brace"));
        }
    }

    #[test]
    fn a_deadline_of_nothing_or_of_more_than_a_minute_does_not_build() {
        let build = |deadline| {
            let builder = RedisStoreBuilder::new("redis://host").unwrap();
            builder.deadline(deadline).connect_lazily()
        };
        for refused in [
            Duration::ZERO,
            LONGEST_DEADLINE + Duration::from_nanos(1),
            Duration::MAX,
        ] {
            let error = build(refused).unwrap_err().to_string();
            assert!(
                error.contains("above zero and at most 60s") && error.contains("set it to"),
                "{error}"
            );
        }
        for taken in [Duration::from_nanos(1), LONGEST_DEADLINE] {
            build(taken).unwrap();
        }
    }
}
