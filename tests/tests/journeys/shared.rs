//! Several servers, one store: any of them serves the next request, and a restart is not noticed.

use serde_json::json;

use crate::world::{Running, World, alice};

journeys! {
    alternate_requests_are_served_by_both_frameworks
    a_restart_between_requests_is_not_noticed
}

async fn alternate_requests_are_served_by_both_frameworks(world: World) {
    let (one, other) = (world.server().await, world.other_server().await);
    let mut browser = world.browser();
    browser
        .put_json(&one, "/session/data", json!({"key": "cart", "value": 1}))
        .await
        .expect_status(200);
    browser
        .post_json(&other, "/login", alice())
        .await
        .expect_status(200);
    let mut expected = json!({"cart": 1});
    for round in 0..10 {
        let server: &Running = if round % 2 == 0 { &one } else { &other };
        browser.get(server, "/me").await.expect_status(200);
        let key = format!("round-{round}");
        let entry = json!({"key": key, "value": round});
        browser
            .put_json(server, "/session/data", entry)
            .await
            .expect_status(200);
        expected[key] = json!(round);
    }
    for server in [&one, &other] {
        assert_eq!(browser.get(server, "/session/data").await.json(), expected);
    }
    browser.post(&one, "/logout").await.expect_status(204);
    browser.get(&other, "/me").await.expect_status(401);
}

async fn a_restart_between_requests_is_not_noticed(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    server.stop().await;
    let server = world.server().await;
    browser.get(&server, "/me").await.expect_status(200);
    browser
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    server.stop().await;
    let server = world.other_server().await;
    assert_eq!(
        browser.get(&server, "/session/data").await.json(),
        json!({"n": 1})
    );
}
