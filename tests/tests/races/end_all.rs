//! "Log out everywhere" while clients log in, write and change their ids.

use http::Method;
use keycard_tests::browser::{Browser, Response};
use keycard_tests::race::{Place, Round};
use keycard_tests::world::{World, sid};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::insert;

/// How often the call is made, and how many clients have a request under way each time.
const CALLS: usize = 1_000;
const CLIENTS: usize = 64;

/// Of whom all clients are.
const USER: &str = "alice";

worlds! { the_end_of_all_sessions_spares_none_that_was_there }

/// One call when no client has committed, one when one has, and so on until all have, and then from the beginning.
async fn the_end_of_all_sessions_spares_none_that_was_there(world: World) {
    let mut round = Round::only(world, Place::TwoServers).await;
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(number, &round)).collect();
    for _ in 0..CALLS {
        clients = end_all_amid_requests(&round, clients).await;
        round = round.next();
    }
}

/// When the call is made, all clients have read their sessions, and at least as many of them have committed as the round's
/// number says.
async fn end_all_amid_requests(round: &Round, clients: Vec<Client>) -> Vec<Client> {
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn(client.play(round.clone()));
    }
    round.wait_for("read", CLIENTS).await;
    round.open("go");
    round.wait_for("committed", round.number() % (CLIENTS + 1)).await;
    round.open("called");
    round.users().of(USER).end_all().await.unwrap();
    round.open("returned");
    running.join_all().await
}

/// One of the clients, and what it holds after each call.
struct Client {
    number: usize,
    browser: Browser,
    /// The value of the cookie that its last step replaced.
    replaced: Option<String>,
    /// Whether its session was there before the last call, so that it is dead now.
    is_dead: bool,
}

impl Client {
    fn new(number: usize, round: &Round) -> Self {
        Self {
            number,
            browser: round.world().browser(),
            replaced: None,
            is_dead: true,
        }
    }

    /// Looks at what the last call has left, begins a session, and makes the request that the next call meets.
    async fn play(mut self, round: Round) -> Self {
        // Each client takes each step in turn, half of the time with a commit of its own.
        let turn = self.number + round.number();
        let commits = (self.number / 4 + round.number()).is_multiple_of(2);
        let (past, step) = match turn % 4 {
            0 => (login(), insert("late")),
            1 => (login(), json!({"do": "rotate"})),
            2 => (login(), login()),
            _ => (insert("n"), login()),
        };
        self.begin(&round, past).await;
        let held = sid(&self.browser);
        self.is_dead = if commits {
            self.commit(&round, &step).await
        } else {
            self.leave_to_the_end(&round, &step).await
        };
        self.replaced = held.filter(|held| Some(held) != sid(&self.browser).as_ref());
        self
    }

    /// A session for the next step, and the verdict on the last one: each dead cookie is asked with alone, since of two that
    /// live none is used.
    async fn begin(&mut self, round: &Round, past: Value) {
        let server = round.server(self.number + round.number() / 2);
        let is_guest = past["do"] == "insert";
        let mut steps = vec![json!({"do": "handle"}), json!({"do": "user"})];
        if let Some(replaced) = self.replaced.take() {
            let request = self
                .browser
                .request(Method::POST, server, "/act")
                .without_cookies();
            let request = request.header("cookie", &format!("__Host-sid={replaced}"));
            assert_dead(&request.json(json!(steps)).send().await, round);
        }
        // A guest's write with a cookie that died is dropped: a browser of its own has none.
        steps.extend((!is_guest).then_some(past.clone()));
        let seen = self.browser.act(server, json!(steps)).await;
        if self.is_dead {
            assert_dead(&seen, round);
        }
        if is_guest {
            self.browser = round.browser(past).await;
        }
    }

    /// The step with a commit, whose answer comes when the call has returned.
    async fn commit(&mut self, round: &Round, step: &Value) -> bool {
        let then = [
            json!({"do": "commit"}),
            json!({"do": "arrived", "gate": round.gate("called")}),
            json!({"do": "arrive", "gate": round.gate("committed")}),
            json!({"do": "wait", "gate": round.gate("returned")}),
        ];
        let answer = self.held(round, step, &then).await;
        let given = answer.json();
        let (logs_in, lost) = (step["do"] == "login", given[4]["error"] == "Ended");
        assert!(given[4].is_null() || lost && !logs_in, "{answer}: {given}");
        let changes_id = step["do"] != "insert" && !lost;
        assert_eq!(answer.set_cookies().len(), usize::from(changes_id), "{step}");
        !logs_in || given[5] == 0
    }

    /// The step alone: it is committed when the handler has answered.
    async fn leave_to_the_end(&mut self, round: &Round, step: &Value) -> bool {
        let answer = self.held(round, step, &[]).await;
        let called = round.arrived("called") > 0;
        round.open("committed");
        let logs_in = step["do"] == "login";
        let cookies = answer.set_cookies().len();
        match &step["do"] {
            name if name == "insert" => assert_eq!(cookies, 0),
            name if name == "rotate" => assert!(cookies == 1 || called, "a rotation was lost to nothing"),
            _ => assert_eq!(cookies, 1, "a login is never lost"),
        }
        !logs_in || !called
    }

    /// A request that takes its step when all clients have read their sessions.
    async fn held(&mut self, round: &Round, step: &Value, then: &[Value]) -> Response {
        let mut steps = vec![
            json!({"do": "user"}),
            json!({"do": "arrive", "gate": round.gate("read")}),
            json!({"do": "wait", "gate": round.gate("go")}),
            step.clone(),
        ];
        steps.extend_from_slice(then);
        let is_guest = (self.number + round.number()) % 4 == 3;
        let server = round.server(self.number / 4);
        let answer = self
            .browser
            .act(server, Value::Array(steps))
            .await
            .expect_status(200);
        let user = if is_guest { Value::Null } else { json!(USER) };
        assert_eq!(answer.json()[0], user, "a session that began after a call lives");
        answer
    }
}

/// Nobody's session is behind the cookie of a request for its handle and its user.
fn assert_dead(answer: &Response, round: &Round) {
    let seen = answer.json();
    let alive = format!("{answer}: alive after call {}", round.number());
    assert_eq!((&seen[0], &seen[1]), (&Value::Null, &Value::Null), "{alive}");
}

fn login() -> Value {
    json!({"do": "login", "user": USER})
}
