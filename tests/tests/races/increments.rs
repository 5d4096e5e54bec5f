//! Several requests that add to one number.

use std::collections::BTreeSet;

use keycard_tests::race::{Place, Round};
use keycard_tests::world::World;
use serde_json::{Value, json};

use crate::insert;

worlds! { a_hundred_increments_count_each_once }
races! { increments_add_up }

async fn a_hundred_increments_count_each_once(world: World) {
    let round = Round::only(world, Place::TwoServers).await;
    let browser = round.browser(insert("n")).await;
    let sums = round.crowd(&browser, vec![add(1); 100]).await;
    let sums: BTreeSet<i64> = sums.iter().filter_map(Value::as_i64).collect();
    assert_eq!(sums, (1..=100).collect());
}

async fn increments_add_up(round: Round) {
    let browser = round.browser(round.login()).await;
    let amounts = [1, 10, 100, 1_000];
    let sums = round.crowd(&browser, amounts.map(add)).await;
    let sums = sums.iter().map(|sum| sum.as_i64().unwrap());
    let stood_on: BTreeSet<i64> = sums.clone().zip(amounts).map(|(sum, by)| sum - by).collect();
    let total = amounts.iter().sum();
    assert_eq!(
        sums.chain([0]).collect::<BTreeSet<_>>(),
        stood_on.into_iter().chain([total]).collect(),
        "each is added to what the one before it left"
    );
    let seen = round
        .seen(&browser.snapshot(), json!([{"do": "get", "key": "sum"}]))
        .await;
    assert_eq!(seen, [json!([total]), json!([total])]);
}

fn add(by: i64) -> Value {
    json!({"do": "increment", "key": "sum", "by": by})
}
