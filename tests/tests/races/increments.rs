//! Several requests that add to one number.

use std::collections::BTreeSet;

use keycard_tests::world::World;
use serde_json::json;

use crate::round::{Place, Round, race};

journeys! { increments_on_two_servers_add_up }

async fn increments_on_two_servers_add_up(world: World) {
    race(world, Place::TwoServers, increments).await;
}

/// Four handlers, two on each server, have read the session before any of them adds to the number.
async fn increments(round: Round) {
    let mut browser = round.logged_in().await;
    let before = browser.snapshot();
    let add = async |turn: usize, by: i64| {
        let step = json!({"do": "increment", "key": "sum", "by": by});
        let answer = round.held(turn, &before, "all", step).await.json();
        (by, answer[2].as_i64().unwrap())
    };
    let order = async {
        round.have_read(4).await;
        round.let_go("all");
    };
    let (a, b, c, d, ()) = tokio::join!(add(0, 1), add(1, 10), add(2, 100), add(3, 1_000), order);
    let mut sums = BTreeSet::from([0]);
    let mut bases = BTreeSet::from([1_111]);
    for (by, sum) in [a, b, c, d] {
        sums.insert(sum);
        bases.insert(sum - by);
    }
    assert_eq!(bases, sums, "each is added to what the one before it left");
    for turn in [0, 1] {
        let seen = browser
            .act(round.server(turn), json!([{"do": "get", "key": "sum"}]))
            .await;
        assert_eq!(seen.json(), json!([1_111]));
    }
}
