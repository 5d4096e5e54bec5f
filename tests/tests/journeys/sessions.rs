//! The account page: where the user is logged in, and ending it there.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use keycard::Clock as _;
use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use crate::account::{listed, logged_in, me};
use crate::world::{Running, World, alice, at, bob, sid};

journeys! {
    a_session_is_listed_with_what_the_login_told_and_never_with_an_id
    sessions_are_listed_by_their_last_use_until_they_expire
    one_session_is_ended_by_its_handle
    the_others_are_ended_and_this_one_stays
    all_are_ended_on_every_server
    the_session_of_the_request_is_ended_as_by_a_logout
    a_handle_of_somebody_else_is_like_an_unknown_one
    a_guest_has_no_list
}

const MINUTE: Duration = Duration::from_mins(1);

async fn end(browser: &mut Browser, server: &Running, which: &str) -> Response {
    browser.delete(server, &format!("/sessions/{which}")).await
}

fn ended(count: usize) -> Value {
    json!({ "ended": count })
}

async fn handle(browser: &mut Browser, server: &Running) -> String {
    let me = browser.get(server, "/me").await.expect_status(200).json();
    me["session"]["handle"].as_str().unwrap().to_owned()
}

async fn a_session_is_listed_with_what_the_login_told_and_never_with_an_id(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let (mut browser, mut elsewhere) = (world.browser(), world.browser());
    for (browser, server, agent) in [
        (&mut browser, &server, "Firefox/143"),
        (&mut elsewhere, &other, "curl/8.9"),
    ] {
        let login = browser.request(Method::POST, server, "/login").json(alice());
        login.header("user-agent", agent).send().await.expect_status(200);
    }
    let answer = browser.get(&other, "/sessions").await.expect_status(200);
    for browser in [&browser, &elsewhere] {
        let secret = &sid(browser).unwrap()[28..];
        assert!(!answer.text().contains(&secret[..20]), "{}", answer.text());
    }
    let handle = handle(&mut browser, &server).await;
    let list = answer.json();
    assert_eq!(list["count"], 2);
    let sessions = list["sessions"].as_array().unwrap();
    let mine = sessions
        .iter()
        .find(|session| session["handle"] == handle.as_str());
    let now = world.clock.now();
    let expected = json!({
        "handle": handle,
        "current": true,
        "created_at": now.as_millis(),
        "last_access": now.as_millis(),
        "expires_at": now.after(30 * MINUTE).as_millis(),
        "ip": "127.0.0.1",
        "user_agent": "Firefox/143",
        "device": null,
    });
    assert_eq!(mine, Some(&expected));
    let other = sessions
        .iter()
        .find(|session| session["handle"] != handle.as_str())
        .unwrap();
    assert_eq!(
        (&other["current"], &other["user_agent"]),
        (&json!(false), &json!("curl/8.9"))
    );
    let fields = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(fields(other), fields(&expected));
    assert_eq!(
        fields(&list),
        BTreeSet::from(["count".to_owned(), "sessions".to_owned()])
    );
}

async fn sessions_are_listed_by_their_last_use_until_they_expire(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut first = logged_in(&world, &server, alice()).await;
    world.clock.advance(2 * MINUTE);
    let mut second = logged_in(&world, &other, alice()).await;
    let handles = [
        handle(&mut first, &server).await,
        handle(&mut second, &server).await,
    ];
    let order = |sessions: Vec<Value>| {
        let place = |session: &Value| {
            handles
                .iter()
                .position(|handle| session["handle"] == handle.as_str())
        };
        sessions.iter().filter_map(place).collect::<Vec<_>>()
    };
    world.clock.advance(2 * MINUTE);
    assert_eq!(me(&mut second, &other).await, 200);
    assert_eq!(order(listed(&mut second, &server).await), [1, 0]);
    world.clock.advance(2 * MINUTE);
    assert_eq!(me(&mut first, &other).await, 200);
    let sessions = listed(&mut second, &server).await;
    assert_eq!(at(&sessions[0]["last_access"]), world.clock.now());
    assert_eq!(order(sessions), [0, 1]);

    // The second was used last two minutes later, when it was listed.
    world.clock.advance(29 * MINUTE);
    assert_eq!(me(&mut second, &server).await, 200);
    world.clock.advance(MINUTE);
    assert_eq!(order(listed(&mut second, &other).await), [1]);
}

