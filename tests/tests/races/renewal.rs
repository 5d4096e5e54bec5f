//! Requests around the time at which an id is renewed.

use std::time::Duration;

use keycard_tests::browser::{Browser, Response};
use keycard_tests::race::{Place, Round};
use keycard_tests::world::World;
use serde_json::{Value, json};

use crate::insert;

const EVERY: Duration = Duration::from_mins(10);
const GRACE: Duration = Duration::from_secs(10);

/// Fewer than of other races: the clock is marched, so that they run one by one.
const ROUNDS: usize = 100;
const REQUESTS: usize = 64;

worlds! { a_renewal_amid_requests_logs_nobody_out }

async fn a_renewal_amid_requests_logs_nobody_out(world: World) {
    let mut round = Round::with(world, Place::TwoServers, |builder| {
        builder.renew_ids(EVERY, GRACE)
    })
    .await;
    for _ in 0..ROUNDS {
        renewal(&round).await;
        round = round.next();
    }
}

/// All requests have read the session under the id that is due; one in three writes.
async fn renewal(round: &Round) {
    let mut browser = round.browser(round.login()).await;
    let before = browser.clone();
    round.world().pass(EVERY, &mut browser);
    let step = |turn: usize| match turn % 3 {
        0 => insert(&format!("k{turn:02}")),
        _ => json!({"do": "user"}),
    };
    let answers = round.answers(&browser, (0..REQUESTS).map(step)).await;
    let renewals: Vec<&Response> = answers
        .iter()
        .filter(|answer| !answer.set_cookies().is_empty())
        .collect();
    assert_eq!(renewals.len(), 1, "one of the requests is given the new id");
    browser.absorb(renewals[0]);
    let users = answers.iter().map(|answer| answer.json()[3].take());
    assert!(
        users
            .enumerate()
            .all(|(turn, user)| turn % 3 == 0 || user == round.user())
    );

    let moment = Duration::from_millis(1);
    round.world().clock.advance(GRACE.saturating_sub(moment));
    assert_alive(round, &[&before, &browser]).await;
    round.world().clock.advance(moment);
    let after_the_grace = crate::users(round, &before).await;
    assert_eq!(after_the_grace, [Value::Null, Value::Null]);
    assert_alive(round, &[&browser]).await;
}

/// Asserts that the browsers show, on either server, the session with all that was written to it.
async fn assert_alive(round: &Round, browsers: &[&Browser]) {
    let written: Vec<String> = (0..REQUESTS)
        .step_by(3)
        .map(|turn| format!("k{turn:02}"))
        .collect();
    let expected = json!([round.user(), written]);
    for browser in browsers {
        let seen = round
            .seen(&browser.snapshot(), json!([{"do": "user"}, {"do": "keys"}]))
            .await;
        assert_eq!(seen, [expected.clone(), expected.clone()]);
    }
}
