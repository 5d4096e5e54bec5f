//! Remember me: an explicit choice of each login.

use std::time::Duration;

use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::account::{code, logged_in, me, verify};
use crate::world::{Running, World, alice, at, carol};

const DAY: Duration = Duration::from_hours(24);

journeys! {
    a_remembered_user_comes_back_after_days
    who_is_not_remembered_is_gone_with_the_browser
    a_second_factor_is_remembered_as_the_login_asked
    proving_the_password_again_leaves_it_as_it_was
}

fn remembered(mut who: Value) -> Value {
    who["remember_me"] = json!(true);
    who
}

/// How long the session lives from now on, unused and at the most.
async fn times(world: &World, browser: &mut Browser, server: &Running) -> (Duration, Duration) {
    let session = &browser.get(server, "/me").await.expect_status(200).json()["session"];
    let left = |field| at(&session[field]).since(keycard::Clock::now(&world.clock));
    (left("expires_at"), left("absolute_at"))
}

/// How long the browser keeps the cookie.
fn kept(browser: &Browser) -> Option<Duration> {
    let expires = browser.jar().cookie("__Host-sid").unwrap().expires()?;
    expires.duration_since(browser.jar().now()).ok()
}

async fn a_remembered_user_comes_back_after_days(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, remembered(alice())).await;
    assert_eq!(kept(&browser), Some(30 * DAY));
    assert_eq!(times(&world, &mut browser, &server).await, (14 * DAY, 30 * DAY));
    browser.close_browser();
    world.pass(13 * DAY, &mut browser);
    assert_eq!(me(&mut browser, &server).await, 200);
    assert_eq!(times(&world, &mut browser, &server).await, (14 * DAY, 17 * DAY));
    world.pass(14 * DAY, &mut browser);
    assert_eq!(me(&mut browser, &server).await, 401);
}

async fn who_is_not_remembered_is_gone_with_the_browser(world: World) {
    let server = world.server().await;
    let mut refused = alice();
    refused["remember_me"] = json!(false);
    for who in [alice(), refused] {
        let mut browser = logged_in(&world, &server, who).await;
        assert_eq!(kept(&browser), None);
        let (unused, at_most) = (Duration::from_mins(30), DAY);
        assert_eq!(times(&world, &mut browser, &server).await, (unused, at_most));
        browser.close_browser();
        assert_eq!(me(&mut browser, &server).await, 401);
    }
}

async fn a_second_factor_is_remembered_as_the_login_asked(world: World) {
    let server = world.server().await;
    for (who, lives) in [(remembered(carol()), 30 * DAY), (carol(), DAY)] {
        let mut browser = world.browser();
        browser.post_json(&server, "/login", who).await.expect_status(200);
        verify(&mut browser, &server, &code(&world))
            .await
            .expect_status(200);
        assert_eq!(times(&world, &mut browser, &server).await.1, lives);
        assert_eq!(kept(&browser), (lives > DAY).then_some(lives));
        world.clock.advance(Duration::from_secs(30));
    }
}

async fn proving_the_password_again_leaves_it_as_it_was(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, remembered(alice())).await;
    world.pass(10 * DAY, &mut browser);
    let password = json!({"password": "password123"});
    browser
        .post_json(&server, "/reauth", password)
        .await
        .expect_status(200);
    assert_eq!(times(&world, &mut browser, &server).await, (14 * DAY, 30 * DAY));
    assert_eq!(kept(&browser), Some(30 * DAY));
}
