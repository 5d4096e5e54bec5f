//! More logins of one user at a time than the user may have sessions, while somebody lists them.

use keycard::store::SessionLimit;
use keycard_tests::browser::Browser;
use keycard_tests::race::{Place, Round};
use keycard_tests::world::World;
use serde_json::json;
use tokio::task::JoinSet;

/// How often the logins are made, for a user who has no session yet.
const ROUNDS: usize = 50;
const LOGINS: usize = 50;
const LIMIT: usize = 3;

worlds! {
    the_limit_is_kept_where_the_oldest_leaves
    the_limit_is_kept_where_the_least_recently_used_leaves
    the_limit_is_kept_where_logins_are_refused
}

async fn the_limit_is_kept_where_the_oldest_leaves(world: World) {
    is_kept(world, SessionLimit::EvictOldest(LIMIT), LOGINS).await;
}

async fn the_limit_is_kept_where_the_least_recently_used_leaves(world: World) {
    is_kept(world, SessionLimit::EvictLeastRecentlyUsed(LIMIT), LOGINS).await;
}

async fn the_limit_is_kept_where_logins_are_refused(world: World) {
    is_kept(world, SessionLimit::Refuse(LIMIT), LIMIT).await;
}

/// Asserts that so many of the logins succeed, and that of these as many live on as the limit says.
async fn is_kept(world: World, limit: SessionLimit, succeed: usize) {
    let mut round = Round::with(world, Place::TwoServers, |builder| builder.session_limit(limit)).await;
    for _ in 0..ROUNDS {
        let mut logins = JoinSet::new();
        for turn in 0..LOGINS {
            logins.spawn(login(round.clone(), turn));
        }
        round.wait_for("ready", LOGINS).await;
        round.open("go");
        while round.arrived("answered") < LOGINS {
            let count = round.users().of(round.user()).count().await.unwrap();
            assert!(count <= LIMIT, "{count} sessions at once");
        }
        let browsers: Vec<Browser> = logins.join_all().await.into_iter().flatten().collect();
        assert_eq!(browsers.len(), succeed, "logins that succeed");
        assert_exact(&round, browsers).await;
        round = round.next();
    }
}

/// A login that is made when all are ready, and the browser that it was made in if it was not refused.
async fn login(round: Round, turn: usize) -> Option<Browser> {
    let mut browser = round.world().browser();
    let steps = json!([
        {"do": "arrive", "gate": round.gate("ready")},
        {"do": "wait", "gate": round.gate("go")},
        round.login(),
    ]);
    let answer = browser.act(round.server(turn), steps).await;
    round.open("answered");
    let succeeded = !answer.set_cookies().is_empty();
    answer.expect_status(if succeeded { 200 } else { 409 });
    succeeded.then_some(browser)
}

/// Asserts that exactly the sessions that are listed answer.
async fn assert_exact(round: &Round, browsers: Vec<Browser>) {
    let mut looks = JoinSet::new();
    for (turn, browser) in browsers.into_iter().enumerate() {
        let round = round.clone();
        looks.spawn(async move {
            let steps = json!([{"do": "handle"}, {"do": "user"}]);
            let seen = browser.snapshot().act(round.server(turn), steps).await.json();
            assert!(seen[1] == round.user() || seen[1].is_null());
            (!seen[1].is_null()).then(|| seen[0].as_str().unwrap().to_owned())
        });
    }
    let mut answer: Vec<String> = looks.join_all().await.into_iter().flatten().collect();
    let listed = round.users().of(round.user()).list().await.unwrap();
    let mut listed: Vec<String> = listed
        .iter()
        .map(|session| session.handle().to_string())
        .collect();
    answer.sort_unstable();
    listed.sort_unstable();
    assert_eq!((answer.len(), answer), (LIMIT, listed));
}
