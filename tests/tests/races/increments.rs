//! Several requests that add to one number.

use std::collections::BTreeSet;

use keycard_tests::race::{Place, Round, race};
use keycard_tests::world::World;
use serde_json::json;

journeys! { increments_on_two_servers_add_up }

async fn increments_on_two_servers_add_up(world: World) {
    race(world, Place::TwoServers, async |round: Round| {
        let browser = round.browser(round.login()).await;
        let amounts = [1, 10, 100, 1_000];
        let add = |by| json!({"do": "increment", "key": "sum", "by": by});
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
    })
    .await;
}
