//! Guesses: five for an account from one client in 15 minutes, however they come.

use std::time::Duration;

use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use crate::account::{code, logged_in, me, verify, waiting};
use crate::world::{Running, World, alice, bob, carol};

journeys! {
    the_sixth_guess_is_told_when_to_come_again
    an_account_that_does_not_exist_is_guessed_as_slowly
    a_success_forgives_the_guesses_before_it
    right_passwords_are_not_counted
    of_many_guesses_at_once_five_are_checked
    the_password_is_guessed_as_slowly_in_a_session
    a_known_password_begins_no_more_logins_that_wait_for_a_code
}

fn wrong(mut who: Value) -> Value {
    who["password"] = json!("a guess");
    who
}

async fn log_in(browser: &mut Browser, server: &Running, who: Value) -> Response {
    browser.post_json(server, "/login", who).await
}

async fn guess(world: &World, server: &Running, who: &Value, times: usize) {
    for _ in 0..times {
        let answer = log_in(&mut world.browser(), server, wrong(who.clone())).await;
        answer.expect_status(401);
    }
}

/// Asserts that an attempt was throttled, and until when.
fn assert_throttled(answer: Response, seconds: u64) {
    let answer = answer.expect_status(429);
    assert_eq!(answer.header("retry-after"), Some(&*seconds.to_string()));
    assert_eq!(answer.json(), json!({"error": "too many attempts"}));
    assert!(answer.set_cookies().is_empty());
}

async fn the_sixth_guess_is_told_when_to_come_again(world: World) {
    let servers = [world.server().await, world.other_server().await];
    for server in servers.iter().cycle().take(4) {
        guess(&world, server, &alice(), 1).await;
    }
    world.clock.advance(Duration::from_mins(5));
    guess(&world, &servers[0], &alice(), 1).await;
    let mut browser = world.browser();
    for server in &servers {
        assert_throttled(log_in(&mut browser, server, wrong(alice())).await, 600);
        assert_throttled(log_in(&mut browser, server, alice()).await, 600);
    }
    logged_in(&world, &servers[1], bob()).await;
    world.clock.advance(Duration::from_secs(599));
    assert_throttled(log_in(&mut browser, &servers[0], alice()).await, 1);
    world.clock.advance(Duration::from_secs(1));
    log_in(&mut browser, &servers[0], alice())
        .await
        .expect_status(200);
    assert_eq!(me(&mut browser, &servers[1]).await, 200);
}

async fn an_account_that_does_not_exist_is_guessed_as_slowly(world: World) {
    let server = world.server().await;
    let nobody = json!({"email": "nobody@example.com", "password": "password123"});
    guess(&world, &server, &nobody, 5).await;
    guess(&world, &server, &alice(), 5).await;
    for who in [nobody, alice()] {
        assert_throttled(log_in(&mut world.browser(), &server, who).await, 900);
    }
}

async fn a_success_forgives_the_guesses_before_it(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    for _ in 0..3 {
        guess(&world, &server, &alice(), 4).await;
        guess(&world, &server, &bob(), 1).await;
        logged_in(&world, &other, alice()).await;
    }
    // Bob's have not been forgiven by Alice's success.
    guess(&world, &server, &bob(), 2).await;
    assert_throttled(log_in(&mut world.browser(), &server, bob()).await, 900);
}

async fn right_passwords_are_not_counted(world: World) {
    let server = world.server().await;
    let mut browser = world.browser();
    for _ in 0..12 {
        log_in(&mut browser, &server, alice()).await.expect_status(200);
    }
}

async fn of_many_guesses_at_once_five_are_checked(world: World) {
    let servers = [world.server().await, world.other_server().await];
    let browser = world.browser();
    let guesses = servers.iter().cycle().take(20).map(|server| {
        let held = browser.snapshot();
        async move {
            held.post_json(server, "/login", wrong(alice()))
                .await
                .status
                .as_u16()
        }
    });
    let mut statuses = futures_util::future::join_all(guesses).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[401; 5].as_slice(), &[429; 15]].concat());
}

async fn the_password_is_guessed_as_slowly_in_a_session(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, alice()).await;
    guess(&world, &server, &alice(), 2).await;
    let reauth = |password| json!({ "password": password });
    for _ in 0..3 {
        let answer = browser.post_json(&server, "/reauth", reauth("a guess")).await;
        answer.expect_status(401);
    }
    let answer = browser.post_json(&server, "/reauth", reauth("password123")).await;
    assert_throttled(answer, 900);
    assert_eq!(me(&mut browser, &server).await, 200, "the session goes on");
}

async fn a_known_password_begins_no_more_logins_that_wait_for_a_code(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut last = world.browser();
    for server in [&server, &other, &server, &other, &server] {
        last = waiting(&world, server).await;
    }
    assert_throttled(log_in(&mut world.browser(), &other, carol()).await, 900);
    verify(&mut last, &other, &code(&world)).await.expect_status(200);
    waiting(&world, &server).await; // the code has forgiven it
}
