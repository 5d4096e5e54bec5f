//! Requests that race, over two servers of both frameworks. They overlap for certain: each has read the session before
//! any of them goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use keycard_tests::browser::{Browser, Response, Snapshot};
use keycard_tests::world::{Running, World, sid};
use serde_json::{Value, json};
use tokio::task::JoinSet;

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

/// Two servers of both frameworks, over one store.
struct Pair {
    world: World,
    servers: [Running; 2],
}

impl Pair {
    async fn of(world: World) -> Arc<Self> {
        let servers = [world.acting_server().await, world.other_acting_server().await];
        Arc::new(Self { world, servers })
    }

    async fn browser(&self, step: Value) -> Browser {
        let mut browser = self.world.browser();
        browser.act(&self.servers[0], json!([step])).await;
        browser
    }

    /// Requests with the browser's cookies, in turns on both servers, that all have read the session before any of them
    /// takes its step; what the steps gave.
    async fn crowd(
        self: &Arc<Self>,
        browser: &Browser,
        steps: impl IntoIterator<Item = Value>,
    ) -> Vec<Value> {
        let mut running = JoinSet::new();
        for (number, step) in steps.into_iter().enumerate() {
            let (pair, held) = (Arc::clone(self), browser.snapshot());
            running.spawn(async move {
                let answer = held
                    .act(&pair.servers[number % 2], after("read", "go", step))
                    .await;
                answer.json()[3].take()
            });
        }
        self.world.gates.wait_for("read", running.len()).await;
        self.world.gates.arrive("go");
        running.join_all().await
    }
}

/// Steps that tell which session has been read, and then wait before `step`.
fn after(read: &str, gate: &str, step: Value) -> Value {
    json!([{"do": "handle"}, {"do": "arrive", "gate": read}, {"do": "wait", "gate": gate}, step])
}

/// One round of a race between a quick and a slow request.
struct Round {
    pair: Arc<Pair>,
    number: usize,
}

impl Round {
    /// Each round has a user of its own: of one user's sessions only a thousand live.
    fn user(&self) -> String {
        format!("user-{}", self.number)
    }

    fn login(&self) -> Value {
        json!({"do": "login", "user": self.user()})
    }

    /// The quick and the slow request, both with the browser's cookies, each on a server of its own. Both have read the
    /// session before the quick one goes on; the slow one goes on when that is answered or, in every other pair of
    /// rounds, at the same time.
    async fn race(&self, browser: &Browser, quick: Value, slow: Value) -> (Response, Response) {
        let gates = &self.pair.world.gates;
        let [read, go, answered] = ["read", "go", "answered"].map(|gate| format!("{gate}-{}", self.number));
        let slow_goes = if self.number % 4 < 2 { &answered } else { &go };
        let [one, other] = [0, 1].map(|server| &self.pair.servers[(self.number + server) % 2]);
        let held = browser.snapshot();
        let quick = async {
            let answer = held.act(one, after(&read, &go, quick)).await;
            gates.arrive(&answered);
            answer.expect_status(200)
        };
        let slow = async {
            held.act(other, after(&read, slow_goes, slow))
                .await
                .expect_status(200)
        };
        let both_have_read = async {
            gates.wait_for(&read, 2).await;
            gates.arrive(&go);
        };
        let (quick, slow, ()) = tokio::join!(quick, slow, both_have_read);
        let [one, other] = [&quick, &slow].map(|answer| answer.json()[0].take());
        assert!(
            one.is_string() && one == other,
            "{one} and {other} are not one session"
        );
        (quick, slow)
    }

    /// Who is logged in, as either server sees it.
    async fn users(&self, held: &Snapshot) -> [Value; 2] {
        let [one, other] = &self.pair.servers;
        let user = json!([{"do": "user"}]);
        let (one, other) = tokio::join!(held.act(one, user.clone()), held.act(other, user.clone()));
        [one, other].map(|answer| answer.json()[0].take())
    }
}

/// Runs all rounds, some at once, and fails with the first that fails.
async fn rounds<F: Future<Output = ()> + Send + 'static>(world: World, round: impl Fn(Round) -> F) {
    let pair = Pair::of(world).await;
    let mut running = JoinSet::new();
    for number in 0..ROUNDS {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        let pair = Arc::clone(&pair);
        running.spawn(round(Round { pair, number }));
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

fn insert(key: &str) -> Value {
    json!({"do": "insert", "key": key, "value": true})
}

async fn a_hundred_increments_count_each_once(world: World) {
    let pair = Pair::of(world).await;
    let browser = pair.browser(insert("n")).await;
    let sums = pair
        .crowd(
            &browser,
            vec![json!({"do": "increment", "key": "sum", "by": 1}); 100],
        )
        .await;
    let sums: BTreeSet<i64> = sums.iter().filter_map(Value::as_i64).collect();
    assert_eq!(sums, (1..=100).collect());
}

async fn twenty_slow_writes_of_different_keys_all_land(world: World) {
    let pair = Pair::of(world).await;
    let mut browser = pair.browser(insert("k00")).await;
    let keys: Vec<String> = (0..20).map(|number| format!("k{number:02}")).collect();
    pair.crowd(&browser, keys.iter().map(|key| insert(key))).await;
    for server in &pair.servers {
        let seen = browser.act(server, json!([{"do": "keys"}])).await;
        assert_eq!(seen.json(), json!([keys]));
    }
}

async fn a_logout_is_not_undone_by_a_slow_write(world: World) {
    rounds(world, async |round: Round| {
        let mut browser = round.pair.browser(round.login()).await;
        let held = browser.snapshot();
        let (logout, write) = round
            .race(&browser, json!({"do": "logout"}), insert("late"))
            .await;
        assert_eq!(logout.set_cookies().len(), 1);
        assert!(write.set_cookies().is_empty(), "the slow request sends no cookie");
        browser.absorb(&logout);
        assert_eq!(sid(&browser), None);
        assert_eq!(round.users(&held).await, [Value::Null, Value::Null]);
    })
    .await;
}

async fn the_cookie_of_a_login_survives_a_slow_guest_s_write(world: World) {
    rounds(world, async |round: Round| {
        let mut browser = round.pair.browser(insert("n")).await;
        let (login, write) = round.race(&browser, round.login(), insert("late")).await;
        assert!(write.set_cookies().is_empty());
        // The late answer reaches the browser last, and must not take the login's cookie away.
        browser.absorb(&login);
        browser.absorb(&write);
        assert_eq!(
            round.users(&browser.snapshot()).await,
            [round.user(), round.user()]
        );
    })
    .await;
}

async fn a_double_submitted_login_leaves_the_user_logged_in(world: World) {
    rounds(world, async |round: Round| {
        let browser = round.pair.browser(insert("n")).await;
        let (first, second) = round.race(&browser, round.login(), round.login()).await;
        // Whichever of them reaches the browser last.
        for answer in [first, second] {
            let mut browser = browser.clone();
            browser.absorb(&answer);
            let users = round.users(&browser.snapshot()).await;
            assert_eq!(users, [round.user(), round.user()]);
        }
    })
    .await;
}
