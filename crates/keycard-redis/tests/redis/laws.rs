//! The suite that every store must pass: with a server, after its end, and while it stands still.

use std::sync::LazyLock;
use std::time::Duration;

use keycard_conformance::TwoHandles;
use keycard_fixtures::{RedisServer, unused_prefix};
use keycard_redis::RedisStore;

use crate::support::unchecked;

/// One server for all tests of a process; it ends with the process.
static SERVER: LazyLock<RedisServer> = LazyLock::new(|| RedisServer::start().unwrap());

/// A store that nobody has used: under a prefix of its own.
async fn fresh_prefix() -> RedisStore {
    connect(&unused_prefix(), false).await
}

/// Two connections to a store that counts, as two servers have.
async fn two_connections() -> TwoHandles<RedisStore> {
    let prefix = unused_prefix();
    TwoHandles::new(connect(&prefix, true).await, connect(&prefix, true).await)
}

async fn connect(prefix: &str, statistics: bool) -> RedisStore {
    let builder = unchecked(&SERVER.url()).prefix(prefix);
    // What is in question is what the store answers; a busy machine must not decide it.
    let builder = builder.deadline(Duration::from_secs(10)).statistics(statistics);
    builder.connect().await.unwrap()
}

keycard_conformance::indexed_store_laws!(fresh_prefix().await);
keycard_conformance::history_laws!(fresh_prefix().await);

mod throttles {
    use super::fresh_prefix;

    keycard_conformance::throttle_laws!(fresh_prefix().await);
}

mod tokens {
    use super::fresh_prefix;

    keycard_conformance::token_laws!(fresh_prefix().await);
}

/// A store that counts is as good as one that does not, and two connections are as good as one.
mod counting_over_two_connections {
    use super::two_connections;

    keycard_conformance::indexed_store_laws!(two_connections().await);
    keycard_conformance::statistics_laws!(two_connections().await);
    keycard_conformance::history_laws!(two_connections().await);

    mod throttles {
        use super::two_connections;

        keycard_conformance::throttle_laws!(two_connections().await);
    }

    mod tokens {
        use super::two_connections;

        keycard_conformance::token_laws!(two_connections().await);
    }
}

/// A store with a server of its own, and what ends the server.
async fn stopped(statistics: bool) -> (RedisStore, impl AsyncFnOnce()) {
    let (store, mut server) = with_server(statistics).await;
    (store, async move || server.kill().unwrap())
}

/// A store with a server of its own, and what stops the server where it stands.
async fn frozen(statistics: bool) -> (RedisStore, impl AsyncFnOnce()) {
    let (store, server) = with_server(statistics).await;
    // It must not end when it has been frozen, but with the process.
    let server = Box::leak(Box::new(server));
    (store, async move || server.freeze().unwrap())
}

async fn with_server(statistics: bool) -> (RedisStore, RedisServer) {
    let server = RedisServer::start().unwrap();
    let builder = unchecked(&server.url());
    let store = builder.statistics(statistics).connect().await.unwrap();
    (store, server)
}

/// All that a store is asked without its server.
macro_rules! outages {
    ($($outage:ident)*) => {
        $(mod $outage {
            mod sessions {
                keycard_conformance::indexed_outage_laws!(crate::laws::$outage(false).await);
            }

            mod throttles {
                keycard_conformance::throttle_outage_laws!(crate::laws::$outage(false).await);
            }

            mod statistics {
                keycard_conformance::statistics_outage_laws!(crate::laws::$outage(true).await);
            }

            mod history {
                keycard_conformance::history_outage_laws!(crate::laws::$outage(false).await);
            }

            mod tokens {
                keycard_conformance::token_outage_laws!(crate::laws::$outage(false).await);
            }
        })*
    };
}

outages! { stopped frozen }
