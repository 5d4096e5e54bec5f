//! Who the primary is, as the Sentinels say.

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::task::JoinSet;

use crate::latest::{Word, latest};
use crate::open::{Opened, open};
use crate::reply::{listed, text};
use crate::target::{Address, Target};
use crate::topology::Watched;

impl Watched {
    /// The primary, by the Sentinel that knows of the latest failover. All are asked at once.
    pub(crate) async fn primary(&self) -> RedisResult<Target> {
        let mut asked = JoinSet::new();
        for sentinel in &self.sentinels {
            asked.spawn(ask(sentinel.clone(), self.name.clone()));
        }
        let address = latest(asked).await?;
        Ok(self.at(address.ok_or_else(unknown)?))
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
