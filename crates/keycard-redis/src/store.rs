//! The store: each verb of the contract is one command or one script.

use std::fmt;
use std::sync::Arc;

use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated,
};
use keycard::{StoreError, StoreKey, Timestamp};
use redis::Value;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::check::Surroundings;
use crate::config::{RedisConfigError, RedisStoreBuilder};
use crate::keys::Keys;
use crate::places::Places;
use crate::reply;
use crate::resp::Command;
use crate::scripts::{Call, Scripts};
use crate::servers::Servers;
use crate::topology::Topology;

/// Sessions in a Redis server. Cheap to clone: clones share connections.
///
/// See the [crate's documentation](crate) for what is stored, what is sent, and what happens when the server is away.
#[derive(Clone)]
pub struct RedisStore(Arc<Parts>);

struct Parts {
    servers: Servers,
    /// Connections of their own for what must outlive the primary: who waits for replicas is waited for by all who send on
    /// the same connection.
    durable: Option<Servers>,
    keys: Keys,
    scripts: Scripts,
    surroundings: Arc<Surroundings>,
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

    pub(crate) fn begin(surroundings: Surroundings) -> Self {
        let Surroundings {
            topology,
            prefix,
            deadline,
            durability,
            statistics,
        } = &surroundings;
        let places = match topology {
            Topology::Cluster(_) => Places::by_slot(),
            Topology::Server(_) | Topology::Sentinel(_) => Places::Few,
        };
        let begin = |durability| Servers::begin(topology.clone(), *deadline, durability);
        Self(Arc::new(Parts {
            scripts: Scripts::new(*statistics, matches!(topology, Topology::Cluster(_))),
            durable: durability.map(|durability| begin(Some(durability))),
            servers: begin(None),
            keys: Keys::new(prefix.clone(), places),
            surroundings: Arc::new(surroundings),
        }))
    }

    /// Looks at the servers' settings in the background, where a runtime is there to do so in.
    pub(crate) fn check_in_background(&self) {
        if let Ok(runtime) = Handle::try_current() {
            let surroundings = Arc::clone(self.surroundings());
            runtime.spawn(surroundings.report(Arc::downgrade(&self.0)));
        }
    }

    pub(crate) fn surroundings(&self) -> &Arc<Surroundings> {
        &self.0.surroundings
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.0.servers
    }

    /// Where endings are sent.
    pub(crate) fn durable(&self) -> &Servers {
        self.0.durable.as_ref().unwrap_or(&self.0.servers)
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn keeps_statistics(&self) -> bool {
        self.0.surroundings.statistics
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

    /// Runs a script that ends something.
    pub(crate) fn run_durably(&self, call: Call<'_>) -> impl Future<Output = Result<Value, StoreError>> {
        run_on(self.durable(), call, self.servers().by())
    }

    pub(crate) fn run_by(
        &self,
        call: Call<'_>,
        by: Instant,
    ) -> impl Future<Output = Result<Value, StoreError>> {
        run_on(self.servers(), call, by)
    }
}

/// Runs a script. A server that does not know it has run nothing, and is given its text.
pub(crate) async fn run_on(servers: &Servers, call: Call<'_>, by: Instant) -> Result<Value, StoreError> {
    let answer = servers.ask(&call.by_digest(), by).await?;
    if reply::knows_no_script(&answer) {
        return servers.ask(&call.by_text(), by).await;
    }
    Ok(answer)
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &format_args!("{}", self.0.surroundings.topology))
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
        let tag = update.key.tag();
        reply::updated(self.run(self.alteration(update)).await?, tag)
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
        reply::touched(self.run(self.touching(touch)).await?)
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        reply::ended(self.run_durably(self.ending(end, None)).await?)
    }
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
