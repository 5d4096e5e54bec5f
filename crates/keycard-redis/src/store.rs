//! The store: each verb of the contract is one command or one script.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keycard::store::{
    Create, Created, End, Ended, Loaded, Owner, Replace, Replaced, SessionLimit, Store, Touch, Touched,
    Update, Updated, frame,
};
use keycard::{Revision, StoreError, StoreKey, Timestamp};
use redis::Value;
use tokio::time::Instant;

use crate::config::{RedisConfigError, RedisStoreBuilder};
use crate::keys::Keys;
use crate::places::Places;
use crate::reply;
use crate::resp::Command;
use crate::scripts::{Call, INDEX_SLACK, Scripts};
use crate::servers::Servers;
use crate::target::Topology;

/// The longest TTL: the server adds the time to it, and the sum must not overflow.
const LONGEST_LIFE: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

/// Sessions in a Redis server. Cheap to clone: clones share connections.
///
/// See the [crate's documentation](crate) for what is stored, what is sent, and what happens when the server is away.
#[derive(Clone)]
pub struct RedisStore(Arc<Parts>);

struct Parts {
    servers: Servers,
    /// How they are named in messages.
    name: String,
    keys: Keys,
    scripts: Scripts,
    statistics: bool,
}

impl RedisStore {
    /// Connects to the server at `url` with the default settings, and answers when the server has.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard::{KeyRing, Keycard};
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::connect("redis://127.0.0.1").await?;
    /// let keycard = Keycard::builder(store, KeyRing::from_env("KEYCARD_KEYS")?).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the URL is none of a Redis server, or when the first attempt to connect fails; see
    /// [`RedisStoreBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self, RedisConfigError> {
        Self::builder(url)?.connect().await
    }

    /// A store at `url` with settings of its own: one server, the primary that Sentinels watch, or a cluster; see the
    /// [crate's documentation](crate#where-the-servers-are) for the forms.
    ///
    /// ```
    /// use keycard_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://shop:p%40ss@127.0.0.1/2")?.prefix("shop:").connect_lazily()?;
    /// assert_eq!(format!("{store:?}"), "RedisStore { server: 127.0.0.1:6379/2, prefix: \"shop:\", deadline: 1s, .. }");
    /// # Ok::<(), keycard_redis::RedisConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the URL is none of a Redis server.
    ///
    /// # Security
    ///
    /// By `redis://` commands, records and the password travel in the clear: for a network that others can listen to use
    /// `rediss://`.
    pub fn builder(url: &str) -> Result<RedisStoreBuilder, RedisConfigError> {
        RedisStoreBuilder::new(url)
    }

    pub(crate) fn begin(topology: Topology, prefix: String, deadline: Duration, statistics: bool) -> Self {
        let places = match topology {
            Topology::Cluster(_) => Places::by_slot(),
            Topology::Server(_) | Topology::Sentinel(_) => Places::Few,
        };
        Self(Arc::new(Parts {
            name: topology.to_string(),
            servers: Servers::begin(topology, deadline),
            keys: Keys::new(prefix, places),
            scripts: Scripts::new(statistics),
            statistics,
        }))
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.0.servers
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn keeps_statistics(&self) -> bool {
        self.0.statistics
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.0.scripts
    }

    pub(crate) fn ask(&self, command: &impl Command) -> impl Future<Output = Result<Value, StoreError>> {
        self.servers().ask(command, self.servers().by())
    }

    pub(crate) fn ask_all(
        &self,
        commands: &[impl Command],
    ) -> impl Future<Output = Result<Vec<Value>, StoreError>> {
        self.servers().ask_all(commands, self.servers().by())
    }

    pub(crate) fn run(&self, call: Call<'_>) -> impl Future<Output = Result<Value, StoreError>> {
        self.run_by(call, self.servers().by())
    }

    /// Runs a script. A server that does not know it has run nothing, and is given its text.
    pub(crate) async fn run_by(&self, call: Call<'_>, by: Instant) -> Result<Value, StoreError> {
        let answer = self.servers().ask(&call.by_digest(), by).await?;
        if reply::knows_no_script(&answer) {
            return self.servers().ask(&call.by_text(), by).await;
        }
        Ok(answer)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &format_args!("{}", self.0.name))
            .field("prefix", &self.0.keys.prefix())
            .field("deadline", &self.servers().deadline())
            .finish_non_exhaustive()
    }
}

impl Store for RedisStore {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        let get = ["GET", &self.keys().session(key)];
        reply::loaded(self.ask(&get).await?, now)
    }

    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = keys.iter().map(|key| self.keys().session(*key)).collect();
        let gets: Vec<_> = names.iter().map(|name| ["GET", name]).collect();
        let answers = self.ask_all(&gets).await?;
        answers
            .into_iter()
            .map(|answer| reply::loaded(answer, now))
            .collect()
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        let answer = self.run(self.creation(&create)).await?;
        reply::created(answer, create.key.tag())
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        let Update {
            key,
            expected,
            record,
            owner,
            note,
            now,
            ..
        } = update;
        let life = millis(frame::ttl(&record, now));
        let mut call = Call::of(&self.scripts().update)
            .key(self.keys().session(key))
            .bytes(record)
            .number(life)
            .bytes(expected.to_bytes())
            .number(now.as_millis());
        call = self.remembering(call, note.as_ref());
        if let Some(owner) = owner {
            call = self.enter(call, key, owner, now);
        }
        call = self.counting(call, &[key]);
        reply::updated(self.run(call).await?, key.tag())
    }

    // What waits for the answer holds the call alone, and not also what it was made of.
    fn replace(&self, replace: Replace) -> impl Future<Output = Result<Replaced, StoreError>> + Send {
        let tag = replace.new.key.tag();
        let way = if self.servers().part(replace.old, replace.new.key) {
            Err(Box::pin(self.replace_across(replace)))
        } else {
            Ok(self.replacement(&replace))
        };
        async move {
            match way {
                Ok(call) => reply::replaced(self.run(call).await?, tag),
                Err(across) => across.await,
            }
        }
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        let life = touch.expires.since(touch.now) + frame::TTL_SLACK;
        let call = Call::of(&self.scripts().touch)
            .key(self.keys().session(touch.key))
            .bytes(touch.expected.to_bytes())
            .number(touch.now.as_millis())
            .bytes(touch.seen.as_millis().to_be_bytes())
            .bytes(touch.expires.as_millis().to_be_bytes())
            .number(millis(life));
        let call = self.counting(call, &[touch.key]);
        reply::touched(self.run(call).await?)
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        let call = self.ending(end, None);
        reply::ended(self.run(call).await?)
    }
}

