//! Many requests of one session at once, on the login applications as they come: nothing is lost, and none is refused.

use std::collections::BTreeSet;

use http::Method;
use keycard_tests::browser::{Browser, Response, Server as _};
use keycard_tests::world::{Running, World};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

journeys! {
    a_hundred_increments_are_all_answered_and_count_once
    twenty_slow_writes_are_all_answered_and_land
}

/// A visitor who has a session, and two servers of different frameworks over its store.
async fn visit(world: &World) -> ([Running; 2], Browser) {
    let servers = [world.server().await, world.other_server().await];
    let mut browser = world.browser();
    browser
        .put_json(&servers[0], "/session/data", json!({"key": "n", "value": 0}))
        .await
        .expect_status(200);
    (servers, browser)
}

/// Sends these requests at once, to either server in turn; each must be answered with 200. The default `commit_deadline`
/// of 5 s allows that: a hundred commits, one after the other, need far less on a machine that has time to run them.
async fn crowd(
    servers: &[Running; 2],
    browser: &Browser,
    requests: impl IntoIterator<Item = (String, Value)>,
) -> Vec<Value> {
    let mut asked = JoinSet::new();
    for ((target, body), server) in requests.into_iter().zip(servers.iter().cycle()) {
        let (held, origin) = (browser.snapshot(), server.origin());
        asked.spawn(async move {
            let request = held.request(Method::POST, &origin, &target).json(body);
            request.send().await
        });
    }
    let (answers, others): (Vec<_>, Vec<_>) = asked
        .join_all()
        .await
        .into_iter()
        .partition(|answer| answer.status == 200);
    let refused = others.len();
    assert!(
        others.is_empty(),
        "{refused} were not answered with 200, as {}",
        others[0]
    );
    answers.iter().map(Response::json).collect()
}

async fn a_hundred_increments_are_all_answered_and_count_once(world: World) {
    let (servers, mut browser) = visit(&world).await;
    let increment = json!({"key": "n", "delay_ms": 20});
    let requests = vec![("/session/increment".to_owned(), increment); 100];
    let answers = crowd(&servers, &browser, requests).await;
    let values: BTreeSet<i64> = answers
        .iter()
        .filter_map(|answer| answer["value"].as_i64())
        .collect();
    assert_eq!(values, (1..=100).collect());
    for server in &servers {
        let stored = browser.get(server, "/session/data/n").await.json();
        assert_eq!(stored, json!({"key": "n", "value": 100}));
    }
}

async fn twenty_slow_writes_are_all_answered_and_land(world: World) {
    let (servers, mut browser) = visit(&world).await;
    let keys: Vec<String> = (0..20).map(|number| format!("k{number}")).collect();
    let requests = keys.iter().map(|key| {
        let target = format!("/slow-set?key={key}&ms=100");
        (target, Value::Null)
    });
    crowd(&servers, &browser, requests).await;
    let mut expected: Map<String, Value> = keys.into_iter().map(|key| (key, json!(true))).collect();
    expected.insert("n".to_owned(), json!(0));
    for server in &servers {
        let stored = browser.get(server, "/session/data").await.json();
        assert_eq!(stored, Value::Object(expected.clone()));
    }
}
