//! The suite that every store must pass, wherever Redis may be.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use keycard_fixtures::{RedisServer, Shared, TestCa, unused_prefix};
use keycard_redis::{RedisStore, RedisStoreBuilder, RedisTls};

/// One server for all tests of a process; it ends with the process.
static SERVER: LazyLock<(TestCa, RedisServer)> = LazyLock::new(|| {
    let ca = TestCa::new().unwrap();
    let server = RedisServer::builder().tls(&ca).start().unwrap();
    (ca, server)
});

fn at(url: &str) -> RedisStoreBuilder {
    RedisStore::builder(url).unwrap()
}

/// A store that nobody has used: under a prefix of its own.
async fn fresh(builder: RedisStoreBuilder) -> RedisStore {
    // What is in question is what the store answers; a busy machine must not decide it.
    let builder = builder.prefix(unused_prefix()).deadline(Duration::from_secs(10));
    builder.statistics(true).connect().await.unwrap()
}

async fn in_a_cluster() -> RedisStore {
    fresh(at(&Shared::Cluster.url().unwrap())).await
}

async fn behind_sentinels() -> RedisStore {
    fresh(at(&Shared::Sentinels.url().unwrap())).await
}

async fn by_the_newer_protocol() -> RedisStore {
    fresh(at(&format!("{}?protocol=resp3", SERVER.1.url()))).await
}

async fn over_tls() -> RedisStore {
    let (ca, server) = &*SERVER;
    let tls = RedisTls::new().trusting_only(fs::read(ca.ca()).unwrap()).unwrap();
    fresh(at(&server.tls_url()).tls(tls)).await
}

macro_rules! laws {
    ($indexed:ident $statistics:ident $history:ident: $($topology:ident)*) => {
        $(mod $topology {
            use super::super::$topology as store;

            keycard_conformance::$indexed!(store().await);
            keycard_conformance::$statistics!(store().await);
            keycard_conformance::$history!(store().await);

            mod throttles {
                use super::store;

                keycard_conformance::throttle_laws!(store().await);
            }

            mod tokens {
                use super::store;

                keycard_conformance::token_laws!(store().await);
            }
        })*
    };
}

mod each {
    laws! { indexed_store_laws statistics_laws history_laws: in_a_cluster by_the_newer_protocol }
    // What differs here from one server in the clear is how a connection begins. So the random sequences, which take
    // minutes, are left out.
    laws! { __indexed_store_laws __statistics_laws __history_laws: behind_sentinels over_tls }
}
