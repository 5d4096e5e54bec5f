//! Handlers that fail: what of their work counts.

use keycard_tests::world::{World, sid};
use serde_json::{Value, json};

journeys! {
    what_was_committed_counts_whatever_the_answer
    of_a_failed_request_only_the_logout_counts
    a_request_that_panics_leaves_no_half_of_its_work
}

async fn what_was_committed_counts_whatever_the_answer(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let steps = json!([
        {"do": "login", "user": "alice"},
        {"do": "insert", "key": "n", "value": 1},
        {"do": "commit"},
        {"do": "insert", "key": "late", "value": 2},
        {"do": "rotate"},
        {"do": "answer", "status": 500},
    ]);
    let failed = browser.act(&server, steps).await.expect_status(500);
    assert_eq!(
        failed.set_cookies().len(),
        1,
        "the login's cookie is sent all the same"
    );
    let seen = json!([{"do": "user"}, {"do": "keys"}]);
    assert_eq!(browser.act(&server, seen).await.json(), json!(["alice", ["n"]]));
}

async fn of_a_failed_request_only_the_logout_counts(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let fail = |steps: &[Value]| json!([steps, &[json!({"do": "answer", "status": 500})]].concat());
    let login = json!({"do": "login", "user": "alice"});
    let insert = json!({"do": "insert", "key": "n", "value": 1});

    let failed = browser
        .act(&server, fail(&[insert.clone(), login.clone()]))
        .await
        .expect_status(500);
    assert!(failed.set_cookies().is_empty());
    assert_eq!(world.stored_count(), 0);

    browser.act(&server, json!([login])).await;
    let cookie = sid(&browser);
    for steps in [
        vec![insert.clone()],
        vec![json!({"do": "rotate"})],
        vec![json!({"do": "login", "user": "bob"})],
        vec![json!({"do": "extend", "ms": 7_200_000})],
    ] {
        let failed = browser.act(&server, fail(&steps)).await.expect_status(500);
        assert!(failed.set_cookies().is_empty(), "{steps:?}");
        let seen = json!([{"do": "user"}, {"do": "keys"}, {"do": "created_at"}, {"do": "expires_at"}]);
        let seen = browser.act(&server, seen).await.json();
        assert_eq!((&seen[0], &seen[1]), (&json!("alice"), &json!([])), "{steps:?}");
        assert_eq!(seen[3].as_u64().unwrap() - seen[2].as_u64().unwrap(), 1_800_000);
    }
    assert_eq!(sid(&browser), cookie);

    let held = browser.snapshot();
    let logout = browser
        .act(&server, fail(&[json!({"do": "logout"}), insert]))
        .await
        .expect_status(500);
    assert_eq!(logout.set_cookies().len(), 1);
    assert_eq!(
        sid(&browser),
        None,
        "the cookie is removed, and what came after is dropped"
    );
    let user = held.act(&server, json!([{"do": "user"}])).await;
    assert_eq!(user.json(), json!([null]));
}

async fn a_request_that_panics_leaves_no_half_of_its_work(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser
        .act(&server, json!([{"do": "login", "user": "alice"}]))
        .await;
    let steps = json!([
        {"do": "insert", "key": "n", "value": 1},
        {"do": "logout"},
        {"do": "panic"},
    ]);
    let request = browser.request(http::Method::POST, &server, "/act").json(steps);
    request.try_send().await.expect_err("the connection breaks");
    let seen = json!([{"do": "user"}, {"do": "keys"}]);
    assert_eq!(browser.act(&server, seen).await.json(), json!(["alice", []]));
}
