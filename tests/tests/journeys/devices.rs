//! A session per device.

use serde_json::{Value, json};

use crate::account::{code, listed, logged_in, me, on_device, verify};
use crate::acting::{NOBODY, begun, done, last, login, mine, serve, users};
use crate::world::{World, alice, bob, carol, sid};

journeys! {
    a_login_on_a_device_ends_the_one_before_there
    logging_in_again_on_a_device_is_the_same_session
    devices_are_listed_with_names_and_types
    a_device_that_cannot_be_kept_is_refused_and_nothing_is_lost
    a_login_that_waits_for_a_code_takes_its_device_when_the_code_was_right
    what_runs_on_a_device_is_ended_from_another
    who_comes_back_on_a_device_has_a_session_of_its_own
    a_device_that_is_not_the_user_s_ends_nothing
    ending_one_s_own_device_is_a_logout
}

async fn a_login_on_a_device_ends_the_one_before_there(world: World) {
    let (one, other) = (world.server().await, world.other_server().await);
    let mut before = logged_in(&world, &one, on_device(alice(), "phone")).await;
    let mut elsewhere = logged_in(&world, &other, on_device(alice(), "tablet")).await;
    let mut unnamed = logged_in(&world, &one, alice()).await;
    let mut bobs = logged_in(&world, &one, on_device(bob(), "phone")).await;
    let mut after = logged_in(&world, &other, on_device(alice(), "phone")).await;
    assert_eq!(me(&mut before, &one).await, 401);
    for browser in [&mut elsewhere, &mut unnamed, &mut bobs, &mut after] {
        assert_eq!(me(browser, &one).await, 200);
    }
    assert_eq!(listed(&mut after, &one).await.len(), 3);
}

async fn logging_in_again_on_a_device_is_the_same_session(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, on_device(alice(), "phone")).await;
    let before = listed(&mut browser, &server).await;
    for who in [on_device(alice(), "phone"), alice()] {
        browser.post_json(&server, "/login", who).await.expect_status(200);
        let after = listed(&mut browser, &server).await;
        assert_eq!(after.len(), 1);
        for field in ["handle", "device"] {
            assert_eq!(after[0][field], before[0][field]);
        }
    }
}

async fn devices_are_listed_with_names_and_types(world: World) {
    let server = world.server().await;
    let devices = [
        json!({"id": "a1", "name": "Alice's phone", "type": "phone"}),
        json!({"id": "b2", "name": "Žofie"}),
        json!({"id": "x".repeat(256), "type": "y".repeat(256)}),
    ];
    let mut last = logged_in(&world, &server, alice()).await;
    for device in &devices {
        world.clock.advance(std::time::Duration::from_secs(1));
        let mut who = alice();
        who["device"] = device.clone();
        last = logged_in(&world, &server, who).await;
    }
    let sessions = listed(&mut last, &server).await;
    let [third, second, first, unnamed] = sessions.as_slice() else {
        panic!("{sessions:?}")
    };
    for (session, device) in [first, second, third].into_iter().zip(&devices) {
        for field in ["id", "name", "type"] {
            assert_eq!(session["device"][field], device[field], "{session}");
        }
    }
    assert_eq!(unnamed["device"], json!(null));
}

async fn a_device_that_cannot_be_kept_is_refused_and_nothing_is_lost(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, on_device(alice(), "phone")).await;
    let (held, stored) = (sid(&browser), world.stored_count());
    let long = "x".repeat(257);
    for device in [
        json!({"id": ""}),
        json!({"id": long}),
        json!({"id": "phone", "name": long}),
        json!({"id": "phone", "name": "a\u{7}b"}),
        json!({"id": "phone", "type": long}),
        json!({"name": "Phone"}),
        json!("phone"),
    ] {
        let mut who = alice();
        who["device"] = device.clone();
        let answer = browser.post_json(&server, "/login", who).await;
        assert_eq!(answer.status, 400, "{device}");
        assert!(answer.json()["error"].is_string(), "{device}");
    }
    assert_eq!((sid(&browser), world.stored_count()), (held, stored));
    assert_eq!(me(&mut browser, &server).await, 200);
}

