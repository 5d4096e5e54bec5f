//! "Log out everywhere" while clients log in, write and change their ids.

use keycard_tests::browser::Snapshot;
use keycard_tests::race::{Place, Round};
use keycard_tests::world::World;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::insert;

/// How many clients have a request under way at each call.
const CLIENTS: usize = 64;

journeys! { the_end_of_all_sessions_spares_none_that_was_there }

/// One call when no client has committed, one when one has, and so on until all have: 65 calls, and a thousand requests of
/// each kind that race one. Each call costs three hundred requests, most of which look at what it has left: a thousand
/// calls would take two to three minutes for each adapter and store.
async fn the_end_of_all_sessions_spares_none_that_was_there(world: World) {
    let mut round = Round::only(world, Place::TwoServers).await;
    for _ in 0..=CLIENTS {
        end_all_amid_requests(&round).await;
        round = round.next();
    }
}

/// When the call is made, all clients have read their sessions, at least as many of them have committed as the round's
/// number says, and none is answered.
async fn end_all_amid_requests(round: &Round) {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(request(round.clone(), client));
    }
    round.wait_for("read", CLIENTS).await;
    round.open("go");
    round.wait_for("committed", round.number()).await;
    round.open("called");
    round.end_all().await;
    round.open("returned");
    let held = clients.join_all().await.into_iter().flatten();
    let (before, mut since): (Vec<Held>, _) = held.partition(|held| held.before_the_call);
    assert_dead(round, before).await;

    let later = round.browser(round.login()).await.snapshot();
    let user = round.seen(&later, json!([{"do": "user"}])).await;
    assert_eq!(user, [(); 2].map(|()| json!([round.user()])), "a later login");
    since.push(Held::new(&later, &round.login(), true));
    round.end_all().await;
    assert_dead(round, since).await;
}

/// The cookies that a client holds after a step.
struct Held {
    cookies: Snapshot,
    step: Value,
    /// Whether their session is known to have been there before the call began.
    before_the_call: bool,
}

impl Held {
    fn new(cookies: &Snapshot, step: &Value, before_the_call: bool) -> Self {
        Self {
            cookies: cookies.clone(),
            step: step.clone(),
            before_the_call,
        }
    }
}

/// A client's request. It goes on when all clients have read their sessions, and is answered when the call has returned.
async fn request(round: Round, client: usize) -> Vec<Held> {
    let (past, step) = match client % 4 {
        0 => (round.login(), insert("late")),
        1 => (round.login(), json!({"do": "rotate"})),
        2 => (round.login(), round.login()),
        _ => (insert("n"), round.login()),
    };
    let mut browser = round.browser(past.clone()).await;
    let mut held = vec![Held::new(&browser.snapshot(), &past, true)];
    let steps = json!([
        {"do": "arrive", "gate": round.gate("read")},
        {"do": "wait", "gate": round.gate("go")},
        step,
        {"do": "commit"},
        {"do": "arrived", "gate": round.gate("called")},
        {"do": "arrive", "gate": round.gate("committed")},
        {"do": "wait", "gate": round.gate("returned")},
    ]);
    let answer = browser
        .act(round.server(client / 4), steps)
        .await
        .expect_status(200);
    let (logs_in, given) = (step["do"] == "login", answer.json());
    let lost = given[3]["error"] == "Ended";
    assert!(given[3].is_null() || lost && !logs_in, "{answer}: {given}");
    let changes_id = step["do"] != "insert" && !lost;
    assert_eq!(answer.set_cookies().len(), usize::from(changes_id), "{step}");
    if changes_id {
        let before_the_call = !logs_in || given[4] == 0;
        held.push(Held::new(&browser.snapshot(), &step, before_the_call));
    }
    held
}

/// Asserts that no cookie opens a session on either server.
async fn assert_dead(round: &Round, held: Vec<Held>) {
    let mut looks = JoinSet::new();
    for Held { cookies, step, .. } in held {
        let round = round.clone();
        looks.spawn(async move {
            let seen = round
                .seen(&cookies, json!([{"do": "handle"}, {"do": "user"}]))
                .await;
            let nothing = [(); 2].map(|()| json!([null, null]));
            assert_eq!(seen, nothing, "round {}: alive after {step}", round.number());
        });
    }
    looks.join_all().await;
}
