//! Parity: asked the same, an application on Axum and one on Actix answer the same, byte for byte but for what is random.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod answer;
mod controls;

use std::collections::BTreeSet;

use keycard::Clock as _;
use keycard::Transport::{self, Bearer, Cookie, Header};
use keycard_tests::script::{self, Exchange, Stage, Step};
use keycard_tests::world::{Adapter, Kind, World};

use answer::{Answer, Names};

const COOKIES: &[Transport] = &[Cookie];
const COOKIES_FIRST: &[Transport] = &[Cookie, Bearer, Header("x-session-id")];
const COOKIES_LAST: &[Transport] = &[Header("x-session-id"), Bearer, Cookie];

macro_rules! parity {
    ($kind:ident, $transports:ident: $($test:ident = $requests:literal of $script:ident answer $statuses:expr;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                assert_alike(Kind::$kind, $transports, script::$script(), $requests, &$statuses).await;
            }
        )*
    };
}

parity! {
    Memory, COOKIES:
    account_over_memory = 63 of account answer [200, 204, 400, 401, 403, 404, 405, 429];
    login_over_memory = 116 of login answer [200, 204, 400, 401, 404, 405, 409];
    hostile_over_memory = 46 of hostile answer [200, 204, 401, 404, 503];
    acting_over_memory = 92 of acting answer [200, 204, 205, 303, 304, 400, 404, 418, 500, 503, 599];
    csrf_over_memory = 33 of csrf answer [200, 403, 413, 418, 500];
    renewal_over_memory = 16 of renewal answer [200, 401, 500];
}
parity! {
    Redis, COOKIES:
    account_over_redis = 63 of account answer [200, 204, 400, 401, 403, 404, 405, 429];
    login_over_redis = 116 of login answer [200, 204, 400, 401, 404, 405, 409];
    hostile_over_redis = 46 of hostile answer [200, 204, 401, 404, 503];
    acting_over_redis = 92 of acting answer [200, 204, 205, 303, 304, 400, 404, 418, 500, 503, 599];
    renewal_over_redis = 16 of renewal answer [200, 401, 500];
    outage = 33 of outage answer [200, 401, 404, 405, 503];
}
parity! {
    Memory, COOKIES_FIRST:
    cookies_first_over_memory = 66 of transports answer [200, 204, 401, 500];
}
parity! {
    Memory, COOKIES_LAST:
    cookies_last_over_memory = 66 of transports answer [200, 204, 401, 500];
}
parity! {
    Redis, COOKIES_FIRST:
    cookies_first_over_redis = 66 of transports answer [200, 204, 401, 500];
}
parity! {
    Redis, COOKIES_LAST:
    cookies_last_over_redis = 66 of transports answer [200, 204, 401, 500];
}

/// Plays a script on both adapters, and prints each difference with its request. The script must make at least so many
/// requests, and meet these statuses: one that no longer gets where it was to get would find its answers alike, too. Of
/// its id a client is told where it came, and by the first transport where none has.
async fn assert_alike(
    kind: Kind,
    transports: &[Transport],
    script: Vec<Step>,
    requests: usize,
    statuses: &[u16],
) {
    let [axum, actix] = worlds(kind, [Adapter::Axum, Adapter::Actix]).await;
    let (mut axum, mut actix) = (
        Stage::new(axum, transports).await,
        Stage::new(actix, transports).await,
    );
    let (axum, actix) = (axum.play(script.clone()).await, actix.play(script).await);
    assert!(axum.len() >= requests, "{} requests", axum.len());
    let answers = axum.iter().filter_map(|exchange| exchange.answer.as_ref().ok());
    let met: BTreeSet<u16> = answers.map(|answer| answer.status.as_u16()).collect();
    assert_eq!(Vec::from_iter(met), statuses);
    let elsewhere = axum
        .iter()
        .filter(|exchange| exchange.is_told_elsewhere(transports));
    let elsewhere: Vec<String> = elsewhere.map(|exchange| exchange.ask.to_string()).collect();
    assert_eq!(elsewhere, [""; 0], "told elsewhere than by {transports:?}");
    let differences = differences(&axum, &actix);
    assert!(
        differences.is_empty(),
        "{} of {} answers differ over {kind:?}\n\n{}",
        differences.len(),
        axum.len(),
        differences.join("\n")
    );
}

/// Two worlds of one time.
async fn worlds(kind: Kind, adapters: [Adapter; 2]) -> [World; 2] {
    let first = World::new(adapters[0], kind).await;
    let second = World::new(adapters[1], kind).await;
    first.clock.advance(second.clock.now().since(first.clock.now()));
    [first, second]
}

fn differences(axum: &[Exchange], actix: &[Exchange]) -> Vec<String> {
    assert_eq!(axum.len(), actix.len());
    let (mut of_axum, mut of_actix) = (Names::default(), Names::default());
    let mut differences = Vec::new();
    for (axum, actix) in axum.iter().zip(actix) {
        let ask = &axum.ask;
        let (axum, actix) = (Answer::of(axum, &mut of_axum), Answer::of(actix, &mut of_actix));
        if axum != actix {
            differences.push(format!("{ask}\nAxum:  {axum}\nActix: {actix}"));
        }
    }
    differences
}
