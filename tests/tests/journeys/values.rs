//! The values of a session, by every method that reads or writes them, seen through the next request.

use keycard_tests::world::World;
use serde_json::{Value, json};

journeys! {
    what_is_put_in_is_there_for_this_request_and_the_next
    what_is_taken_out_is_gone
    clearing_keeps_the_session_and_the_login
    update_and_increment_answer_what_is_committed
    update_runs_on_the_newest_value
    of_two_servers_that_consume_a_value_one_gets_it
    a_value_of_another_type_is_an_error_that_names_the_key_and_both_types
}

const NULL: Value = Value::Null;

async fn what_is_put_in_is_there_for_this_request_and_the_next(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let list = json!([1, "two", {"three": null}]);
    let first = browser
        .act(
            &server,
            json!([
                {"do": "is_empty"},
                {"do": "keys"},
                {"do": "insert", "key": "n", "value": 1},
                {"do": "insert", "key": "list", "value": list},
                {"do": "insert", "key": "n", "value": 2},
                {"do": "get", "key": "n"},
                {"do": "is_empty"},
            ]),
        )
        .await;
    assert_eq!(first.json(), json!([true, [], NULL, NULL, NULL, 2, false]));
    assert_eq!(first.set_cookies().len(), 1);

    let second = browser
        .act(
            &server,
            json!([
                {"do": "is_empty"},
                {"do": "keys"},
                {"do": "contains", "key": "list"},
                {"do": "contains", "key": "other"},
                {"do": "get", "key": "list"},
                {"do": "get", "key": "n"},
                {"do": "get", "key": "other"},
                {"do": "insert", "key": "n", "value": 3},
            ]),
        )
        .await;
    assert_eq!(
        second.json(),
        json!([false, ["list", "n"], true, false, list, 2, NULL, NULL])
    );
    assert!(second.set_cookies().is_empty(), "a write sets no cookie");
    let third = browser.act(&server, json!([{"do": "get", "key": "n"}])).await;
    assert_eq!(third.json(), json!([3]));
}

async fn what_is_taken_out_is_gone(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let put = ["a", "b", "c", "d"].map(|key| json!({"do": "insert", "key": key, "value": key}));
    browser.act(&server, json!(put)).await;
    let out = browser
        .act(
            &server,
            json!([
                {"do": "remove", "key": "a"},
                {"do": "remove", "key": "a"},
                {"do": "contains", "key": "a"},
                {"do": "take", "key": "b"},
                {"do": "take", "key": "b"},
                {"do": "consume", "key": "c"},
                {"do": "consume", "key": "c"},
                {"do": "keys"},
            ]),
        )
        .await;
    assert_eq!(
        out.json(),
        json!([true, false, false, "b", NULL, "c", NULL, ["d"]])
    );
    assert!(out.set_cookies().is_empty());
    let left = browser.act(&server, json!([{"do": "keys"}])).await;
    assert_eq!(left.json(), json!([["d"]]));
}

async fn clearing_keeps_the_session_and_the_login(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser
        .act(
            &server,
            json!([
                {"do": "login", "user": "alice"},
                {"do": "insert", "key": "n", "value": 1},
            ]),
        )
        .await;
    let who = json!([{"do": "handle"}, {"do": "user"}, {"do": "keys"}]);
    let before = browser.act(&server, who.clone()).await.json();
    let clear = browser
        .act(
            &server,
            json!([
                {"do": "clear"},
                {"do": "is_empty"},
                {"do": "insert", "key": "m", "value": 2},
            ]),
        )
        .await;
    assert_eq!(clear.json(), json!([NULL, true, NULL]));
    assert!(clear.set_cookies().is_empty());
    let after = browser.act(&server, who).await.json();
    assert_eq!(after, json!([before[0], "alice", ["m"]]));
}

