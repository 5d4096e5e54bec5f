//! Fixation: an id that the server did not issue to this client, now, is never adopted.

use std::time::Duration;

use serde_json::json;

use crate::world::{Kind, World, alice, sid};

journeys! {
    a_planted_guest_session_does_not_become_the_victim_s
    an_unknown_expired_or_logged_out_id_is_not_adopted
}

async fn a_planted_guest_session_does_not_become_the_victim_s(world: World) {
    let (server, mut attacker) = (world.server().await, world.browser());
    attacker
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    let (planted, before) = (attacker.snapshot(), sid(&attacker));

    let mut victim = attacker;
    victim
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    assert_ne!(sid(&victim), before);
    victim.get(&server, "/me").await.expect_status(200);
    planted.get(&server, "/me").await.expect_status(401);
}

async fn an_unknown_expired_or_logged_out_id_is_not_adopted(world: World) {
    let server = world.server().await;
    let elsewhere = World::new(world.adapter, Kind::Memory).await;
    let foreign_server = elsewhere.server().await;

    let mut unknown = world.browser();
    unknown
        .put_json(&foreign_server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    let mut expired = world.browser();
    expired
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    let mut logged_out = world.browser();
    logged_out
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    logged_out
        .snapshot()
        .post(&server, "/logout")
        .await
        .expect_status(204);
    world.clock.advance(Duration::from_mins(31));

    for mut browser in [unknown, expired, logged_out] {
        let old = sid(&browser);
        assert!(old.is_some());
        assert_eq!(browser.get(&server, "/session/data").await.json(), json!({}));
        browser
            .put_json(&server, "/session/data", json!({"key": "mine", "value": 1}))
            .await
            .expect_status(200);
        assert_ne!(sid(&browser), old);
        assert_eq!(
            browser.get(&server, "/session/data").await.json(),
            json!({"mine": 1})
        );
    }
}