async fn a_login_that_waits_for_a_code_takes_its_device_when_the_code_was_right(world: World) {
    let (server, mut after) = (world.server().await, world.browser());
    let mut before = world.browser();
    for browser in [&mut before, &mut after] {
        let login = browser.post_json(&server, "/login", on_device(carol(), "phone"));
        login.await.expect_status(200);
    }
    verify(&mut before, &server, &code(&world))
        .await
        .expect_status(200);
    assert_eq!(me(&mut before, &server).await, 200, "the other login only waits");
    world.clock.advance(std::time::Duration::from_secs(30));
    verify(&mut after, &server, &code(&world))
        .await
        .expect_status(200);
    assert_eq!(me(&mut before, &server).await, 401);
    assert_eq!(listed(&mut after, &server).await[0]["device"]["id"], "phone");
}

/// The step that logs a user in on a device.
fn login_on(user: &str, device: &str) -> Value {
    json!({"do": "login", "user": user, "device": device})
}

/// The step that ends what runs on a device.
fn end_device(id: &str) -> Value {
    mine(json!({ "end_device": id }))
}

async fn what_runs_on_a_device_is_ended_from_another(world: World) {
    let (servers, _) = serve(&world, |builder| builder).await;
    let [server, other] = &servers;
    let mut phone = begun(&world, server, json!([login_on("alice", "phone")])).await;
    let mut tablet = begun(&world, other, json!([login_on("alice", "tablet")])).await;
    let unnamed = begun(&world, server, json!([login("alice")])).await;
    let bobs = begun(&world, other, json!([login_on("bob", "phone")])).await;
    assert_eq!(last(&mut tablet, server, json!([end_device("phone")])).await, 1);
    for server in &servers {
        let answer = phone.get(server, "/guards/layer/User").await.expect_status(401);
        assert!(answer.set_cookies().is_empty());
    }
    for (browser, user) in [(&tablet, "alice"), (&unnamed, "alice"), (&bobs, "bob")] {
        assert_eq!(users(browser, &servers).await, [user, user]);
    }
    assert_eq!(
        last(&mut tablet, other, json!([end_device("phone")])).await,
        0,
        "it has ended"
    );
}

async fn who_comes_back_on_a_device_has_a_session_of_its_own(world: World) {
    let (servers, everybody) = serve(&world, |builder| builder).await;
    let [server, other] = &servers;
    let phone = begun(&world, server, json!([login_on("alice", "phone")])).await;
    let ended = everybody.of("alice").end_device("phone").await.unwrap();
    assert_eq!(ended, 1, "an administrator");
    assert_eq!(users(&phone, &servers).await, NOBODY);
    let tablet = begun(&world, server, json!([login_on("alice", "tablet")])).await;
    let mut again = begun(&world, other, json!([login_on("alice", "phone")])).await;
    assert_eq!(users(&phone, &servers).await, NOBODY);
    assert_eq!(last(&mut again, server, json!([end_device("tablet")])).await, 1);
    assert_eq!(users(&tablet, &servers).await, NOBODY);
    assert_eq!(users(&again, &servers).await, ["alice", "alice"]);
}

async fn a_device_that_is_not_the_user_s_ends_nothing(world: World) {
    let (servers, _) = serve(&world, |builder| builder).await;
    let mut alices = begun(&world, &servers[0], json!([login_on("alice", "phone")])).await;
    let bobs = begun(&world, &servers[1], json!([login_on("bob", "tablet")])).await;
    let unnamed = begun(&world, &servers[1], json!([login("alice")])).await;
    for device in ["tablet", "Phone", "phone ", "", "\u{7}", &"x".repeat(100_000)] {
        assert_eq!(
            last(&mut alices, &servers[1], json!([end_device(device)])).await,
            0
        );
    }
    for (browser, user) in [(&alices, "alice"), (&unnamed, "alice"), (&bobs, "bob")] {
        assert_eq!(users(browser, &servers).await, [user, user]);
    }
}

async fn ending_one_s_own_device_is_a_logout(world: World) {
    let (servers, _) = serve(&world, |builder| builder).await;
    let mut phone = begun(&world, &servers[0], json!([login_on("alice", "phone")])).await;
    let held = phone.clone();
    let given = done(
        &mut phone,
        &servers[1],
        json!([end_device("phone"), {"do": "user"}]),
    )
    .await;
    assert_eq!(given, json!([1, null]));
    assert_eq!(sid(&phone), None, "its cookie is removed");
    assert_eq!(users(&held, &servers).await, NOBODY);
}
