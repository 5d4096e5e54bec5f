//! Where the server is and how the store uses it. What is wrong with either is found before the first session.

mod error;

use std::time::Duration;

pub use self::error::RedisConfigError;
use crate::check::Surroundings;
use crate::durability::RedisDurability;
use crate::store::RedisStore;
#[cfg(feature = "tls")]
use crate::tls::RedisTls;
use crate::topology::Topology;

const DEFAULT_PREFIX: &str = "keycard:";
const DEFAULT_DEADLINE: Duration = Duration::from_secs(1);
const LONGEST_DEADLINE: Duration = Duration::from_mins(1);

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
    topology: Topology,
    /// Whether the URL asks for TLS.
    encrypted: bool,
    #[cfg(feature = "tls")]
    tls: Option<RedisTls>,
    prefix: String,
    deadline: Duration,
    durability: Option<RedisDurability>,
    statistics: bool,
    check_at_start: bool,
}

impl RedisStoreBuilder {
    pub(crate) fn new(url: &str) -> Result<Self, RedisConfigError> {
        let (topology, encrypted) = Topology::parse(url)?;
        Ok(Self {
            topology,
            encrypted,
            #[cfg(feature = "tls")]
            tls: None,
            prefix: DEFAULT_PREFIX.to_owned(),
            deadline: DEFAULT_DEADLINE,
            durability: None,
            statistics: false,
            check_at_start: true,
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

    /// How many replicas must have an ending before it is acknowledged. By default none: what the primary alone has is lost
    /// with it. See [`RedisDurability`].
    pub fn durability(mut self, durability: RedisDurability) -> Self {
        self.durability = Some(durability);
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

    /// Whether the store looks at the servers' settings when it begins, and warns of those that weaken a promise; see
    /// [`RedisStore::check`]. On by default: in the background, on a connection of its own to each primary, a few dozen
    /// commands that change nothing. A primary that is not there is looked at later: after a second, then after twice as long
    /// each time, up to a minute. It is done on the tokio runtime on which the store is built, and ends with it; where there
    /// is none, it is not done.
    ///
    /// ```
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://127.0.0.1")?.check_at_start(false).connect_lazily()?;
    /// # Ok::<(), keycard_redis::RedisConfigError>(())
    /// ```
    pub fn check_at_start(mut self, check: bool) -> Self {
        self.check_at_start = check;
        self
    }

    /// The certificates by which the servers are trusted, and the client's own; for a URL that begins with `rediss`. See
    /// [`RedisTls`] for what holds without it.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: RedisTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The password of the Sentinels, where they ask for one. The URL's credentials are for the servers that they watch.
    pub fn sentinel_password(mut self, password: impl AsRef<str>) -> Self {
        self.topology.identify_to_sentinels(password.as_ref());
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
        let checks = self.check_at_start;
        let store = self.check_at_start(false).connect_lazily()?;
        store.servers().first_outcome().await?;
        store.durable().first_outcome().await?;
        if checks {
            store.check_in_background();
        }
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
                "deadline ({:?}) must be above zero and at most {LONGEST_DEADLINE:?}: set it to how long one call may \
                 wait for Redis",
                self.deadline
            )));
        }
        if let Some(durability) = &self.durability {
            durability.check(self.deadline)?;
        }
        let checks = self.check_at_start;
        let (prefix, deadline) = (self.prefix.clone(), self.deadline);
        let (durability, statistics) = (self.durability, self.statistics);
        let store = RedisStore::begin(Surroundings {
            topology: self.secured()?,
            prefix,
            deadline,
            durability,
            statistics,
        });
        if checks {
            store.check_in_background();
        }
        Ok(store)
    }

    #[cfg(feature = "tls")]
    fn secured(self) -> Result<Topology, RedisConfigError> {
        match (self.encrypted, self.tls) {
            (true, tls) => Ok(self.topology.over(&tls.unwrap_or_default().connector()?)),
            (false, None) => Ok(self.topology),
            (false, Some(_)) => Err(RedisConfigError::new(
                "`tls` was called, and the URL asks for a connection in the clear; begin it with `rediss`",
            )),
        }
    }

    #[cfg(not(feature = "tls"))]
    fn secured(self) -> Result<Topology, RedisConfigError> {
        if self.encrypted {
            return Err(RedisConfigError::new(
                "the URL asks for TLS, and keycard-redis was built without; turn its feature `tls` on",
            ));
        }
        Ok(self.topology)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