impl RedisStore {
    pub(crate) fn creation(&self, create: &Create) -> Call<'_> {
        let Create { key, now, .. } = *create;
        let mut call = Call::of(&self.scripts().create)
            .key(self.keys().session(key))
            .bytes(&create.record)
            .number(millis(frame::ttl(&create.record, now)))
            .number(now.as_millis());
        call = self.remembering(call, create.note.as_ref());
        if let Some(owner) = create.owner {
            call = self.enter(call, key, owner, now);
        }
        self.counting(call, &[key])
    }

    fn replacement(&self, replace: &Replace) -> Call<'_> {
        let Replace { old, new, .. } = replace;
        let Create { key, now, .. } = *new;
        let mut call = Call::of(&self.scripts().replace)
            .key(self.keys().session(*old))
            .key(self.keys().session(key))
            .bytes(&new.record)
            .number(millis(frame::ttl(&new.record, now)))
            .bytes(replace.expected.to_bytes())
            .number(now.as_millis());
        call = self.remembering(call, new.note.as_ref());
        call = match replace.old_owner {
            Some(owner) => call.key(self.keys().index(owner.user)).bytes(member(*old, owner)),
            None => call.bytes(""),
        };
        if let Some(owner) = new.owner {
            call = self.enter(call, key, owner, now);
        }
        self.counting(call, &[*old, key])
    }

    /// Of a session at whatever revision, or only at one.
    pub(crate) fn ending(&self, end: End, expected: Option<Revision>) -> Call<'_> {
        let mut call = Call::of(&self.scripts().end)
            .key(self.keys().session(end.key))
            .number(end.now.as_millis());
        call = self.remembering(call, end.note.as_ref());
        call = match expected {
            Some(revision) => call.bytes(revision.to_bytes()),
            None => call.bytes(""),
        };
        if let Some(owner) = end.owner {
            call = call
                .key(self.keys().index(owner.user))
                .bytes(member(end.key, owner));
        }
        if self.keeps_statistics() {
            call = call.bytes(end.reason.name());
        }
        self.counting(call, &[end.key])
    }

    /// Adds the sessions that a script counts, if it counts.
    pub(crate) fn counting<'a>(&self, call: Call<'a>, keys: &[StoreKey]) -> Call<'a> {
        let keys = keys.iter().filter(|_| self.keeps_statistics());
        keys.fold(call, |call, key| call.bytes(self.keys().counted(*key)))
    }

    /// Adds the index to write an entry to, and the entry: the last arguments of a script that writes one.
    fn enter<'a>(&self, call: Call<'a>, key: StoreKey, owner: Owner, now: Timestamp) -> Call<'a> {
        let limit = owner.limit.map(|limit| limit.sessions().to_string());
        let leaves_first = owner.limit.and_then(SessionLimit::leaves_first);
        call.key(self.keys().index(owner.user))
            .bytes(self.keys().sessions(owner.user.tag()))
            .bytes(member(key, owner))
            .number(owner.absolute.as_millis())
            .number(millis(owner.absolute.since(now) + INDEX_SLACK))
            .bytes(limit.unwrap_or_default())
            .bytes(leaves_first.map_or_else(String::new, |place| place.start.to_string()))
    }
}

/// A session's entry in an index: selector ‖ device digest.
pub(crate) fn member(key: StoreKey, owner: Owner) -> Vec<u8> {
    [&key.selector()[..], &owner.device.to_bytes()[..]].concat()
}

pub(crate) fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).map_or(LONGEST_LIFE, |life| life.min(LONGEST_LIFE))
}
#[cfg(test)]
mod tests {
    use std::mem::size_of_val;

    use bytes::Bytes;
    use keycard::Revision;

    use super::*;

    /// Each is boxed by the core: beyond this size, glibc's allocator leaves its fast path.
    const LARGEST: usize = 1032;

    #[tokio::test]
    async fn the_futures_of_the_verbs_stay_small() {
        let store = RedisStore::builder("redis://127.0.0.1:1")
            .unwrap()
            .connect_lazily()
            .unwrap();
        let (key, now) = (StoreKey::from_bytes([1; 20]), Timestamp::from_millis(1));
        let revision = Revision::from_bytes([1; 8]);
        let create = || Create::new(key, Bytes::new(), None, now);
        let update = Update::new(key, revision, Bytes::new(), None, now);
        let replace = Replace::new(key, revision, None, create());
        for size in [
            size_of_val(&store.load(key, now)),
            size_of_val(&store.create(create())),
            size_of_val(&store.update(update)),
            size_of_val(&store.replace(replace)),
            size_of_val(&store.end(End::new(key, None, now))),
        ] {
            assert!(size <= LARGEST, "{size}");
        }
    }
}
