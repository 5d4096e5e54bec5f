//! Endings, and refreshes of tokens, that outlive the primary: they are acknowledged when replicas have them too.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::{ErrorKind, RedisResult, Value};
use tokio::sync::Mutex;

use crate::config::RedisConfigError;
use crate::pipe::Pipe;
use crate::resp::Strings;

/// How many replicas must have an ending before it is acknowledged: `end` and all that ends sessions or revokes tokens. A
/// primary that is lost before its replicas had an ending would otherwise take it along, and the session would be back. The
/// refresh of a token waits too, for if the primary took it along, the client's next one would pass for a thief's. Missing
/// replicas are told then, and it is acknowledged all the same: who were refused until the grace is over would pass for one, too.
///
/// ```
/// use std::time::Duration;
/// use keycard_redis::{RedisDurability, RedisStore};
///
/// let durability = RedisDurability::replicas(2, Duration::from_millis(200));
/// let store = RedisStore::builder("redis://127.0.0.1")?.durability(durability).connect_lazily()?;
/// # Ok::<(), keycard_redis::RedisConfigError>(())
/// ```
///
/// # Security
///
/// A failover keeps what a majority has only if the replica that takes over is one of those that have it: count all
/// replicas that may. An ending that is refused for missing replicas has happened on the primary nevertheless.
#[derive(Clone, Copy, Debug)]
#[must_use = "it is used by `RedisStoreBuilder::durability`"]
pub struct RedisDurability {
    replicas: usize,
    pub(crate) within: Duration,
    pub(crate) missing: Missing,
}

/// What becomes of an ending that too few replicas have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Missing {
    Refuse,
    Report,
}

impl RedisDurability {
    /// So many replicas, within this time of the primary's answer. If there are fewer the call is an error
    /// ([`StoreErrorKind::Unavailable`](keycard::StoreErrorKind::Unavailable)), and may be made again. The time is at most
    /// a third of the store's deadline.
    pub fn replicas(replicas: usize, within: Duration) -> Self {
        Self {
            replicas,
            within,
            missing: Missing::Refuse,
        }
    }

    /// Fewer replicas are told by an event (a warning), and the ending is acknowledged all the same.
    pub fn or_report(mut self) -> Self {
        self.missing = Missing::Report;
        self
    }

    /// The time is at most a third of the deadline: who comes while others are waited for waits for those too.
    pub(crate) fn check(&self, deadline: Duration) -> Result<(), RedisConfigError> {
        if self.replicas == 0 {
            return Err(RedisConfigError::new(
                "durability on no replicas is none; name how many there are, or leave it out",
            ));
        }
        if self.within < Duration::from_millis(1) || self.within > deadline / 3 {
            return Err(RedisConfigError::new(format!(
                "replicas are waited for within {:?}, which must be a millisecond or more, and at most a third of the deadline \
                 ({deadline:?})",
                self.within
            )));
        }
        Ok(())
    }

    /// How many are asked for.
    pub(crate) fn replicas_asked(&self) -> usize {
        self.replicas
    }

    pub(crate) fn is_met_by(&self, replicas: usize) -> bool {
        replicas >= self.replicas
    }

    pub(crate) fn lack(&self, replicas: usize) -> String {
        format!(
            "{replicas} of {} replicas have it within {:?}",
            self.replicas, self.within
        )
    }

    fn wait(&self) -> Strings {
        let mut wait = Strings::of(&["WAIT"]);
        wait.push_number(self.replicas as u64);
        wait.push_number(u64::try_from(self.within.as_millis()).unwrap_or(u64::MAX));
        wait
    }
}

/// The waits on one connection: each holds for all that was answered on it before, so that callers wait together.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    answered: AtomicU64,
    last: Mutex<Wait>,
}

#[derive(Debug, Default)]
struct Wait {
    /// For how many answers it holds.
    covers: u64,
    replicas: usize,
}

impl Waits {
    /// On how many replicas all is that was answered on this connection. It must be the one of the answer: of another, which
    /// may lead to another server, the server would say what concerns nobody.
    pub(crate) async fn replicas(&self, pipe: &Pipe, durability: &RedisDurability) -> RedisResult<usize> {
        let mine = self.answered.fetch_add(1, Ordering::AcqRel) + 1;
        let mut last = self.last.lock().await;
        if last.covers < mine {
            let covers = self.answered.load(Ordering::Acquire);
            let answer = pipe.ask(&durability.wait()).await?.extract_error()?;
            let Value::Int(replicas) = answer else {
                return Err((
                    ErrorKind::UnexpectedReturnType,
                    "WAIT was not answered with a number",
                )
                    .into());
            };
            *last = Wait {
                covers,
                replicas: usize::try_from(replicas).unwrap_or(0),
            };
        }
        Ok(last.replicas)
    }
}
