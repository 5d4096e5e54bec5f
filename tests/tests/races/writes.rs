//! Many requests that write to one session.

use keycard_tests::race::{Place, Round};
use keycard_tests::world::World;
use serde_json::json;

use crate::insert;

worlds! { twenty_slow_writes_of_different_keys_all_land }

async fn twenty_slow_writes_of_different_keys_all_land(world: World) {
    let round = Round::only(world, Place::TwoServers).await;
    let browser = round.browser(insert("k00")).await;
    let keys: Vec<String> = (0..20).map(|number| format!("k{number:02}")).collect();
    round.crowd(&browser, keys.iter().map(|key| insert(key))).await;
    let seen = round.seen(&browser.snapshot(), json!([{"do": "keys"}])).await;
    assert_eq!(seen, [json!([keys]), json!([keys])]);
}
