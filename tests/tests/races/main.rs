//! Races at the wire: requests that are known to have read the session before either of them changes it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[macro_use(races, worlds)]
extern crate keycard_tests;

mod end_all;
mod flashes;
mod increments;
mod limits;
mod login;
mod logout;
mod near;
mod refreshes;
mod renewal;
mod rotation;
mod writes;

use keycard_tests::browser::Browser;
use keycard_tests::race::Round;
use serde_json::{Value, json};

fn insert(key: &str) -> Value {
    json!({"do": "insert", "key": key, "value": true})
}

/// What a browser shows, on either server, of who is logged in.
async fn users(round: &Round, browser: &Browser) -> [Value; 2] {
    let shown = round.seen(&browser.snapshot(), json!([{"do": "user"}])).await;
    shown.map(|mut shown| shown[0].take())
}
