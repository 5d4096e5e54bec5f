//! A body that is still sent when the response has begun: its session commits what needs no cookie, and notices its end.

use keycard_tests::world::World;
use serde_json::json;

journeys! {
    a_body_that_flows_commits_what_needs_no_cookie
    a_body_that_flows_notices_the_end_of_its_session
}

const STREAM: &str = "/stream";

async fn a_body_that_flows_commits_what_needs_no_cookie(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    browser
        .act(&server, json!([{"do": "insert", "key": "n", "value": 1}]))
        .await;
    let steps = json!([
        {"do": "increment", "key": "n", "by": 1},
        {"do": "login", "user": "alice"},
        {"do": "commit"},
    ]);
    let answer = browser.post_json(&server, STREAM, steps).await.expect_status(200);
    assert!(answer.set_cookies().is_empty());
    let given = answer.json();
    assert_eq!((&given[0], &given[2]["error"]), (&json!(2), &json!("Closed")));
    let seen = json!([{"do": "get", "key": "n"}, {"do": "user"}]);
    assert_eq!(browser.act(&other, seen).await.json(), json!([2, null]));
}

async fn a_body_that_flows_notices_the_end_of_its_session(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    browser
        .act(&server, json!([{"do": "login", "user": "alice"}]))
        .await;
    let held = browser.snapshot();
    let steps = json!([
        {"do": "increment", "key": "n", "by": 1},
        {"do": "arrive", "gate": "begun"},
        {"do": "wait", "gate": "ended"},
        {"do": "increment", "key": "n", "by": 1},
    ]);
    let logout = async {
        world.gates.wait("begun").await;
        browser.act(&other, json!([{"do": "logout"}])).await;
        world.gates.arrive("ended");
    };
    let (answer, ()) = tokio::join!(held.post_json(&server, STREAM, steps), logout);
    let given = answer.expect_status(200).json();
    assert_eq!((&given[0], &given[3]["error"]), (&json!(1), &json!("Ended")));
    let seen = json!([{"do": "user"}]);
    assert_eq!(held.act(&server, seen).await.json(), json!([null]));
}
