//! Logins and logouts with options, and what a session that has ended still answers.

use keycard_tests::browser::{Browser, Server};
use keycard_tests::world::{World, sid};
use serde_json::{Value, json};

journeys! {
    a_logout_may_keep_values_in_a_session_of_nobody
    a_login_may_drop_what_the_guest_had
    another_user_s_login_drops_what_was_there_and_keeps_what_comes_after
    a_write_on_a_session_that_has_ended_is_dropped
    a_login_on_a_session_that_has_ended_begins_another
}

/// Who is logged in, and what the session holds.
async fn seen(browser: &mut Browser, server: &impl Server) -> Value {
    let steps = json!([{"do": "user"}, {"do": "keys"}]);
    browser.act(server, steps).await.json()
}

fn insert(key: &str) -> Value {
    json!({"do": "insert", "key": key, "value": true})
}

fn login(user: &str) -> Value {
    json!({"do": "login", "user": user})
}

async fn a_logout_may_keep_values_in_a_session_of_nobody(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let steps =
        json!([login("alice"), insert("language"), insert("address"), {"do": "commit"}, {"do": "handle"}]);
    let alice = browser.act(&server, steps).await.json()[4].clone();
    let (mut held, old) = (browser.clone(), sid(&browser));

    let steps = json!([
        {"do": "logout_keeping", "names": ["language", "never put in"]},
        {"do": "user"},
        {"do": "keys"},
    ]);
    let logout = browser.act(&server, steps).await;
    assert_eq!(logout.json(), json!([null, null, ["language"]]));
    assert_eq!(logout.set_cookies().len(), 1);
    assert_ne!(sid(&browser), old);
    assert_eq!(seen(&mut browser, &server).await, json!([null, ["language"]]));
    assert_ne!(
        browser.act(&server, json!([{"do": "handle"}])).await.json()[0],
        alice
    );
    assert_eq!(seen(&mut held, &server).await, json!([null, []]));
}

async fn a_login_may_drop_what_the_guest_had(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser.act(&server, json!([insert("cart")])).await;
    let mut guest = browser.clone();
    let steps = json!([
        insert("before"),
        {"do": "login", "user": "alice", "without_earlier_data": true},
        insert("after"),
        {"do": "keys"},
    ]);
    let login = browser.act(&server, steps).await.json();
    assert_eq!(login[3], json!(["after"]));
    assert_eq!(seen(&mut browser, &server).await, json!(["alice", ["after"]]));
    assert_eq!(seen(&mut guest, &server).await, json!([null, []]));
}

async fn another_user_s_login_drops_what_was_there_and_keeps_what_comes_after(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser
        .act(&server, json!([login("alice"), insert("address")]))
        .await;
    let (mut alice, handle) = (browser.clone(), json!([{"do": "handle"}]));
    let before = browser.act(&server, handle.clone()).await.json();
    let steps = json!([insert("before"), login("bob"), insert("after")]);
    assert_eq!(browser.act(&server, steps).await.set_cookies().len(), 1);
    assert_eq!(seen(&mut browser, &server).await, json!(["bob", ["after"]]));
    assert_ne!(browser.act(&server, handle).await.json(), before);
    assert_eq!(seen(&mut alice, &server).await, json!([null, []]));
}

/// A browser whose cookie names a session that another has ended, and that session's handle.
async fn left_behind(world: &World, server: &impl Server) -> (Browser, Value) {
    let mut browser = world.browser();
    let steps = json!([login("alice"), insert("n"), {"do": "commit"}, {"do": "handle"}]);
    let handle = browser.act(server, steps).await.json()[3].take();
    let logout = json!([{"do": "logout"}]);
    browser.snapshot().act(server, logout).await;
    (browser, handle)
}

async fn a_write_on_a_session_that_has_ended_is_dropped(world: World) {
    let server = world.acting_server().await;
    let (mut browser, _) = left_behind(&world, &server).await;
    let (cookie, stored) = (sid(&browser), world.stored_count());
    let steps = json!([
        insert("n"),
        {"do": "get", "key": "n"},
        {"do": "increment", "key": "sum", "by": 1},
        {"do": "update", "key": "list", "change": {"push": 1}},
        {"do": "consume", "key": "n"},
        {"do": "commit"},
        {"do": "rotate"},
        {"do": "extend", "ms": 1000},
    ]);
    let answer = browser.act(&server, steps).await.expect_status(200);
    assert!(answer.set_cookies().is_empty());
    let answer = answer.json();
    assert_eq!((&answer[0], &answer[1]), (&Value::Null, &json!(true)));
    for step in 2..=5 {
        assert_eq!(answer[step]["error"], "Ended", "{answer}");
    }
    assert_eq!(seen(&mut browser, &server).await, json!([null, []]));
    assert_eq!((sid(&browser), world.stored_count()), (cookie, stored));
}

async fn a_login_on_a_session_that_has_ended_begins_another(world: World) {
    let server = world.acting_server().await;
    let (mut browser, dead) = left_behind(&world, &server).await;
    let steps = json!([
        insert("before"),
        login("alice"),
        insert("after"),
        {"do": "commit"},
        {"do": "handle"},
    ]);
    let login = browser.act(&server, steps).await;
    assert_eq!(login.set_cookies().len(), 1);
    let handle = &login.json()[4];
    assert!(handle.is_string() && *handle != dead, "{handle}");
    let now = seen(&mut browser, &server).await;
    assert_eq!(
        now,
        json!(["alice", ["after"]]),
        "what was written to the dead session went down with it"
    );
}
