//! What the journeys have in common that ask the acting application.

use keycard::Users;
use keycard_tests::app::Backend;
use keycard_tests::browser::{Browser, Server};
use serde_json::{Value, json};

use crate::world::{Adapter, Builder, Running, World};

/// A server of each framework with account pages, and the users as a third process sees them.
pub(crate) async fn serve(world: &World, configure: impl Fn(Builder) -> Builder) -> ([Running; 2], Users) {
    let start = async |adapter: Adapter| {
        let (keycard, users) = world.users_with(&[1], &configure);
        let backend = Backend::new(keycard, world.gates.clone()).with_users(users);
        world.acting_server_of(adapter, backend).await
    };
    let servers = [start(world.adapter).await, start(world.adapter.other()).await];
    (servers, world.users_with(&[1], configure).1)
}

/// A browser with the session that these steps begin.
pub(crate) async fn begun(world: &World, server: &impl Server, steps: Value) -> Browser {
    let mut browser = world.browser();
    done(&mut browser, server, steps).await;
    browser
}

/// What the steps gave, none of which fails.
pub(crate) async fn done(browser: &mut Browser, server: &impl Server, steps: Value) -> Value {
    let answer = browser.act(server, steps).await.expect_status(200);
    assert!(
        !answer.text().contains(r#""error""#),
        "{answer}: {}",
        answer.text()
    );
    answer.json()
}

/// What the last of these steps gave.
pub(crate) async fn last(browser: &mut Browser, server: &impl Server, steps: Value) -> Value {
    let given = browser.act(server, steps).await.expect_status(200).json();
    given.as_array().unwrap().last().unwrap().clone()
}

/// Who is logged in.
pub(crate) async fn user(browser: &Browser, server: &Running) -> Value {
    last(&mut browser.clone(), server, json!([{"do": "user"}])).await
}

/// Who is logged in, as each server sees it.
pub(crate) async fn users(browser: &Browser, servers: &[Running; 2]) -> [Value; 2] {
    [user(browser, &servers[0]).await, user(browser, &servers[1]).await]
}

pub(crate) const NOBODY: [Value; 2] = [Value::Null, Value::Null];

/// A step that calls the account page.
pub(crate) fn mine(call: impl Into<Value>) -> Value {
    json!({"do": "mine", "call": call.into()})
}

/// The step that logs a user in.
pub(crate) fn login(user: &str) -> Value {
    json!({"do": "login", "user": user})
}
