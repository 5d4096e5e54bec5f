//! "Log out everywhere" while clients log in, write and change their ids.

use std::sync::Arc;

use keycard::{Keycard, UserId, UserKey};
use keycard_tests::race::ROUNDS;
use keycard_tests::world::{Running, World, sid};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many clients send a request before each call. Three of four are let go with that call, the fourth some calls
/// later: so 64 handlers are under way at each call, of which 16 are let go with it and 48 are held on.
const CLIENTS: usize = 16;
const HELD: usize = 12;

journeys! { the_end_of_all_sessions_spares_none_that_was_there }

async fn the_end_of_all_sessions_spares_none_that_was_there(world: World) {
    let keycard = world.keycard();
    let mut siege = Siege {
        servers: Arc::new([world.acting_server().await, world.other_acting_server().await]),
        alice: keycard.user_key(&UserId::from("alice")),
        keycard,
        world: Arc::new(world),
        under_way: (0..ROUNDS + HELD).map(|_| JoinSet::new()).collect(),
        handed_out: Vec::new(),
    };
    for round in 0..ROUNDS {
        siege.send(round).await;
        siege.end_all(round).await;
        siege.log_in(round).await;
    }
    for round in ROUNDS..ROUNDS + HELD {
        siege.end_all(round).await;
    }
}

struct Siege {
    world: Arc<World>,
    servers: Arc<[Running; 2]>,
    keycard: Keycard,
    alice: UserKey,
    /// The requests that are let go with each call.
    under_way: Vec<JoinSet<Visit>>,
    /// The cookies that were handed out since the last call.
    handed_out: Vec<String>,
}

/// What came of a request.
struct Visit {
    /// Alice's session, if the client had one before it was let go.
    session: Option<String>,
    cookie: Option<String>,
    /// Whether it was a login, which may come after the call.
    logs_in: bool,
}

impl Siege {
    /// Sends requests of all kinds, and waits until their handlers have read their sessions and are held.
    async fn send(&mut self, round: usize) {
        for client in 0..CLIENTS {
            let call = if client % 4 == 0 { round + HELD } else { round };
            let (world, servers) = (Arc::clone(&self.world), Arc::clone(&self.servers));
            self.under_way[call].spawn(async move {
                let (past, does) = kind(client / 4);
                let steps = json!([
                    past, {"do": "commit"}, {"do": "handle"},
                    {"do": "arrive", "gate": format!("round {round}")},
                    {"do": "wait", "gate": format!("call {call}")},
                    does,
                ]);
                let mut browser = world.browser();
                let answer = browser.act(&servers[client % 2], steps).await.expect_status(200);
                Visit {
                    session: (past["do"] == "login").then(|| answer.json()[2].as_str().unwrap().to_owned()),
                    cookie: sid(&browser),
                    logs_in: does["do"] == "login",
                }
            });
        }
        self.world
            .gates
            .wait_for(&format!("round {round}"), CLIENTS)
            .await;
    }

    /// Ends all sessions while some requests have been answered, and the others are about to be.
    async fn end_all(&mut self, round: usize) {
        let mut running = std::mem::take(&mut self.under_way[round]);
        let (mut sessions, mut later) = (Vec::new(), Vec::new());
        self.world.gates.arrive(&format!("call {round}"));
        for _ in 0..round % CLIENTS {
            if let Some(visit) = running.join_next().await {
                let visit = visit.unwrap();
                sessions.extend(visit.session);
                self.handed_out.extend(visit.cookie);
            }
        }
        self.world.end_all(self.alice).await;
        for visit in running.join_all().await {
            sessions.extend(visit.session);
            let cookies = if visit.logs_in {
                &mut later
            } else {
                &mut self.handed_out
            };
            cookies.extend(visit.cookie);
        }
        let mut checks = JoinSet::new();
        for session in sessions {
            let world = Arc::clone(&self.world);
            checks.spawn(async move {
                assert!(
                    world.stored(&session).await.is_none(),
                    "the session {session} is live"
                );
            });
        }
        for cookie in std::mem::replace(&mut self.handed_out, later) {
            let keycard = self.keycard.clone();
            checks.spawn(async move {
                let header = format!("__Host-sid={cookie}");
                let session = keycard.open([header.as_bytes()]).load().await.unwrap();
                assert_eq!(session.user(), None, "a cookie opens {:?}", session.handle());
            });
        }
        checks.join_all().await;
    }

    /// A login that comes after the call is live on both servers.
    async fn log_in(&mut self, round: usize) {
        let mut browser = self.world.browser();
        browser
            .act(&self.servers[round % 2], json!([login()]))
            .await
            .expect_status(200);
        let user = browser
            .act(&self.servers[(round + 1) % 2], json!([{"do": "user"}]))
            .await;
        assert_eq!(user.json(), json!(["alice"]));
        self.handed_out.extend(sid(&browser));
    }
}

/// What a client has done before it is held, and what it does when it is let go.
fn kind(number: usize) -> (Value, Value) {
    let put = json!({"do": "insert", "key": "n", "value": 1});
    match number {
        0 => (login(), put),
        1 => (login(), json!({"do": "rotate"})),
        2 => (login(), login()),
        _ => (put, login()),
    }
}

fn login() -> Value {
    json!({"do": "login", "user": "alice"})
}
