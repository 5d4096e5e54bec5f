//! Where the sessions of a world are kept.

use std::fs;
use std::time::Duration;

use keycard_fixtures::{RedisAddress, RedisServer, Shared, TestCa, unused_prefix};
use keycard_redis::{RedisStore, RedisStoreBuilder, RedisTls};

/// Where the sessions of a world are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "one more kind of store is to be met by every match"
)]
pub enum Kind {
    /// In the process.
    Memory,
    /// In a Redis server of the world's own.
    Redis,
    /// The same, asked by the newer protocol.
    Resp3,
    /// The same, over TLS.
    Tls,
    /// In a cluster that other worlds use too, under a prefix of its own. A world cannot stop a node of it.
    Cluster,
    /// Behind Sentinels, in the same way.
    Sentinels,
}

/// The Redis of a world: how its stores are made, and where it can be seen what they keep.
#[derive(Debug)]
pub(super) struct Home {
    builder: RedisStoreBuilder,
    store: RedisStore,
    servers: Vec<RedisAddress>,
    keys: String,
}

impl Home {
    /// The home of a world that has one, and the server that is its own.
    pub(super) async fn new(kind: Kind) -> Option<(Option<RedisServer>, Self)> {
        let at = |url: &str| RedisStore::builder(url).expect("the server's address is valid");
        let start = || RedisServer::start().expect("a private Redis server");
        Some(match kind {
            Kind::Memory => return None,
            Kind::Redis => {
                let server = start();
                let builder = at(&server.url());
                Self::own(server, builder).await
            }
            Kind::Resp3 => {
                let server = start();
                let builder = at(&format!("{}?protocol=resp3", server.url()));
                Self::own(server, builder).await
            }
            Kind::Tls => {
                let ca = TestCa::new().expect("an authority of its own");
                let server = RedisServer::builder().tls(&ca).start();
                let server = server.expect("a private Redis server");
                let trusted = RedisTls::new().trusting_only(fs::read(ca.ca()).unwrap());
                let builder = at(&server.tls_url()).tls(trusted.unwrap());
                Self::own(server, builder).await
            }
            Kind::Cluster => (None, Self::shared(Shared::Cluster).await),
            Kind::Sentinels => (None, Self::shared(Shared::Sentinels).await),
        })
    }

    async fn own(server: RedisServer, builder: RedisStoreBuilder) -> (Option<RedisServer>, Self) {
        let home = Self::with(builder, vec![server.address()], "*".to_owned()).await;
        (Some(server), home)
    }

    async fn shared(servers: Shared) -> Self {
        let (url, prefix) = (servers.url().expect("servers to share"), unused_prefix());
        let keys = format!("{prefix}*");
        let builder = RedisStore::builder(&url).expect("their addresses are valid");
        // No journey is about their absence here; a busy machine must not decide what is answered.
        let builder = builder.prefix(prefix).deadline(Duration::from_secs(10));
        let primaries = servers.primaries().expect("they answer");
        Self::with(builder, primaries, keys).await
    }

    async fn with(builder: RedisStoreBuilder, servers: Vec<RedisAddress>, keys: String) -> Self {
        let builder = builder.check_at_start(false); // budgets count what the servers are asked
        Self {
            store: builder.clone().connect().await.expect("the servers answer"),
            builder,
            servers,
            keys,
        }
    }

    /// What each further store of the world is made from.
    pub(super) fn builder(&self) -> RedisStoreBuilder {
        self.builder.clone()
    }

    /// The world's own store.
    pub(super) fn store(&self) -> &RedisStore {
        &self.store
    }

    /// The servers that hold sessions.
    pub(super) fn servers(&self) -> &[RedisAddress] {
        &self.servers
    }

    /// What matches the world's keys there.
    pub(super) fn keys(&self) -> &str {
        &self.keys
    }
}
