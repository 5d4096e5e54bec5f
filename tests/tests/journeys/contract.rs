//! The examples' contract: bad input gets 400 with a reason, what is not there 404.

use http::Method;
use serde_json::{Value, json};

use crate::world::{World, alice};

journeys! {
    bad_input_gets_400_with_a_reason
    what_is_not_there_is_404
    a_head_is_answered_like_a_get_without_the_body
    increments_answer_the_committed_value
    an_ended_session_is_409_for_an_increment
    a_slow_write_tells_whom_it_saw
    a_slow_write_that_a_logout_overtakes_is_dropped
}

async fn bad_input_gets_400_with_a_reason(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let mut remembered = alice();
    remembered["remember_me"] = json!("yes");
    let mut device = alice();
    device["device"] = json!({"id": "phone", "name": "x".repeat(257)});
    let posts: [(&str, Value); 16] = [
        ("/login", json!({})),
        ("/login", json!([])),
        ("/login", json!({"email": "alice@example.com", "password": 7})),
        ("/login", remembered),
        ("/login", device),
        ("/mfa/verify", json!({})),
        ("/mfa/verify", json!({"code": 123_456})),
        ("/mfa/verify", json!({"code": "123456"})),
        ("/reauth", json!({})),
        ("/session/increment", json!({})),
        ("/session/increment", json!({"key": "n", "by": "one"})),
        ("/session/increment", json!({"key": "n", "delay_ms": 5001})),
        ("/session/increment", json!({"key": ""})),
        ("/slow-set?key=n&ms=5001", json!(null)),
        ("/token/refresh", json!({})),
        ("/token/revoke", json!({})),
    ];
    for (target, body) in posts {
        let answer = browser.post_json(&server, target, body.clone()).await;
        assert_eq!(answer.status, 400, "{target} {body}: {answer}");
        assert!(
            answer.json()["error"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{target} {body}"
        );
    }
    for body in [
        json!({"key": "app.own", "value": 1}),
        json!({"key": "n"}),
        json!({"value": 1}),
    ] {
        browser
            .put_json(&server, "/session/data", body)
            .await
            .expect_status(400);
    }
    let large = json!({"key": "n", "value": "x".repeat(70_000)});
    browser
        .put_json(&server, "/session/data", large)
        .await
        .expect_status(400);
    browser.post(&server, "/slow-set?ms=1").await.expect_status(400);
    browser
        .post(&server, "/slow-set?key=n&ms=-1")
        .await
        .expect_status(400);
    let broken = browser
        .request(Method::POST, &server, "/login")
        .body("application/json", "{\"email\":");
    assert!(broken.send().await.expect_status(400).json()["error"].is_string());
    assert_eq!(world.stored_count(), 0);
}

async fn what_is_not_there_is_404(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    for target in [
        "/",
        "/no/such/route",
        "/session/data/unknown",
        "/session/data/app.own",
    ] {
        let answer = browser.get(&server, target).await.expect_status(404);
        assert!(answer.json()["error"].is_string(), "{target}");
    }
}

async fn a_head_is_answered_like_a_get_without_the_body(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    for logged_in in [false, true] {
        for target in [
            "/me",
            "/session/data",
            "/session/data/n",
            "/session/data/unknown",
            "/login",
            "/no/such/route",
        ] {
            let mut get = browser.get(&server, target).await;
            let mut head = browser.request(Method::HEAD, &server, target).send().await;
            assert!(!get.body.is_empty() && head.body.is_empty(), "{get}");
            assert_eq!(get.header("content-length"), Some(&*get.body.len().to_string()));
            for answer in [&mut get, &mut head] {
                answer.headers.remove("date");
            }
            assert_eq!((head.status, head.headers), (get.status, get.headers), "{target}");
        }
        if !logged_in {
            let entry = json!({"key": "n", "value": 1});
            browser.put_json(&server, "/session/data", entry).await;
            browser
                .post_json(&server, "/login", alice())
                .await
                .expect_status(200);
        }
    }
}

async fn increments_answer_the_committed_value(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    for (body, value) in [
        (json!({"key": "n"}), 1),
        (json!({"key": "n", "by": 41}), 42),
        (json!({"key": "n", "by": -2, "delay_ms": 5}), 40),
    ] {
        let answer = browser
            .post_json(&server, "/session/increment", body)
            .await
            .expect_status(200);
        assert_eq!(answer.json(), json!({"key": "n", "value": value}));
    }
    let most = json!({"key": "n", "by": i64::MAX});
    browser
        .post_json(&server, "/session/increment", most)
        .await
        .expect_status(400);
    assert_eq!(browser.get(&server, "/session/data/n").await.json()["value"], 40);
}

async fn an_ended_session_is_409_for_an_increment(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let held = browser.snapshot();
    browser.post(&server, "/logout").await.expect_status(204);
    let answer = held
        .post_json(&server, "/session/increment", json!({"key": "n"}))
        .await
        .expect_status(409);
    assert!(answer.set_cookies().is_empty());
}

async fn a_slow_write_tells_whom_it_saw(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let guest = browser
        .post(&server, "/slow-set?key=k&ms=1")
        .await
        .expect_status(200);
    assert_eq!(guest.json(), json!({"key": "k", "value": true, "user": null}));
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let user = browser
        .post(&server, "/slow-set?key=k&ms=0")
        .await
        .expect_status(200);
    assert_eq!(user.json()["user"], "alice@example.com");
}

async fn a_slow_write_that_a_logout_overtakes_is_dropped(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    loop {
        browser
            .post_json(&server, "/login", alice())
            .await
            .expect_status(200);
        let held = browser.snapshot();
        let (write, logout) = tokio::join!(
            held.post(&server, "/slow-set?key=late&ms=100"),
            browser.post(&server, "/logout"),
        );
        logout.expect_status(204);
        let write = write.expect_status(200);
        assert!(write.set_cookies().is_empty());
        held.get(&server, "/me").await.expect_status(401);
        if write.json()["user"] == "alice@example.com" {
            break; // It had read the session before the logout; otherwise the round proves nothing.
        }
    }
}
