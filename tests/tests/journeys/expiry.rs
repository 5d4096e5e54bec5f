//! Time-outs, by a clock that is marched: on Redis too, where no key's TTL runs out.

use std::time::Duration;

use keycard::Lifetimes;

use crate::world::{World, alice, at, sid};

const MINUTE: Duration = Duration::from_mins(1);

journeys! {
    an_unused_session_ends_after_its_idle_time
    a_used_session_rolls_and_ends_at_its_absolute_deadline
    last_access_is_exact_to_touch_after
}

async fn an_unused_session_ends_after_its_idle_time(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    world.pass(Duration::from_millis(30 * 60 * 1000 - 1), &mut browser);
    browser.get(&server, "/no/such/route").await.expect_status(404);
    assert!(sid(&browser).is_some());
    world.pass(Duration::from_millis(1), &mut browser);
    browser.get(&server, "/me").await.expect_status(401);

    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    world.pass(Duration::from_millis(30 * 60 * 1000 - 1), &mut browser);
    browser.get(&server, "/me").await.expect_status(200);
}

async fn a_used_session_rolls_and_ends_at_its_absolute_deadline(world: World) {
    let lifetimes = Lifetimes::new(30 * MINUTE, 3 * 60 * MINUTE).unwrap();
    let app = world.app_with(&[1], |builder| builder.lifetimes(lifetimes));
    let server = world.server_with(world.adapter, app.await).await;
    let mut browser = world.browser();
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let deadline = browser.get(&server, "/me").await.json()["session"]["absolute_at"].clone();
    for _ in 0..7 {
        world.pass(25 * MINUTE, &mut browser);
        let me = browser.get(&server, "/me").await.expect_status(200);
        assert!(me.set_cookies().is_empty(), "rolling needs no cookie");
        assert_eq!(me.json()["session"]["absolute_at"], deadline);
    }
    let expires = browser.get(&server, "/me").await.json()["session"]["expires_at"].clone();
    assert_eq!(expires, deadline, "the last use rolls no further than the cap");
    world.pass(5 * MINUTE, &mut browser);
    browser.get(&server, "/me").await.expect_status(401);
}

async fn last_access_is_exact_to_touch_after(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let created = at(&browser.get(&server, "/me").await.json()["session"]["created_at"]);
    world.pass(MINUTE, &mut browser);
    browser.get(&server, "/me").await.expect_status(200);
    let not_due = browser.get(&server, "/me").await.json();
    assert_eq!(at(&not_due["session"]["last_access"]), created);
    world.pass(Duration::from_millis(1), &mut browser);
    browser.get(&server, "/me").await.expect_status(200);
    let touched = browser.get(&server, "/me").await.json();
    assert_eq!(
        at(&touched["session"]["last_access"]),
        created.after(MINUTE + Duration::from_millis(1))
    );
    assert_eq!(
        at(&touched["session"]["expires_at"]),
        created.after(31 * MINUTE + Duration::from_millis(1))
    );
}
