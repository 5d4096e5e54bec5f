//! Whether the servers are set so that what is promised holds there: looked at once when a store begins, and on request.
//!
//! It is asked on connections of its own, which end with it, so that nothing waits behind it.

mod rights;
mod rules;
mod said;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use keycard::StoreError;
use redis::{ErrorKind, RedisError, RedisResult};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::said::Said;
use crate::backoff::Backoff;
use crate::down::Down;
use crate::durability::RedisDurability;
use crate::events;
use crate::open::{Opened, no_answer, open};
use crate::pipe::Pipe;
use crate::slots::ranges;
use crate::store::RedisStore;
use crate::target::Target;
use crate::topology::Topology;

/// How long servers that are away are left alone at first.
const AGAIN: Duration = Duration::from_secs(1);
/// How long in the end.
const LONGEST: Duration = Duration::from_mins(1);

/// What was seen at one server, if it could be seen.
type Seen = (String, RedisResult<Vec<RedisAdvice>>);

/// What is to be said about a setting of a server: that it weakens what is promised, how, and what to set instead.
///
/// Answered by [`RedisStore::check`]; its text is for an operator, and holds no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RedisAdvice {
    server: String,
    setting: &'static str,
    text: String,
    is_unchecked: bool,
}

impl RedisAdvice {
    /// The server's address.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The setting, as Redis names it in its configuration, such as `maxmemory-policy`. `acl` where rights are missing,
    /// `replicas` where there are too few, and `version`.
    #[must_use]
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// Whether the server does not say how it is set, as many that are managed do not. It may be set well.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        self.is_unchecked
    }
}

impl fmt::Display for RedisAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl RedisStore {
    /// Looks at the settings of each primary, and answers what weakens a promise, and what could not be looked at. A server
    /// that is set well yields nothing. What is looked at, and why, is told in [operations](crate::guide).
    ///
    /// It was done once when the store began, and told to the log. It takes rights that the store does not need (`+info
    /// +config|get`); what the server does not tell is answered as [unchecked](RedisAdvice::is_unchecked).
    ///
    /// ```no_run
    /// # async fn look() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::connect("redis://127.0.0.1").await?;
    /// for advice in store.check().await? {
    ///     println!("{}: {advice}", advice.server());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a primary cannot be reached, or does not answer within a second and the store's deadline.
    pub async fn check(&self) -> Result<Vec<RedisAdvice>, StoreError> {
        let surroundings = self.surroundings();
        let failed = |error| Down::unconnected(&surroundings.topology, error);
        let seen = surroundings.look(&HashSet::new()).await.map_err(failed)?;
        let advice = seen.into_iter().map(|(_, advice)| advice);
        Ok(advice.collect::<RedisResult<Vec<_>>>().map_err(failed)?.concat())
    }
}

/// Where a store is, and what it needs there.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) topology: Topology,
    pub(crate) prefix: String,
    pub(crate) deadline: Duration,
    pub(crate) durability: Option<RedisDurability>,
    pub(crate) statistics: bool,
}

impl Surroundings {
    /// Looks around, and tells the log; again where a server is not there, until each has been seen or nobody wants the store
    /// any more.
    pub(crate) async fn report<T>(self: Arc<Self>, store: Weak<T>) {
        let (mut known, mut pauses) = (HashSet::new(), Backoff::between(AGAIN, LONGEST));
        while store.strong_count() > 0 {
            if self.report_others(&mut known).await.is_ok() {
                return;
            }
            sleep(pauses.next()).await; // sleep: the pause between two attempts to connect
        }
    }

    /// Tells the log of servers that are not known, which are then.
    async fn report_others(self: &Arc<Self>, known: &mut HashSet<String>) -> RedisResult<()> {
        let mut outcome = Ok(());
        for (server, advice) in self.look(known).await? {
            match advice {
                Ok(advice) => {
                    advice.iter().for_each(events::advise);
                    known.insert(server);
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Looks at each primary that is not known.
    async fn look(self: &Arc<Self>, known: &HashSet<String>) -> RedisResult<Vec<Seen>> {
        let mut looks = JoinSet::new();
        let primaries = self.primaries().await?.into_iter();
        let named = primaries.map(|primary| (primary.to_string(), primary));
        for (server, primary) in named.filter(|(server, _)| !known.contains(server)) {
            let look = Arc::clone(self).look_at(primary);
            looks.spawn(async { (server, look.await) });
        }
        let mut seen = looks.join_all().await;
        seen.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(seen)
    }

    async fn look_at(self: Arc<Self>, primary: Target) -> RedisResult<Vec<RedisAdvice>> {
        let Opened {
            pipe,
            driver: _driver,
            ..
        } = open(&primary, drop).await?;
        let advice = timeout(self.deadline, self.judge(&pipe))
            .await
            .map_err(|_| no_answer())??;
        let server = primary.to_string();
        let name = |advice| RedisAdvice {
            server: server.clone(),
            ..advice
        };
        Ok(advice.into_iter().map(name).collect())
    }

    async fn judge(&self, pipe: &Pipe) -> RedisResult<Vec<RedisAdvice>> {
        let mut advice = rules::judge(&Said::ask(pipe).await?, self);
        advice.extend(rights::judge(pipe, self).await?);
        Ok(advice)
    }

    async fn primaries(&self) -> RedisResult<Vec<Target>> {
        match &self.topology {
            Topology::Server(target) => Ok(vec![target.clone()]),
            Topology::Sentinel(watched) => Ok(vec![watched.primary().await?]),
            Topology::Cluster(seeds) => {
                let mut failure = None;
                for seed in seeds {
                    match primaries_by(seed).await {
                        Ok(primaries) => return Ok(primaries),
                        Err(error) => failure = Some(error),
                    }
                }
                Err(failure.unwrap_or_else(strange))
            }
        }
    }

    fn is_cluster(&self) -> bool {
        matches!(self.topology, Topology::Cluster(_))
    }
}

/// The primaries of a cluster, as one of its nodes knows them.
async fn primaries_by(seed: &Target) -> RedisResult<Vec<Target>> {
    let Opened {
        pipe,
        driver: _driver,
        ..
    } = open(seed, drop).await?;
    let answer = timeout(AGAIN, pipe.ask(&["CLUSTER", "SLOTS"])).await;
    let slots = answer.map_err(|_| no_answer())??.extract_error()?;
    let ranges = ranges(&slots, seed.host()).ok_or_else(strange)?;
    let mut primaries: Vec<_> = ranges.into_iter().map(|range| range.primary).collect();
    primaries.sort_by_key(ToString::to_string);
    primaries.dedup();
    Ok(primaries
        .into_iter()
        .map(|primary| seed.beside(primary))
        .collect())
}

fn strange() -> RedisError {
    (ErrorKind::Client, "the server is none of a cluster").into()
}

/// What a rule has found, of a server whose name is not known to it.
fn advice(setting: &'static str, text: String, is_unchecked: bool) -> RedisAdvice {
    RedisAdvice {
        server: String::new(),
        setting,
        text,
        is_unchecked,
    }
}
