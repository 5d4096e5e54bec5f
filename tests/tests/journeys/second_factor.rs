//! Logins that need a code.

use std::time::Duration;

use serde_json::json;

use crate::account::{code, listed, logged_in, me, verify, waiting, wrong_code};
use crate::world::{World, alice, sid};

journeys! {
    a_password_and_a_code_log_in_each_with_a_new_id
    a_guest_s_data_comes_along_through_both_factors
    who_waits_for_a_code_is_nobody_and_not_listed
    a_wrong_code_may_be_followed_by_the_right_one
    the_fifth_wrong_code_ends_the_login
    all_logins_of_a_user_have_twenty_codes
    a_code_is_accepted_once_on_all_servers
    of_two_requests_with_the_same_code_one_logs_in
    nobody_can_verify_who_does_not_wait
    a_login_waits_ten_minutes
    ending_all_sessions_ends_a_login_that_waits
}

const STEP: Duration = Duration::from_secs(30);

async fn a_password_and_a_code_log_in_each_with_a_new_id(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut browser = waiting(&world, &server).await;
    let (mut held, first) = (browser.clone(), sid(&browser));
    assert!(first.is_some());
    let verified = verify(&mut browser, &other, &code(&world))
        .await
        .expect_status(200);
    assert_eq!(verified.json()["user"]["email"], "carol@example.com");
    assert_ne!(sid(&browser), first);
    let profile = browser.get(&server, "/me").await.expect_status(200).json();
    assert_eq!(profile["user"], verified.json()["user"]);
    assert_eq!(me(&mut held, &server).await, 401);
    verify(&mut held, &server, &code(&world)).await.expect_status(400);
}

async fn a_guest_s_data_comes_along_through_both_factors(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let entry = json!({"key": "cart", "value": [1, 2]});
    browser
        .put_json(&server, "/session/data", entry)
        .await
        .expect_status(200);
    let password = browser.post_json(&server, "/login", crate::world::carol());
    password.await.expect_status(200);
    verify(&mut browser, &server, &code(&world))
        .await
        .expect_status(200);
    let data = browser.get(&server, "/session/data").await.json();
    assert_eq!(data, json!({"cart": [1, 2]}));
}

async fn who_waits_for_a_code_is_nobody_and_not_listed(world: World) {
    let server = world.server().await;
    let mut complete = waiting(&world, &server).await;
    verify(&mut complete, &server, &code(&world))
        .await
        .expect_status(200);
    let mut browser = waiting(&world, &server).await;
    for target in ["/me", "/sessions", "/admin/stats"] {
        browser.get(&server, target).await.expect_status(401);
    }
    browser.delete(&server, "/sessions/all").await.expect_status(401);
    let slow = browser.post(&server, "/slow-set?key=k&ms=0").await;
    assert_eq!(slow.json()["user"], json!(null));
    assert_eq!(listed(&mut complete, &server).await.len(), 1);
}

async fn a_wrong_code_may_be_followed_by_the_right_one(world: World) {
    let server = world.server().await;
    let mut browser = waiting(&world, &server).await;
    for wrong in [wrong_code(&world).as_str(), "", "12345", "a code"] {
        let answer = verify(&mut browser, &server, wrong).await.expect_status(401);
        assert!(answer.set_cookies().is_empty(), "{wrong}");
    }
    verify(&mut browser, &server, &code(&world))
        .await
        .expect_status(200);
    assert_eq!(me(&mut browser, &server).await, 200);
}

async fn the_fifth_wrong_code_ends_the_login(world: World) {
    let servers = [world.server().await, world.other_server().await];
    let mut browser = waiting(&world, &servers[0]).await;
    let mut held = browser.clone();
    for server in servers.iter().cycle().take(5) {
        assert!(sid(&browser).is_some());
        verify(&mut browser, server, &wrong_code(&world))
            .await
            .expect_status(401);
    }
    assert_eq!(sid(&browser), None, "the fifth removes the cookie");
    for server in &servers {
        verify(&mut held, server, &code(&world)).await.expect_status(400);
    }
    let mut browser = waiting(&world, &servers[1]).await;
    verify(&mut browser, &servers[0], &code(&world))
        .await
        .expect_status(200);
}

async fn all_logins_of_a_user_have_twenty_codes(world: World) {
    let servers = [world.server().await, world.other_server().await];
    let wrong = wrong_code(&world);
    for login in 0..4 {
        let mut browser = waiting(&world, &servers[login % 2]).await;
        for _ in 0..5 {
            verify(&mut browser, &servers[login % 2], &wrong)
                .await
                .expect_status(401);
        }
    }
    let mut browser = waiting(&world, &servers[0]).await;
    let refused = verify(&mut browser, &servers[1], &code(&world))
        .await
        .expect_status(429);
    assert_eq!(refused.header("retry-after"), Some("900"));
}

async fn a_code_is_accepted_once_on_all_servers(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let (mut first, mut second) = (waiting(&world, &server).await, waiting(&world, &other).await);
    let used = code(&world);
    verify(&mut first, &server, &used).await.expect_status(200);
    // It is right for as long as the clock of her phone may be behind.
    for _ in 0..2 {
        verify(&mut second, &other, &used).await.expect_status(401);
        world.clock.advance(STEP);
    }
    verify(&mut second, &other, &code(&world))
        .await
        .expect_status(200);
    assert_eq!(me(&mut first, &other).await, 200);
}

async fn of_two_requests_with_the_same_code_one_logs_in(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    loop {
        let mut browser = waiting(&world, &server).await;
        let held = browser.snapshot();
        let body = json!({"code": code(&world)});
        let (one, two) = tokio::join!(
            held.post_json(&server, "/mfa/verify", body.clone()),
            held.post_json(&other, "/mfa/verify", body),
        );
        let (right, late) = if one.status == 200 { (one, two) } else { (two, one) };
        browser.absorb(&right.expect_status(200));
        assert_eq!(me(&mut browser, &server).await, 200);
        assert!(late.set_cookies().is_empty(), "{late}");
        if late.status == 401 {
            break; // It had seen the login wait, too; otherwise the round proves nothing.
        }
        late.expect_status(400);
        world.clock.advance(STEP);
    }
}

async fn nobody_can_verify_who_does_not_wait(world: World) {
    let (server, mut guest) = (world.server().await, world.browser());
    let mut alice = logged_in(&world, &server, alice()).await;
    for browser in [&mut guest, &mut alice] {
        let answer = verify(browser, &server, &code(&world)).await.expect_status(400);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(me(&mut alice, &server).await, 200);
}

async fn a_login_waits_ten_minutes(world: World) {
    let server = world.server().await;
    for (waits, status) in [(Duration::from_secs(570), 200), (Duration::from_mins(10), 400)] {
        let mut browser = waiting(&world, &server).await;
        world.pass(waits, &mut browser);
        verify(&mut browser, &server, &code(&world))
            .await
            .expect_status(status);
    }
}

async fn ending_all_sessions_ends_a_login_that_waits(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut complete = waiting(&world, &server).await;
    verify(&mut complete, &server, &code(&world))
        .await
        .expect_status(200);
    for target in ["/sessions/others", "/sessions/all"] {
        let mut browser = waiting(&world, &server).await;
        complete.delete(&other, target).await.expect_status(200);
        world.clock.advance(STEP);
        let answer = verify(&mut browser, &server, &code(&world))
            .await
            .expect_status(400);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(me(&mut complete, &server).await, 401);
}
