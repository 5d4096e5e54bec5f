//! The examples as programs: what they say when they start, how they end, and that their sessions are each other's.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod program;

use keycard_fixtures::RedisServer;
use keycard_tests::browser::{Browser, Origin};
use keycard_tests::world::{alice, bob};
use rustix::process::Signal;
use serde_json::json;

use self::program::{DEMO, LOGIN_ACTIX, LOGIN_AXUM, Program, run};

const PROGRAMS: [&str; 3] = [LOGIN_AXUM, LOGIN_ACTIX, DEMO];
const KEY: &str = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=";
const OTHER_KEY: &str = "b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleSE=";

async fn log_in(browser: &mut Browser, server: &Origin) {
    browser
        .post_json(server, "/login", alice())
        .await
        .expect_status(200);
    browser.get(server, "/me").await.expect_status(200);
}

#[tokio::test]
async fn a_program_without_settings_warns_serves_plain_http_and_ends_when_it_is_told() {
    for (path, signal) in PROGRAMS
        .iter()
        .flat_map(|path| [(path, Signal::TERM), (path, Signal::INT)])
    {
        let program = Program::start(path, &[]).await;
        let mut browser = Browser::new();
        log_in(&mut browser, &program.origin).await;
        let cookie = browser.jar().cookie("sid").expect("the cookie of plain http");
        assert!(!cookie.is_secure(), "{path}");
        let ended = program.end(signal).await;
        assert_eq!(ended.status.code(), Some(0), "{path}: {ended:?}");
        let warnings: Vec<&str> = ended.stderr.lines().collect();
        let [random_key, plain_http] = warnings[..] else {
            panic!("{path}: {ended:?}")
        };
        assert!(random_key.contains("random key"), "{path}: {random_key}");
        assert!(plain_http.contains("plain http"), "{path}: {plain_http}");
    }
}

#[tokio::test]
async fn a_program_with_the_settings_of_production_has_nothing_to_say() {
    for path in PROGRAMS {
        let settings = [("KEYCARD_KEYS", KEY), ("KEYCARD_INSECURE_HTTP", "0")];
        let program = Program::start(path, &settings).await;
        let mut browser = Browser::new();
        log_in(&mut browser, &program.origin.clone().https()).await;
        let cookie = browser.jar().cookie("__Host-sid").expect("a secure cookie");
        assert!(cookie.is_secure(), "{path}");
        let ended = program.end(Signal::TERM).await;
        assert_eq!(ended.status.code(), Some(0), "{path}: {ended:?}");
        assert_eq!(ended.stderr, "", "{path}");
    }
}

#[tokio::test]
async fn several_keys_without_an_index_key_are_refused() {
    for path in PROGRAMS {
        let keys = format!("{KEY},{OTHER_KEY}");
        let ended = run(path, &[("KEYCARD_KEYS", &keys)]).await;
        assert_eq!(ended.status.code(), Some(1), "{path}: {ended:?}");
        assert!(ended.stderr.contains("KEYCARD_INDEX_KEY"), "{path}: {ended:?}");
        assert!(!ended.stderr.contains(KEY), "{path}: {ended:?}");
        assert_eq!(ended.stdout, "", "{path}");
    }
}

#[tokio::test]
async fn a_session_of_one_program_is_a_session_of_the_other_and_of_its_successor() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url();
    let settings = [("KEYCARD_KEYS", KEY), ("REDIS_URL", &url)];
    let axum = Program::start(LOGIN_AXUM, &settings).await;
    let actix = Program::start(LOGIN_ACTIX, &settings).await;
    let mut browser = Browser::new();
    log_in(&mut browser, &axum.origin).await;
    let entry = json!({"key": "cart", "value": 3});
    browser
        .put_json(&actix.origin, "/session/data", entry)
        .await
        .expect_status(200);
    assert_eq!(axum.end(Signal::TERM).await.status.code(), Some(0));
    let axum = Program::start(LOGIN_AXUM, &settings).await;
    let cart = browser.get(&axum.origin, "/session/data").await.json();
    assert_eq!(cart, json!({"cart": 3}));
    browser.post(&axum.origin, "/logout").await.expect_status(204);
    browser.get(&actix.origin, "/me").await.expect_status(401);
}

#[tokio::test]
async fn every_program_counts_and_throttles_with_the_others() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url();
    let settings = [("KEYCARD_KEYS", KEY), ("REDIS_URL", &url)];
    let axum = Program::start(LOGIN_AXUM, &settings).await;
    let actix = Program::start(LOGIN_ACTIX, &settings).await;
    let demo = Program::start(DEMO, &[]).await;
    for servers in [[&axum, &actix], [&demo, &demo]] {
        let [server, other] = servers.map(|program| &program.origin);
        let mut admin = Browser::new();
        let login = admin.post_json(server, "/login", bob());
        login.await.expect_status(200);
        let stats = admin.get(other, "/admin/stats").await.expect_status(200);
        assert_eq!(
            (&stats.json()["active_sessions"], &stats.json()["logins"]),
            (&json!(1), &json!(1))
        );

        let guess = json!({"email": "alice@example.com", "password": "a guess"});
        for (server, status) in [server, other]
            .into_iter()
            .cycle()
            .zip([401, 401, 401, 401, 401, 429])
        {
            let answer = Browser::new().post_json(server, "/login", guess.clone()).await;
            answer.expect_status(status);
        }
    }
}

#[tokio::test]
async fn the_demo_serves_both_frameworks_over_one_store() {
    let mut demo = Program::start(DEMO, &[]).await;
    let mut browser = Browser::new();
    log_in(&mut browser, &demo.origin).await;
    assert_eq!(demo.url_after("  Axum ").await, demo.origin);
    let actix = demo.url_after("  Actix ").await;
    assert_ne!(actix, demo.origin);
    browser.get(&actix, "/me").await.expect_status(200);
    browser.post(&actix, "/logout").await.expect_status(204);
    browser.get(&demo.origin, "/me").await.expect_status(401);
}
