//! Races: requests that overlap for certain, for each has read the session before any of them goes on.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail as tests do"
)]

use std::sync::Arc;
use std::time::Duration;

use keycard::Users;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::browser::{Browser, Response, Snapshot};
use crate::world::{Builder, Running, World};

/// How many rounds of a race run, and how many of them at once.
const ROUNDS: usize = 1_000;
const AT_ONCE: usize = 25;

/// Where the requests of a race go.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "all that there are")]
pub enum Place {
    /// To the same server.
    OneServer,
    /// To a server of either framework, by turns.
    TwoServers,
}

/// One round of a race, with a user and gates of its own.
#[derive(Clone, Debug)]
pub struct Round {
    number: usize,
    world: Arc<World>,
    users: Users,
    servers: Arc<[Running; 2]>,
    place: Place,
}

/// Runs all rounds of a race, some at once, and fails with the first that does.
pub async fn race<F>(world: World, place: Place, round: impl Fn(Round) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let first = Round::only(world, place).await;
    let mut running = JoinSet::new();
    for number in 0..ROUNDS {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(round(Round {
            number,
            ..first.clone()
        }));
    }
    running.join_all().await;
}

impl Round {
    /// The only round of a race, or the first of those that run one by one.
    pub async fn only(world: World, place: Place) -> Self {
        Self::with(world, place, |builder| builder).await
    }

    /// The same, with settings of one's own on both servers.
    pub async fn with(mut world: World, place: Place, configure: impl Fn(Builder) -> Builder) -> Self {
        // Longer than a busy machine stands still: that a commit or a store gives up is no part of a race.
        let deadline = Duration::from_secs(30);
        world.deadline = Some(deadline);
        let users = || world.users_with(&[1], |builder| configure(builder.commit_deadline(deadline)));
        let (adapter, other) = (world.adapter, world.adapter.other());
        let servers = [
            world.acting_server_with(adapter, users().0).await,
            world.acting_server_with(other, users().0).await,
        ];
        Self {
            number: 0,
            users: users().1,
            world: Arc::new(world),
            servers: Arc::new(servers),
            place,
        }
    }

    /// The round after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            number: self.number + 1,
            ..self
        }
    }

    /// Its number, from zero on.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// A user of this round alone: of one user's sessions only a thousand live.
    #[must_use]
    pub fn user(&self) -> String {
        format!("user-{}", self.number)
    }

    /// The step that logs the round's user in.
    #[must_use]
    pub fn login(&self) -> Value {
        json!({"do": "login", "user": self.user()})
    }

    /// A browser with the session that a step begins.
    pub async fn browser(&self, step: Value) -> Browser {
        let mut browser = self.world.browser();
        browser
            .act(self.server(0), json!([step]))
            .await
            .expect_status(200);
        browser
    }

    /// The answers to two requests with the browser's cookies. The slow one goes on when the quick one is answered or, in
    /// every other pair of rounds, at the same time.
    pub async fn pair(&self, browser: &Browser, quick: Value, slow: Value) -> [Response; 2] {
        let held = browser.snapshot();
        let slow_goes = if self.number % 4 < 2 { "answered" } else { "go" };
        let quick = async {
            let answer = self.held(0, &held, "go", quick).await;
            self.open("answered");
            answer
        };
        let (quick, slow, ()) = tokio::join!(quick, self.held(1, &held, slow_goes, slow), self.start(2));
        [quick, slow]
    }

    /// What the steps of many requests with the browser's cookies gave, all of which go on at the same time.
    pub async fn crowd(&self, browser: &Browser, steps: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let answers = self.answers(browser, steps).await;
        answers.iter().map(|answer| answer.json()[3].take()).collect()
    }

    /// The answers to such requests.
    pub async fn answers(&self, browser: &Browser, steps: impl IntoIterator<Item = Value>) -> Vec<Response> {
        let mut running = Vec::new();
        for (turn, step) in steps.into_iter().enumerate() {
            let (round, held) = (self.clone(), browser.snapshot());
            running.push(tokio::spawn(
                async move { round.held(turn, &held, "go", step).await },
            ));
        }
        self.start(running.len()).await;
        let mut answers = Vec::new();
        for request in running {
            answers.push(request.await.unwrap());
        }
        answers
    }

    /// What steps give on either server, with these cookies.
    pub async fn seen(&self, cookies: &Snapshot, steps: Value) -> [Value; 2] {
        let [one, other] = &*self.servers;
        let (one, other) = tokio::join!(cookies.act(one, steps.clone()), cookies.act(other, steps));
        [one.json(), other.json()]
    }

    /// Who is logged in where.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The world of all rounds.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The server of the round's first request (0), second (1) and so on.
    #[must_use]
    pub fn server(&self, turn: usize) -> &Running {
        match self.place {
            Place::OneServer => &self.servers[0],
            Place::TwoServers => &self.servers[(self.number + turn) % 2],
        }
    }

    /// A request that takes its step when it has read the session and a gate is open.
    async fn held(&self, turn: usize, cookies: &Snapshot, gate: &str, step: Value) -> Response {
        let (read, gate) = (self.gate("read"), self.gate(gate));
        let steps = json!([
            {"do": "handle"}, {"do": "arrive", "gate": read}, {"do": "wait", "gate": gate}, step,
        ]);
        let answer = cookies.act(self.server(turn), steps).await.expect_status(200);
        assert!(
            answer.json()[0].is_string(),
            "there was no session to be read: {answer}"
        );
        answer
    }

    /// Lets requests go on when so many have read the session.
    async fn start(&self, requests: usize) {
        self.wait_for("read", requests).await;
        self.open("go");
    }

    /// Waits until so many have arrived at a gate of the round.
    pub async fn wait_for(&self, gate: &str, count: usize) {
        self.world.gates.wait_for(&self.gate(gate), count).await;
    }

    /// How many have arrived at a gate of the round.
    #[must_use]
    pub fn arrived(&self, gate: &str) -> usize {
        self.world.gates.arrived(&self.gate(gate))
    }

    /// Lets those go on who wait at a gate of the round.
    pub fn open(&self, gate: &str) {
        self.world.gates.arrive(&self.gate(gate));
    }

    /// The name of a gate that is the round's own.
    #[must_use]
    pub fn gate(&self, name: &str) -> String {
        format!("{name}-{}", self.number)
    }
}
