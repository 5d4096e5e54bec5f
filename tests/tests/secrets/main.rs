//! Secrets: what a run of all scripts leaves behind, with the keys looked for as well, what types show of themselves, and
//! that what must be found is found. What journeys leave behind is looked through where they are mounted.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod controls;
mod events;
mod shown;

use keycard::IndexKey;
use keycard_tests::monitor::Monitor;
use keycard_tests::script::{self, Exchange, Stage};
use keycard_tests::secrets::{Evidence, Source, log};
use keycard_tests::world::{Adapter, World};
use keycard_tests::worlds;

const SIGNING_KEY: u8 = 0xa7;
const INDEX_KEY: &[u8; 32] = b"\xc3\x01an index key of 30 more bytes\xf0";

worlds! { nothing_but_cookies_holds_a_secret }

/// Does all that can be done, in every way that it can fail, and looks for secrets in what was left behind.
async fn nothing_but_cookies_holds_a_secret(world: World) {
    log::capture();
    let index_key = || IndexKey::new(INDEX_KEY).unwrap();
    let login = world.app_with(&[SIGNING_KEY], |builder| {
        script::renewing(builder).index_key(index_key())
    });
    let login = login.await;
    let acting = world.keycard_with(&[SIGNING_KEY], |builder| {
        script::renewing(builder).index_key(index_key())
    });
    let mut monitor = match &world.redis {
        Some(server) => Some(Monitor::over(server).await),
        None => None,
    };
    let (mut stage, mut evidence) = (Stage::with(world, login, acting).await, evidence_of_keys());
    for script in [
        script::login,
        script::account,
        script::hostile,
        script::acting,
        script::renewal,
    ] {
        add(&mut evidence, &stage.play(script()).await);
        evidence.records(&stage.world).await;
    }
    if let Some(monitor) = &mut monitor {
        evidence.commands(monitor.lines().await);
        evidence.redis(&stage.world.redis().address(), "*");
        add(&mut evidence, &stage.play(script::outage()).await);
        evidence.redis(&stage.world.redis().address(), "*");
    }
    evidence.log(&log::captured());
    evidence.assert_enough(40, &left_behind(&stage.world));
    assert_eq!(evidence.leaks(), [""; 0]);
}

/// Nothing yet but the keys, which must be found nowhere.
fn evidence_of_keys() -> Evidence {
    let mut evidence = Evidence::default();
    evidence.watch("the signing key", &[SIGNING_KEY; 32]);
    evidence.watch("the index key", INDEX_KEY);
    evidence
}

fn add(evidence: &mut Evidence, exchanges: &[Exchange]) {
    for answer in exchanges
        .iter()
        .filter_map(|exchange| exchange.answer.as_ref().ok())
    {
        evidence.answer(answer);
    }
}

/// What a run leaves behind, at least.
fn left_behind(world: &World) -> Vec<Source> {
    let framework: &[&str] = match world.adapter {
        Adapter::Axum => &[" axum::serve: "],
        Adapter::Actix => &[" actix_http::", " actix_server::"],
    };
    let mut sources: Vec<Source> = vec![
        ("answers", 240, &["vary: Cookie", "\"handle\":", "\"error\":"]),
        ("records", 5, &[]),
        (
            "the log",
            1_000,
            &[
                " keycard: ",
                "session=",
                "panicked at ",
                "the request asked for it",
            ],
        ),
        ("the log", 1_000, framework),
    ];
    if world.redis.is_some() {
        sources.extend([
            (
                "commands",
                500,
                &["\"EVALSHA\"", "\"GET\"", " lua] \"SET\"", "lang"][..],
            ),
            ("redis", 60, &["}s:", "}u:"]),
            ("redis-server's log", 2, &["Ready to accept connections"]),
            ("the log", 1_000, &[" keycard_redis::"]),
        ]);
    }
    sources
}
