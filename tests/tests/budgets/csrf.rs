//! What the check against forged requests sends to Redis: nothing.

use http::Method;
use keycard_tests::browser::{Browser, Response};
use keycard_tests::monitor::Monitor;
use keycard_tests::world::{Adapter, Running, World};
use serde_json::json;

/// What is asked, with the session's token or without one, and the answer's status.
const ROWS: [(Method, &str, bool, u16); 6] = [
    (Method::GET, "/csrf/token", false, 200),
    (Method::POST, "/csrf/echo", true, 200),
    (Method::POST, "/csrf/echo", false, 403),
    (Method::POST, "/csrf/act", false, 403),
    (Method::POST, "/csrf/login", false, 403),
    (Method::POST, "/csrf/webhook", false, 200),
];

pub(crate) async fn the_check_asks_no_server(world: &World) {
    for adapter in [Adapter::Axum, Adapter::Actix] {
        let server = world.acting_server_with(adapter, world.keycard()).await;
        let mut user = world.browser();
        user.act(&server, json!([{"do": "login", "user": "alice"}]))
            .await
            .expect_status(200);
        let mut monitor = Monitor::over(world.redis.as_ref().unwrap()).await;
        for mut browser in [world.browser(), user] {
            let answer = browser.get(&server, "/csrf/token").await;
            let token = answer.header("x-csrf-token").unwrap().to_owned();
            for (method, path, shows, status) in ROWS {
                let answer = ask(&browser, &server, method, path, shows.then_some(&token)).await;
                answer.expect_status(status);
            }
            let mut commands = monitor.commands().await;
            // No request's: a runtime's connection may still be on its way up.
            commands.retain(|command| command != "PING");
            assert_eq!(commands, [""; 0], "{adapter:?}");
        }
    }
}

async fn ask(
    browser: &Browser,
    server: &Running,
    method: Method,
    path: &str,
    token: Option<&String>,
) -> Response {
    let snapshot = browser.snapshot();
    let request = snapshot.request(method, server, path);
    match token {
        Some(token) => request.header("x-csrf-token", token).send().await,
        None => request.send().await,
    }
}
