//! Requests that race: over two servers of both frameworks wherever it makes a difference.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::Method;
use keycard_tests::browser::{Browser, Fetch, Server as _, Snapshot};
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{Running, World};

/// How many rounds of a race run, and how many of them at once.
const ROUNDS: usize = 1_000;
const AT_ONCE: usize = 25;

journeys! {
    a_hundred_increments_count_each_once
    twenty_slow_writes_of_different_keys_all_land
    a_logout_is_not_undone_by_a_slow_write
    the_cookie_of_a_login_survives_a_slow_guest_s_write
    a_double_submitted_login_leaves_the_user_logged_in
}

struct Pair {
    world: World,
    servers: [Running; 2],
}

impl Pair {
    async fn of(world: World) -> Arc<Self> {
        let servers = [world.server().await, world.other_server().await];
        Arc::new(Self { world, servers })
    }

    /// The two servers, in turns.
    fn order(&self, number: usize) -> (&Running, &Running) {
        (&self.servers[number % 2], &self.servers[(number + 1) % 2])
    }

    async fn alice(&self) -> Browser {
        let mut browser = self.world.browser();
        self.world
            .plant(&mut browser, &self.servers[0], |session| session.login("1"))
            .await;
        browser
    }

    /// Logs in as the applications do, without the cost of a password: reads the browser's session, and replaces it.
    async fn login(&self, browser: &mut Browser, server: &Running) {
        let fetch = Fetch::new(server.origin(), Method::POST, "/login");
        let header = browser.jar().cookie_header(&fetch).unwrap_or_default();
        let (keycard, lazy) = self.world.open(&header);
        lazy.load().await.unwrap().login("1");
        self.world.hand_out(&keycard, &lazy, browser, server).await;
    }

    async fn guest(&self) -> Browser {
        let mut browser = self.world.browser();
        let fill = |session: &keycard::Session| session.insert("n", &1).unwrap();
        self.world.plant(&mut browser, &self.servers[0], fill).await;
        browser
    }
}

/// Runs all rounds, some at once, and fails with the first that fails.
async fn rounds<F: Future<Output = ()> + Send + 'static>(round: impl Fn(usize) -> F) {
    let mut running = JoinSet::new();
    for number in 0..ROUNDS {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(round(number));
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

async fn a_hundred_increments_count_each_once(world: World) {
    let pair = Pair::of(world).await;
    let snapshot = pair.alice().await.snapshot();
    let mut running = JoinSet::new();
    for number in 0..100 {
        let (pair, snapshot) = (Arc::clone(&pair), snapshot.clone());
        running.spawn(async move {
            let server = &pair.servers[number % 2];
            let answer = snapshot
                .post_json(server, "/session/increment", json!({"key": "n"}))
                .await;
            answer.expect_status(200).json()["value"].as_i64().unwrap()
        });
    }
    let answers: BTreeSet<i64> = running.join_all().await.into_iter().collect();
    assert_eq!(answers, (1..=100).collect());
}

async fn twenty_slow_writes_of_different_keys_all_land(world: World) {
    let pair = Pair::of(world).await;
    let mut browser = pair.alice().await;
    let mut running = JoinSet::new();
    for number in 0..20 {
        let (pair, snapshot) = (Arc::clone(&pair), browser.snapshot());
        running.spawn(async move {
            let target = format!("/slow-set?key=k{number}&ms=100");
            snapshot
                .post(&pair.servers[number % 2], &target)
                .await
                .expect_status(200);
        });
    }
    running.join_all().await;
    let data = browser.get(&pair.servers[0], "/session/data").await.json();
    let keys: BTreeSet<String> = data.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, (0..20).map(|number| format!("k{number}")).collect());
}

/// A slow write that has read the session before `meanwhile` begins; begun anew until it has.
async fn overlapped<T>(
    slow: &Snapshot,
    server: &Running,
    has_read: impl Fn(&serde_json::Value) -> bool,
    meanwhile: impl Future<Output = T>,
) -> Option<(keycard_tests::browser::Response, T)> {
    let write = slow.post(server, "/slow-set?key=late&ms=30");
    let (written, done) = tokio::join!(write, meanwhile);
    let written = written.expect_status(200);
    has_read(&written.json()).then_some((written, done))
}

async fn a_logout_is_not_undone_by_a_slow_write(world: World) {
    let pair = Pair::of(world).await;
    rounds(|number| {
        let pair = Arc::clone(&pair);
        async move { while !logout_against_slow_write(&pair, number).await {} }
    })
    .await;
}

/// One round; `false` if the slow write had not read the session when it ended.
async fn logout_against_slow_write(pair: &Pair, number: usize) -> bool {
    let (one, other) = pair.order(number);
    let mut browser = pair.alice().await;
    let held = browser.snapshot();
    let logout = browser.post(other, "/logout");
    let as_alice = |answer: &serde_json::Value| answer["user"] == "alice@example.com";
    let Some((written, logout)) = overlapped(&held, one, as_alice, logout).await else {
        return false;
    };
    logout.expect_status(204);
    assert!(
        written.set_cookies().is_empty(),
        "the slow request sends no cookie"
    );
    held.get(one, "/me").await.expect_status(401);
    held.get(other, "/me").await.expect_status(401);
    true
}

async fn the_cookie_of_a_login_survives_a_slow_guest_s_write(world: World) {
    let pair = Pair::of(world).await;
    rounds(|number| {
        let pair = Arc::clone(&pair);
        async move {
            let (one, other) = pair.order(number);
            let mut browser = pair.guest().await;
            let guest = browser.snapshot();
            let login = pair.login(&mut browser, other);
            let (written, ()) = overlapped(&guest, one, |_| true, login).await.unwrap();
            // The late answer reaches the browser last, and must not take the login's cookie away.
            browser.absorb(&written);
            browser.get(one, "/me").await.expect_status(200);
            browser.get(other, "/me").await.expect_status(200);
        }
    })
    .await;
}

async fn a_double_submitted_login_leaves_the_user_logged_in(world: World) {
    let pair = Pair::of(world).await;
    for number in 0..10 {
        let (one, other) = pair.order(number);
        let mut browser = pair.guest().await;
        let (first, second) = (browser.snapshot(), browser.snapshot());
        let (first, second) = tokio::join!(
            first.post_json(one, "/login", crate::world::alice()),
            second.post_json(other, "/login", crate::world::alice()),
        );
        for answer in [first, second] {
            browser.absorb(&answer.expect_status(200));
        }
        browser.get(one, "/me").await.expect_status(200);
    }
}
