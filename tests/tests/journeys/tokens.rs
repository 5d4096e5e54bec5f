//! Tokens at the login applications: issued to a session, renewed, and dead with it on every server.

use std::time::Duration;

use http::Method;
use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use crate::world::{Running, World, alice};

journeys! {
    a_program_calls_the_api_by_a_token_and_renews_it_on_any_server
    tokens_die_with_their_session_on_every_server
    a_spent_refresh_token_ends_the_session_on_every_server
    a_revoked_token_is_worth_nothing
    who_has_no_token_is_told_what_is_asked_for
    the_public_keys_are_the_same_on_every_server_and_nothing_but_public
}

const SERVERS: usize = 2;

async fn servers(world: &World) -> [Running; SERVERS] {
    [world.server().await, world.other_server().await]
}

/// A browser that is logged in, and its tokens.
async fn begun(server: &Running) -> (Browser, Value) {
    let mut browser = Browser::new();
    browser
        .post_json(server, "/login", alice())
        .await
        .expect_status(200);
    let pair = browser.post(server, "/token").await.expect_status(200);
    assert_eq!(pair.header("cache-control"), Some("no-store"));
    (browser, pair.json())
}

async fn call(server: &Running, pair: &Value) -> Response {
    let token = format!("Bearer {}", pair["access_token"].as_str().unwrap());
    let mut program = Browser::new();
    let request = program.request(Method::GET, server, "/api/me");
    request.header("authorization", &token).send().await
}

async fn refresh(server: &Running, pair: &Value) -> Response {
    let body = json!({"refresh_token": pair["refresh_token"]});
    Browser::new().post_json(server, "/token/refresh", body).await
}

async fn a_program_calls_the_api_by_a_token_and_renews_it_on_any_server(world: World) {
    let [one, other] = servers(&world).await;
    let (_, mut pair) = begun(&one).await;
    assert_eq!(
        (&pair["token_type"], &pair["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    for server in [&one, &other, &one] {
        let me = call(server, &pair).await.expect_status(200);
        assert_eq!(me.json()["user"]["email"], "alice@example.com");
        assert!(me.set_cookies().is_empty());
        pair = refresh(server, &pair).await.expect_status(200).json();
    }
}

async fn tokens_die_with_their_session_on_every_server(world: World) {
    let [one, other] = servers(&world).await;
    let (mut browser, pair) = begun(&one).await;
    call(&other, &pair).await.expect_status(200);
    browser.post(&one, "/logout").await.expect_status(204);
    for server in [&one, &other] {
        let refused = call(server, &pair).await.expect_status(401);
        assert_eq!(
            refused.header("www-authenticate"),
            Some(r#"Bearer error="invalid_token", error_description="the token was revoked""#)
        );
        assert_eq!(refused.json(), json!({"error": "the token was revoked"}));
        refresh(server, &pair).await.expect_status(401);
    }
}

async fn a_spent_refresh_token_ends_the_session_on_every_server(world: World) {
    let [one, other] = servers(&world).await;
    let (mut browser, first) = begun(&one).await;
    let second = refresh(&one, &first).await.expect_status(200).json();
    let again = refresh(&other, &first).await.expect_status(200).json();
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    world.clock.advance(Duration::from_secs(30));
    refresh(&other, &first).await.expect_status(401);
    for server in [&one, &other] {
        refresh(server, &second).await.expect_status(401);
        call(server, &second).await.expect_status(401);
        browser.get(server, "/me").await.expect_status(401);
    }
}

async fn a_revoked_token_is_worth_nothing(world: World) {
    let [one, other] = servers(&world).await;
    let (_, pair) = begun(&one).await;
    for (body, status) in [
        (json!({"token": "nonsense"}), 204),
        (json!({}), 400),
        (json!({"token": pair["refresh_token"]}), 204),
    ] {
        Browser::new()
            .post_json(&one, "/token/revoke", body)
            .await
            .expect_status(status);
    }
    call(&other, &pair).await.expect_status(401);
}

async fn who_has_no_token_is_told_what_is_asked_for(world: World) {
    let server = world.server().await;
    for (method, route) in [(Method::GET, "/api/me"), (Method::POST, "/token")] {
        let mut guest = Browser::new();
        let refused = guest
            .request(method, &server, route)
            .send()
            .await
            .expect_status(401);
        assert_eq!(
            refused.header("www-authenticate"),
            Some(r#"Bearer realm="api""#),
            "{route}"
        );
    }
    let (_, pair) = begun(&server).await;
    let swapped = json!({"refresh_token": pair["access_token"]});
    let refused = Browser::new()
        .post_json(&server, "/token/refresh", swapped)
        .await
        .expect_status(401);
    assert_eq!(
        refused.header("www-authenticate"),
        Some(r#"Bearer error="invalid_token""#)
    );
}

async fn the_public_keys_are_the_same_on_every_server_and_nothing_but_public(world: World) {
    let [one, other] = servers(&world).await;
    let mut keys = Vec::new();
    for server in [&one, &other] {
        let answer = Browser::new().get(server, "/.well-known/jwks.json").await;
        let answer = answer.expect_status(200);
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        keys.push(answer.json());
    }
    assert_eq!(keys[0], keys[1]);
    let key = keys[0]["keys"][0].as_object().unwrap();
    let names: Vec<&str> = key.keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
}