async fn one_session_is_ended_by_its_handle(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut phone = logged_in(&world, &server, alice()).await;
    let mut lost = logged_in(&world, &other, alice()).await;
    let handle = handle(&mut lost, &server).await;
    let answer = end(&mut phone, &server, &handle).await.expect_status(200);
    assert_eq!(answer.json(), ended(1));
    assert!(answer.set_cookies().is_empty());
    assert_eq!(
        (me(&mut lost, &other).await, me(&mut phone, &other).await),
        (401, 200)
    );
    end(&mut phone, &other, &handle).await.expect_status(404);
    assert_eq!(listed(&mut phone, &other).await.len(), 1);
}

async fn the_others_are_ended_and_this_one_stays(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut others = [
        logged_in(&world, &server, alice()).await,
        logged_in(&world, &other, alice()).await,
    ];
    let mut bobs = logged_in(&world, &server, bob()).await;
    let mut browser = logged_in(&world, &server, alice()).await;
    let answer = end(&mut browser, &other, "others").await.expect_status(200);
    assert_eq!(answer.json(), ended(2));
    assert!(answer.set_cookies().is_empty());
    for (browser, server) in others.iter_mut().zip([&server, &other]) {
        assert_eq!(me(browser, server).await, 401);
    }
    assert_eq!(
        (me(&mut browser, &server).await, me(&mut bobs, &other).await),
        (200, 200)
    );
    let again = end(&mut browser, &server, "others").await.expect_status(200);
    assert_eq!(again.json(), ended(0));
}

async fn all_are_ended_on_every_server(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut elsewhere = logged_in(&world, &other, alice()).await;
    let mut bobs = logged_in(&world, &other, bob()).await;
    let mut browser = logged_in(&world, &server, alice()).await;
    let mut held = browser.clone();
    let answer = end(&mut browser, &other, "all").await.expect_status(200);
    assert_eq!(answer.json(), ended(2));
    assert_eq!(sid(&browser), None, "the cookie is removed");
    for browser in [&mut elsewhere, &mut held] {
        for server in [&server, &other] {
            assert_eq!(me(browser, server).await, 401);
        }
    }
    assert_eq!(me(&mut bobs, &server).await, 200);
    let mut again = logged_in(&world, &server, alice()).await;
    assert_eq!(listed(&mut again, &other).await.len(), 1);
}

async fn the_session_of_the_request_is_ended_as_by_a_logout(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, alice()).await;
    let (mut held, handle) = (browser.clone(), handle(&mut browser, &server).await);
    let answer = end(&mut browser, &server, &handle).await.expect_status(200);
    assert_eq!(answer.json(), ended(1));
    assert_eq!(sid(&browser), None);
    assert_eq!(me(&mut held, &server).await, 401);
}

async fn a_handle_of_somebody_else_is_like_an_unknown_one(world: World) {
    let server = world.server().await;
    let mut alices = logged_in(&world, &server, alice()).await;
    let mut bobs = logged_in(&world, &server, bob()).await;
    let foreign = handle(&mut bobs, &server).await;
    let mine = handle(&mut alices, &server).await;
    let unknown = [&mine[..26], if mine.ends_with('A') { "E" } else { "A" }].concat();
    let not_found = end(&mut alices, &server, &foreign).await.expect_status(404);
    for other in [unknown.as_str(), "x", "%00", "%ff", "all%20", "OTHERS"] {
        let answer = end(&mut alices, &server, other).await.expect_status(404);
        assert_eq!(answer.body, not_found.body, "{other}");
    }
    assert_eq!(
        (me(&mut bobs, &server).await, me(&mut alices, &server).await),
        (200, 200)
    );
}

async fn a_guest_has_no_list(world: World) {
    let (server, mut guest) = (world.server().await, world.browser());
    let handle = handle(&mut logged_in(&world, &server, alice()).await, &server).await;
    let entry = json!({"key": "n", "value": 1});
    guest
        .put_json(&server, "/session/data", entry)
        .await
        .expect_status(200);
    guest.get(&server, "/sessions").await.expect_status(401);
    for which in ["all", "others", &handle, "unknown"] {
        end(&mut guest, &server, which).await.expect_status(401);
    }
    assert!(sid(&guest).is_some());
}
