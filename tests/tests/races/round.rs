//! One round of a race: a user and gates of its own, and the servers that it runs on.

use std::sync::Arc;
use std::time::Duration;

use keycard_tests::browser::{Browser, Response, Snapshot};
use keycard_tests::rounds::rounds;
use keycard_tests::world::{Adapter, Running, World};
use serde_json::{Value, json};

/// Where the requests of a race go.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    OneServer,
    /// A server of either framework, in turns.
    TwoServers,
}

pub(crate) struct Round {
    pub(crate) number: usize,
    world: Arc<World>,
    servers: Arc<[Running; 2]>,
    place: Place,
}

/// Runs all rounds of a race.
pub(crate) async fn race<F>(world: World, place: Place, round: impl Fn(Round) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let servers = Arc::new(servers(&world).await);
    let world = Arc::new(world);
    rounds(|number| {
        round(Round {
            number,
            world: Arc::clone(&world),
            servers: Arc::clone(&servers),
            place,
        })
    })
    .await;
}

/// A server of the world's own adapter, and one of the other.
pub(crate) async fn servers(world: &World) -> [Running; 2] {
    [
        server(world, world.adapter).await,
        server(world, world.adapter.other()).await,
    ]
}

async fn server(world: &World, adapter: Adapter) -> Running {
    // Longer than a busy machine stands still: a commit that gives up is no part of a race.
    let deadline = Duration::from_secs(30);
    let keycard = world.keycard_with(&[1], |builder| builder.commit_deadline(deadline));
    world.acting_server_with(adapter, keycard).await
}

impl Round {
    /// The server of the round's first request (0), second (1) and so on.
    pub(crate) fn server(&self, turn: usize) -> &Running {
        match self.place {
            Place::OneServer => &self.servers[0],
            Place::TwoServers => &self.servers[(self.number + turn) % 2],
        }
    }

    /// A browser with a session of the round's own user.
    pub(crate) async fn logged_in(&self) -> Browser {
        let mut browser = self.world.browser();
        let login = json!([{"do": "login", "user": self.user()}]);
        browser.act(self.server(0), login).await.expect_status(200);
        browser
    }

    pub(crate) fn user(&self) -> String {
        format!("user {}", self.number)
    }

    /// Sends a request whose handler reads the session, and does something when it is [let go](Self::let_go).
    pub(crate) async fn held(&self, turn: usize, cookies: &Snapshot, name: &str, does: Value) -> Response {
        let (read, go) = (self.gate("read"), self.gate(name));
        let steps = json!([{"do": "arrive", "gate": read}, {"do": "wait", "gate": go}, does]);
        let answer = cookies.act(self.server(turn), steps).await.expect_status(200);
        self.world
            .gates
            .arrive(&self.gate(&format!("{name} is answered")));
        answer
    }

    /// Waits until so many handlers have read the session.
    pub(crate) async fn have_read(&self, handlers: usize) {
        self.world.gates.wait_for(&self.gate("read"), handlers).await;
    }

    pub(crate) fn let_go(&self, name: &str) {
        self.world.gates.arrive(&self.gate(name));
    }

    pub(crate) async fn answered(&self, name: &str) {
        self.world
            .gates
            .wait(&self.gate(&format!("{name} is answered")))
            .await;
    }

    fn gate(&self, name: &str) -> String {
        format!("{name} in round {}", self.number)
    }
}
