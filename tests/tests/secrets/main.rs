//! Secrets: whatever is done to sessions, no id, no secret half and no signature is anywhere but in cookies, and no key
//! anywhere at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod controls;
mod encodings;
mod evidence;
mod log;
mod redis;
mod scanner;
mod shown;

use keycard::IndexKey;
use keycard_tests::journeys;
use keycard_tests::monitor::Monitor;
use keycard_tests::script::{self, Stage};
use keycard_tests::world::{Adapter, World};

use evidence::{Evidence, Source};

const SIGNING_KEY: u8 = 0xa7;
const INDEX_KEY: &[u8; 32] = b"\xc3\x01an index key of 30 more bytes\xf0";

journeys! { nothing_but_cookies_holds_a_secret }

/// Does all that can be done, in every way that it can fail, and looks for secrets in what was left behind.
async fn nothing_but_cookies_holds_a_secret(world: World) {
    log::capture();
    let index_key = || IndexKey::new(INDEX_KEY).unwrap();
    let login = world.app_with(&[SIGNING_KEY], |builder| builder.index_key(index_key()));
    let login = login.await;
    let acting = world.keycard_with(&[SIGNING_KEY], |builder| builder.index_key(index_key()));
    let mut monitor = match &world.redis {
        Some(server) => Some(Monitor::over(server).await),
        None => None,
    };
    let (mut stage, mut evidence) = (Stage::with(world, login, acting).await, Evidence::of_keys());
    for script in [script::login, script::hostile, script::acting] {
        evidence.answers(&stage.play(script()).await);
        evidence.records(&stage.world).await;
    }
    if let Some(monitor) = &mut monitor {
        evidence.commands(monitor.lines().await);
        evidence.redis(stage.world.redis());
        evidence.answers(&stage.play(script::outage()).await);
        evidence.redis(stage.world.redis());
    }
    evidence.log(&log::captured());
    evidence.assert_enough(40, &left_behind(&stage.world));
    assert_eq!(evidence.leaks(), [""; 0]);
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
