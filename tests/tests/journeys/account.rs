//! What the journeys of accounts have in common.

use keycard::Clock as _;
use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::world::{Running, World, carol};

/// A browser in which somebody has logged in.
pub(crate) async fn logged_in(world: &World, server: &Running, who: Value) -> Browser {
    let mut browser = world.browser();
    let answer = browser.post_json(server, "/login", who).await.expect_status(200);
    assert!(answer.json()["user"].is_object(), "{answer}: {}", answer.text());
    browser
}

/// A browser in which Carol has logged in with her password, and has not entered a code yet.
pub(crate) async fn waiting(world: &World, server: &Running) -> Browser {
    let mut browser = world.browser();
    let answer = browser
        .post_json(server, "/login", carol())
        .await
        .expect_status(200);
    assert_eq!(answer.json(), json!({"mfa_required": true}));
    browser
}

/// Enters a code.
pub(crate) async fn verify(browser: &mut Browser, server: &Running, code: &str) -> Response {
    browser
        .post_json(server, "/mfa/verify", json!({"code": code}))
        .await
}

/// The code that Carol's app shows now.
pub(crate) fn code(world: &World) -> String {
    app().generate(seconds(world)).to_string()
}

/// A code that her app does not show about now.
pub(crate) fn wrong_code(world: &World) -> String {
    let is_wrong = |code: &String| app().check(code, seconds(world)).is_none();
    ["000000", "000001", "000002", "000003"]
        .map(str::to_owned)
        .into_iter()
        .find(is_wrong)
        .expect("three codes are right at a time")
}

fn app() -> Totp {
    let secret = Secret::try_from_base32("JBSWY3DPEHPK3PXP").unwrap();
    Builder::new().with_secret(secret).build_noncompliant()
}

fn seconds(world: &World) -> u64 {
    world.clock.now().as_millis() / 1_000
}

/// With a device of this id.
pub(crate) fn on_device(mut who: Value, id: &str) -> Value {
    who["device"] = json!({"id": id});
    who
}

/// The sessions of who is logged in, as the server lists them.
pub(crate) async fn listed(browser: &mut Browser, server: &Running) -> Vec<Value> {
    let list = browser.get(server, "/sessions").await.expect_status(200).json();
    let sessions = list["sessions"].as_array().unwrap().clone();
    assert_eq!(list["count"], json!(sessions.len()));
    sessions
}

/// The status of `GET /me`.
pub(crate) async fn me(browser: &mut Browser, server: &Running) -> u16 {
    browser.get(server, "/me").await.status.as_u16()
}