async fn update_and_increment_answer_what_is_committed(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let steps = json!([
        {"do": "insert", "key": "pending", "value": true},
        {"do": "update", "key": "list", "change": {"push": 7}},
        {"do": "update", "key": "list", "change": {"push": "x"}},
        {"do": "update", "key": "sum", "change": {"add": 5}},
        {"do": "increment", "key": "sum", "by": -2},
        {"do": "insert", "key": "late", "value": true},
        {"do": "answer", "status": 500},
    ]);
    let failed = browser.act(&server, steps).await.expect_status(500);
    assert_eq!(failed.json(), json!([NULL, [7], [7, "x"], 5, 3, NULL, NULL]));
    // They commit at once, and what was pending with them; the failure stops only what came after.
    let keys = browser.act(&server, json!([{"do": "keys"}])).await.json();
    assert_eq!(keys, json!([["list", "pending", "sum"]]));
}

async fn update_runs_on_the_newest_value(world: World) {
    let (one, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    let push = |item: &str| json!({"do": "update", "key": "list", "change": {"push": item}});
    browser.act(&one, json!([push("first")])).await;
    let held = browser.snapshot();
    let slow = json!([
        {"do": "get", "key": "list"},
        {"do": "arrive", "gate": "read"},
        {"do": "wait", "gate": "written"},
        push("third"),
    ]);
    let meanwhile = async {
        world.gates.wait("read").await;
        browser
            .act(&one, json!([push("second")]))
            .await
            .expect_status(200);
        world.gates.arrive("written");
    };
    let (slow, ()) = tokio::join!(held.act(&other, slow), meanwhile);
    assert_eq!(
        slow.json(),
        json!([["first"], NULL, NULL, ["first", "second", "third"]])
    );
}

async fn of_two_servers_that_consume_a_value_one_gets_it(world: World) {
    let servers = [world.acting_server().await, world.other_acting_server().await];
    let mut browser = world.browser();
    for round in 0..20 {
        let ticket = json!({"do": "insert", "key": "ticket", "value": round});
        browser.act(&servers[round % 2], json!([ticket])).await;
        let (read, go) = (format!("read-{round}"), format!("go-{round}"));
        let held = browser.snapshot();
        let consume = json!([
            {"do": "get", "key": "ticket"},
            {"do": "arrive", "gate": read},
            {"do": "wait", "gate": go},
            {"do": "consume", "key": "ticket"},
        ]);
        let both_have_read = async {
            world.gates.wait_for(&read, 2).await;
            world.gates.arrive(&go);
        };
        let (one, other, ()) = tokio::join!(
            held.act(&servers[0], consume.clone()),
            held.act(&servers[1], consume.clone()),
            both_have_read,
        );
        let (one, other) = (one.json(), other.json());
        assert_eq!((&one[0], &other[0]), (&json!(round), &json!(round)));
        let mut got = [&one[3], &other[3]];
        got.sort_by_key(|value| value.is_null());
        assert_eq!(got, [&json!(round), &NULL], "exactly one gets it");
    }
}

async fn a_value_of_another_type_is_an_error_that_names_the_key_and_both_types(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let steps = json!([
        {"do": "insert", "key": "theme", "value": "dark"},
        {"do": "increment", "key": "theme", "by": 1},
        {"do": "update", "key": "theme", "change": {"push": 1}},
        {"do": "get", "key": "theme"},
    ]);
    let answer = browser.act(&server, steps).await.expect_status(200).json();
    for (step, asked) in [(1, "i64"), (2, "Vec<")] {
        assert_eq!(answer[step]["error"], "TypeMismatch");
        let message = answer[step]["message"].as_str().unwrap();
        for named in ["\"theme\"", "a string", asked] {
            assert!(message.contains(named), "{message}");
        }
    }
    assert_eq!(answer[3], "dark", "the value stays");
    let kept = browser.act(&server, json!([{"do": "get", "key": "theme"}])).await;
    assert_eq!(kept.json(), json!(["dark"]));
}
