//! Refresh tokens under load: parallel tabs and lost answers log nobody out, and a replay is always noticed.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use keycard::Keycard;
use keycard_conformance::testing::log_in_as;
use keycard_tests::browser::{Browser, Response};
use keycard_tests::world::{Running, World};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How many rounds run; `KEYCARD_REFRESH_ROUNDS` asks for more. Fewer than of other races: the clock is marched, so that
/// they run one by one.
const ROUNDS: usize = 200;
const TABS: usize = 20;
const GRACE: Duration = Duration::from_secs(30);
/// Who logs in: her id in the application.
const ALICE: &str = "1";

worlds! { redis:
    parallel_tabs_and_lost_answers_log_nobody_out
    a_replay_after_the_grace_ends_the_family_every_time
}

fn rounds() -> usize {
    let asked = env::var("KEYCARD_REFRESH_ROUNDS").map(|rounds| rounds.parse().unwrap());
    asked.unwrap_or(ROUNDS).max(ROUNDS)
}

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }

    fn in_twenty(&mut self) -> bool {
        self.below(20) == 0
    }
}

/// A server of either framework, each with a connection of its own to the store, and who is logged in.
struct Scene {
    world: World,
    keycard: Keycard,
    servers: Arc<[Running; 2]>,
}

impl Scene {
    async fn of(mut world: World) -> Self {
        // Longer than a busy machine stands still.
        world.deadline = Some(Duration::from_secs(30));
        let servers = Arc::new([world.server().await, world.other_server().await]);
        let keycard = world.keycard();
        Self {
            world,
            keycard,
            servers,
        }
    }

    /// The cookie of a session that begins, and its first pair.
    async fn begun(&self) -> (String, Value) {
        let cookie = log_in_as(&self.keycard, ALICE).await.unwrap();
        let pair = ask(&self.servers[0], Method::POST, "/token", ("cookie", &cookie)).await;
        (cookie, pair.expect_status(200).json())
    }

    fn pass(&self, span: Duration) {
        self.world.clock.advance(span);
    }

    async fn refresh(&self, server: usize, pair: &Value) -> Response {
        refresh(&self.servers[server % 2], pair).await
    }

    /// What the tabs get that refresh the same token at once, one half of them at each server.
    async fn refresh_at_once(&self, pair: &Value) -> Vec<Value> {
        let (together, mut tabs) = (Arc::new(Barrier::new(TABS)), JoinSet::new());
        for tab in 0..TABS {
            let (servers, pair) = (Arc::clone(&self.servers), pair.clone());
            let together = Arc::clone(&together);
            tabs.spawn(async move {
                together.wait().await;
                let answer = refresh(&servers[tab % 2], &pair).await;
                answer.expect_status(200).json()
            });
        }
        tabs.join_all().await
    }
}

async fn ask(server: &Running, method: Method, target: &str, header: (&str, &str)) -> Response {
    let mut client = Browser::new();
    let request = client.request(method, server, target);
    request.header(header.0, header.1).send().await
}

async fn refresh(server: &Running, pair: &Value) -> Response {
    let body = json!({"refresh_token": pair["refresh_token"]});
    Browser::new().post_json(server, "/token/refresh", body).await
}

/// One answer in twenty is lost. A round whose answers are all lost is tried again with the same token; so is, now and
/// then, any other.
async fn parallel_tabs_and_lost_answers_log_nobody_out(world: World) {
    let (scene, mut dice) = (Scene::of(world).await, Dice(7));
    let (mut cookie, mut pair) = scene.begun().await;
    let mut tried_again = 0;
    for round in 0..rounds() {
        if round % 90 == 0 {
            // The session's day is over soon.
            (cookie, pair) = scene.begun().await;
        }
        let answers = scene.refresh_at_once(&pair).await;
        let successor = &answers[0]["refresh_token"];
        assert!(
            answers.iter().all(|answer| answer["refresh_token"] == *successor),
            "round {round}"
        );
        let received: Vec<Value> = answers.into_iter().filter(|_| !dice.in_twenty()).collect();
        let all_lost = dice.in_twenty();
        if let Some(newest) = received.into_iter().next_back().filter(|_| !all_lost) {
            pair = newest;
            scene.pass(Duration::from_mins(dice.below(14).into()));
        } else {
            tried_again += 1;
            scene.pass(Duration::from_secs(dice.below(5).into()));
        }
    }
    assert!(tried_again > rounds() / 50, "answers were lost");
    let me = ask(&scene.servers[1], Method::GET, "/me", ("cookie", &cookie)).await;
    me.expect_status(200);
}

async fn a_replay_after_the_grace_ends_the_family_every_time(world: World) {
    let (scene, mut dice) = (Scene::of(world).await, Dice(11));
    for round in 0..rounds() {
        let (cookie, first) = scene.begun().await;
        let mut pairs = vec![first];
        for turn in 0..=dice.below(3) {
            scene.pass(Duration::from_mins(dice.below(5).into()));
            let newest = scene.refresh(round + turn as usize, &pairs[turn as usize]).await;
            pairs.push(newest.expect_status(200).json());
        }
        scene.pass(GRACE);
        let newest = &pairs[pairs.len() - 1];
        let bearer = format!("Bearer {}", newest["access_token"].as_str().unwrap());
        let doors = [
            ("/api/me", ("authorization", &*bearer)),
            ("/me", ("cookie", &*cookie)),
        ];
        for (target, header) in doors {
            ask(&scene.servers[0], Method::GET, target, header)
                .await
                .expect_status(200);
        }
        let spent = dice.below(u32::try_from(pairs.len()).unwrap() - 1) as usize;
        scene.refresh(round, &pairs[spent]).await.expect_status(401);
        for (target, header) in doors {
            ask(&scene.servers[1], Method::GET, target, header)
                .await
                .expect_status(401);
        }
        scene.refresh(round + 1, newest).await.expect_status(401);
    }
}
