//! The suite that every store must pass, on each topology.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::LazyLock;
use std::time::Duration;

use keycard_fixtures::{RedisServer, Shared, unused_prefix};
use keycard_redis::RedisStore;

/// One server for all tests of a process; it ends with the process.
static SERVER: LazyLock<RedisServer> = LazyLock::new(|| RedisServer::start().unwrap());

/// A store that nobody has used: under a prefix of its own.
async fn fresh(url: &str) -> RedisStore {
    let builder = RedisStore::builder(url).unwrap().prefix(unused_prefix());
    // What is in question is what the store answers; a busy machine must not decide it.
    let builder = builder.deadline(Duration::from_secs(10)).statistics(true);
    builder.connect().await.unwrap()
}

async fn in_a_cluster() -> RedisStore {
    fresh(&Shared::Cluster.url().unwrap()).await
}

async fn behind_sentinels() -> RedisStore {
    fresh(&Shared::Sentinels.url().unwrap()).await
}

async fn by_the_newer_protocol() -> RedisStore {
    fresh(&format!("{}?protocol=resp3", SERVER.url())).await
}

/// Every law that has a name. The random sequences, which take minutes here, are played over one server.
macro_rules! laws {
    ($($topology:ident)*) => {
        $(mod $topology {
            keycard_conformance::__indexed_store_laws!(crate::$topology().await);
            keycard_conformance::__statistics_laws!(crate::$topology().await);
            keycard_conformance::__history_laws!(crate::$topology().await);

            mod tokens {
                keycard_conformance::token_laws!(crate::$topology().await);
            }

            mod throttles {
                keycard_conformance::throttle_laws!(crate::$topology().await);
            }
        })*
    };
}

mod each {
    laws! { in_a_cluster behind_sentinels by_the_newer_protocol }
}
