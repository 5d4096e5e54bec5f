//! Requests that race, over two servers of both frameworks.

use std::collections::BTreeSet;

use keycard_tests::browser::Browser;
use keycard_tests::race::{Place, Round, race};
use keycard_tests::world::{World, sid};
use serde_json::{Value, json};

journeys! {
    a_hundred_increments_count_each_once
    twenty_slow_writes_of_different_keys_all_land
    a_logout_is_not_undone_by_a_slow_write
    the_cookie_of_a_login_survives_a_slow_guest_s_write
    a_double_submitted_login_leaves_the_user_logged_in
}

fn insert(key: &str) -> Value {
    json!({"do": "insert", "key": key, "value": true})
}

/// What a browser shows, on either server, of who is logged in.
async fn users(round: &Round, browser: &Browser) -> [Value; 2] {
    let shown = round.seen(&browser.snapshot(), json!([{"do": "user"}])).await;
    shown.map(|mut shown| shown[0].take())
}

async fn a_hundred_increments_count_each_once(world: World) {
    let round = Round::only(world, Place::TwoServers).await;
    let browser = round.browser(insert("n")).await;
    let add = json!({"do": "increment", "key": "sum", "by": 1});
    let sums = round.crowd(&browser, vec![add; 100]).await;
    let sums: BTreeSet<i64> = sums.iter().filter_map(Value::as_i64).collect();
    assert_eq!(sums, (1..=100).collect());
}

async fn twenty_slow_writes_of_different_keys_all_land(world: World) {
    let round = Round::only(world, Place::TwoServers).await;
    let browser = round.browser(insert("k00")).await;
    let keys: Vec<String> = (0..20).map(|number| format!("k{number:02}")).collect();
    round.crowd(&browser, keys.iter().map(|key| insert(key))).await;
    let seen = round.seen(&browser.snapshot(), json!([{"do": "keys"}])).await;
    assert_eq!(seen, [json!([keys]), json!([keys])]);
}

async fn a_logout_is_not_undone_by_a_slow_write(world: World) {
    race(world, Place::TwoServers, async |round: Round| {
        let mut browser = round.browser(round.login()).await;
        let held = browser.clone();
        let logout = json!({"do": "logout"});
        let [logout, write] = round.pair(&browser, logout, insert("late")).await;
        assert_eq!(logout.set_cookies().len(), 1);
        assert!(write.set_cookies().is_empty(), "the slow request sends no cookie");
        browser.absorb(&logout);
        assert_eq!(sid(&browser), None);
        assert_eq!(users(&round, &held).await, [Value::Null, Value::Null]);
    })
    .await;
}

async fn the_cookie_of_a_login_survives_a_slow_guest_s_write(world: World) {
    race(world, Place::TwoServers, async |round: Round| {
        let mut browser = round.browser(insert("n")).await;
        let [login, write] = round.pair(&browser, round.login(), insert("late")).await;
        assert!(write.set_cookies().is_empty());
        // The late answer reaches the browser last, and must not take the login's cookie away.
        browser.absorb(&login);
        browser.absorb(&write);
        assert_eq!(users(&round, &browser).await, [round.user(), round.user()]);
    })
    .await;
}

async fn a_double_submitted_login_leaves_the_user_logged_in(world: World) {
    race(world, Place::TwoServers, async |round: Round| {
        let browser = round.browser(insert("n")).await;
        // Whichever of them reaches the browser last.
        for answer in round.pair(&browser, round.login(), round.login()).await {
            let mut browser = browser.clone();
            browser.absorb(&answer);
            assert_eq!(users(&round, &browser).await, [round.user(), round.user()]);
        }
    })
    .await;
}
