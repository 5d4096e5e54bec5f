//! A logout, and meanwhile requests at another server that holds a copy of the session.

use std::time::Duration;

use keycard_tests::browser::Browser;
use keycard_tests::monitor::Monitor;
use keycard_tests::world::{Running, World};
use serde_json::{Value, json};
use tokio::time::Instant;

/// As long as by default.
const LEASE: Duration = Duration::from_millis(200);

worlds! { redis:
    a_logout_is_seen_by_another_server_within_the_lease
    a_hot_read_asks_no_server
}

async fn does(browser: &mut Browser, server: &Running, step: Value) -> Value {
    let answer = browser.post_json(server, "/act", json!([step])).await;
    answer.expect_status(200).json()[0].take()
}

fn login() -> Value {
    json!({"do": "login", "user": "alice"})
}

async fn user(browser: &mut Browser, server: &Running) -> Value {
    does(browser, server, json!({"do": "user"})).await
}

async fn a_logout_is_seen_by_another_server_within_the_lease(world: World) {
    let ((keycard, _), (other_keycard, other_near)) = (world.near().await, world.near().await);
    let one = world.acting_server_with(world.adapter, keycard).await;
    let other = world
        .acting_server_with(world.adapter.other(), other_keycard)
        .await;
    for _ in 0..10 {
        let mut browser = world.browser();
        does(&mut browser, &one, login()).await;
        let mut held = browser.clone();
        let hits = other_near.figures().counts.hits;
        while other_near.figures().counts.hits == hits {
            assert_eq!(user(&mut held, &other).await, "alice");
        }
        does(&mut browser, &one, json!({"do": "logout"})).await;
        let ended = Instant::now();
        assert_eq!(user(&mut held.clone(), &one).await, Value::Null, "here at once");
        let mut asked = Instant::now();
        while user(&mut held, &other).await != Value::Null {
            assert!(asked < ended + LEASE, "{:?} late", asked - ended);
            asked = Instant::now();
        }
    }
}

async fn a_hot_read_asks_no_server(world: World) {
    let (keycard, near) = world.near().await;
    let server = world.acting_server_with(world.adapter, keycard).await;
    let mut browser = world.browser();
    does(&mut browser, &server, login()).await;
    while near.figures().counts.hits == 0 {
        user(&mut browser, &server).await;
    }
    let mut monitor = Monitor::over(world.redis.as_ref().unwrap()).await;
    for _ in 0..50 {
        assert_eq!(user(&mut browser, &server).await, "alice");
    }
    let mut commands = monitor.commands().await;
    commands.retain(|command| command != "PING");
    assert_eq!(commands, [""; 0]);
}
