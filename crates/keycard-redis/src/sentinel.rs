//! Who the primary is, as the Sentinels say.

use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::latest::{Word, latest};
use crate::open::{Opened, open};
use crate::reply::{listed, text};
use crate::target::{Address, Target};
use crate::topology::Watched;

/// How often the Sentinels are asked whether another server is the primary by now: a server that is cut off from them
/// answers all the same.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What the Sentinels have said last, whichever connection asked.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// When somebody asked.
    asked: Option<Instant>,
    primary: Option<Address>,
}

impl Named {
    fn ask_again(&self) -> Instant {
        self.asked.map_or_else(Instant::now, |asked| asked + ASK_AGAIN)
    }

    /// Whether it is for the caller to ask: one of all who would.
    fn begins(&mut self) -> bool {
        let now = Instant::now();
        let begins = self.ask_again() <= now;
        if begins {
            self.asked = Some(now);
        }
        begins
    }
}

impl Watched {
    /// Ends when the Sentinels name another primary than this one.
    pub(crate) async fn leaves(&self, primary: &Address) {
        let mut named = self.named.subscribe();
        loop {
            let (is_another, again) = {
                let named = named.borrow_and_update();
                let is_another = named.primary.as_ref().is_some_and(|named| named != primary);
                (is_another, named.ask_again())
            };
            if is_another {
                return;
            }
            tokio::select! {
                _ = named.changed() => {}
                () = sleep_until(again) => {
                    if self.named.send_if_modified(Named::begins) {
                        self.primary().await.ok();
                    }
                }
            }
        }
    }

    /// Asks once more, when the server that was named has answered: one that has let us wait may have lost its role meanwhile
    /// without knowing it, for it has stood still.
    ///
    /// # Errors
    ///
    /// When they name another by now. Where none of them answers any more, the server is taken at its word.
    pub(crate) async fn confirm(&self, primary: &Address) -> RedisResult<()> {
        match self.primary().await {
            Ok(named) if named.address != *primary => {
                Err((ErrorKind::Client, "the Sentinels name another server by now").into())
            }
            _ => Ok(()),
        }
    }

    /// The primary, by the Sentinel that knows of the latest failover. All are asked at once.
    pub(crate) async fn primary(&self) -> RedisResult<Target> {
        let mut asked = JoinSet::new();
        for sentinel in &self.sentinels {
            asked.spawn(ask(sentinel.clone(), self.name.clone()));
        }
        let address = latest(asked).await?.ok_or_else(unknown)?;
        self.named.send_modify(|named| {
            named.asked = Some(Instant::now());
            named.primary = Some(address.clone());
        });
        Ok(self.at(address))
    }
}

async fn ask(sentinel: Target, name: String) -> RedisResult<Word<Address>> {
    let Opened {
        pipe,
        driver: _driver,
        ..
    } = open(&sentinel, drop).await?;
    let facts = pipe.ask(&["SENTINEL", "MASTER", &name]);
    // In the middle of a failover the new address is known to this question first.
    let address = pipe.ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", &name]);
    let facts = facts.await?.extract_error()?;
    let address = address.await?.extract_error()?;
    Ok(Word {
        epoch: epoch_of(facts).unwrap_or(0),
        knows: 0,
        says: address_of(&address).ok_or_else(unknown)?,
    })
}

/// By what a server says of its own role.
///
/// # Errors
///
/// When it is no primary: what the Sentinels say is behind what has happened, or ahead of it.
pub(crate) fn check_role(role: &Value) -> RedisResult<()> {
    if let Value::Array(facts) = role
        && matches!(facts.first(), Some(Value::BulkString(role)) if role == b"master")
    {
        return Ok(());
    }
    Err((
        ErrorKind::Client,
        "the server that the Sentinels name is no primary",
    )
        .into())
}

fn address_of(answer: &Value) -> Option<Address> {
    let Value::Array(parts) = answer else { return None };
    let [host, port] = &parts[..] else { return None };
    Some(Address::Tcp(text(host)?.to_owned(), text(port)?.parse().ok()?))
}

/// `facts` are names and values by turns.
fn epoch_of(facts: Value) -> Option<u64> {
    let Value::Array(facts) = listed(facts) else {
        return None;
    };
    let mut pairs = facts.chunks_exact(2);
    let epoch = pairs.find(|pair| text(&pair[0]) == Some("config-epoch"))?;
    text(&epoch[1])?.parse().ok()
}

fn unknown() -> RedisError {
    (
        ErrorKind::Client,
        "no Sentinel knows where a primary of that name is",
    )
        .into()
}
