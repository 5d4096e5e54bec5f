//! Requests that go on while the server is frozen or down, as the policy has it: what they read, and that they write nothing.

use std::time::Duration;

use http::Method;
use keycard::OutagePolicy;
use keycard::store::near::NearCache;
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use keycard_tests::browser::{Browser, Response, Server as _, Snapshot};
use keycard_tests::monitor::Monitor;
use keycard_tests::world::{Running, World, sid};
use serde_json::{Value, json};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, timeout};

use crate::acting::{begun, last, user};

/// By then what is to happen by itself has happened on any machine.
const HANGS: Duration = Duration::from_secs(20);
/// For how long the stores here wait for Redis: longer than by default, for a machine that has much to do.
const DEADLINE: Duration = Duration::from_secs(4);
const MINUTES: OutagePolicy = OutagePolicy::StaleOk(Duration::from_mins(5));

journeys! {
    redis:
    while_the_server_is_frozen_users_are_guests_who_write_nothing
    while_the_server_is_down_users_are_guests_who_write_nothing
    while_the_server_is_frozen_users_read_what_was_known_and_write_nothing
    while_the_server_is_down_users_read_what_was_known_and_write_nothing
    what_was_known_is_served_for_its_time_and_no_longer
    whatever_is_no_outage_is_a_503_under_each_policy
    a_server_is_ready_while_its_store_answers
}

type Outage = (fn(&mut RedisServer), fn(&mut RedisServer));

const FROZEN: Outage = (|redis| redis.freeze().unwrap(), |redis| redis.thaw().unwrap());
const DOWN: Outage = (
    |redis| {
        redis.command::<()>(&["SAVE"]).unwrap(); // so that it has its sessions again when it is back
        redis.kill().unwrap();
    },
    |redis| redis.restart().unwrap(),
);

/// Whatever writes, each at the end of a request of its own.
fn writes() -> Vec<Value> {
    [
        json!({"do": "insert", "key": "n", "value": 1}),
        json!({"do": "remove", "key": "n"}),
        json!({"do": "remove", "key": "not there"}),
        json!({"do": "take", "key": "n"}),
        json!({"do": "clear"}),
        json!({"do": "extend", "ms": 1}),
        json!({"do": "set_idle", "ms": 1}),
        json!({"do": "rotate"}),
        json!({"do": "login", "user": "alice"}),
        json!({"do": "login", "user": "bob"}),
        json!({"do": "logout"}),
        json!({"do": "logout_keeping", "names": ["n"]}),
    ]
    .into()
}

/// What writes, or asks the store, before the request ends.
fn calls() -> Vec<Value> {
    [
        json!({"do": "increment", "key": "n", "by": 1}),
        json!({"do": "update", "key": "n", "change": {"add": 1}}),
        json!({"do": "consume", "key": "n"}),
        json!({"do": "consume", "key": "not there"}),
        json!({"do": "touch"}),
        json!({"do": "require_user", "anew": true}),
    ]
    .into()
}

async fn get(held: &Snapshot, server: &Running, path: &str) -> Response {
    held.request(Method::GET, server, path).send().await
}

/// The answers to each of these lists of steps, asked all at once: on a frozen server they wait together.
async fn all(held: &Snapshot, server: &Running, lists: Vec<Value>) -> Vec<(Value, Response)> {
    let mut asked = JoinSet::new();
    for steps in lists {
        let (held, origin) = (held.clone(), server.origin());
        asked.spawn(async move { (steps.clone(), held.act(&origin, steps).await) });
    }
    timeout(HANGS, asked.join_all()).await.expect("bounded answers")
}

/// No write comes about, whatever it is, and each is told.
async fn writes_nothing(held: &Snapshot, server: &Running) {
    let at_the_end = writes().into_iter().map(|write| json!([write]));
    let committed = writes().into_iter().map(|write| json!([write, {"do": "commit"}]));
    let mended = json!([{"do": "logout"}, {"do": "answer", "status": 500}]);
    let lists = at_the_end.chain(committed).chain([mended]).collect();
    for (steps, answer) in all(held, server, lists).await {
        assert_eq!(answer.status, 503, "{steps}");
        assert!(answer.set_cookies().is_empty(), "{steps}");
    }
    let lists = calls().into_iter().map(|call| json!([call])).collect();
    for (steps, answer) in all(held, server, lists).await {
        assert_eq!(answer.status, 200, "{steps}: the handler has dealt with it");
        assert_eq!(answer.json()[0]["error"], "Store", "{steps}");
        assert!(answer.set_cookies().is_empty(), "{steps}");
    }
}

/// What each door answers, as `[User, UserAnew]`.
async fn at_the_doors(held: &Snapshot, server: &Running, expected: [u16; 2]) {
    for door in ["layer", "page", "extractor", "handler"] {
        for (guard, status) in ["User", "UserAnew"].into_iter().zip(expected) {
            let answer = get(held, server, &format!("/guards/{door}/{guard}")).await;
            assert_eq!(answer.status, status, "{door} of {guard}");
            assert!(answer.set_cookies().is_empty(), "{door} of {guard}");
        }
    }
}

fn seen() -> Value {
    json!([{"do": "is_degraded"}, {"do": "user"}, {"do": "keys"}, {"do": "get", "key": "n"}, {"do": "commit"}])
}

/// What is seen of a session in an outage; nothing of it is kept anywhere.
async fn sees(held: &Snapshot, server: &Running, expected: Value) {
    for steps in [seen(), {
        let mut steps = seen();
        let header = json!({"do": "header", "name": "cache-control", "value": "public, max-age=600"});
        steps.as_array_mut().unwrap().push(header);
        steps
    }] {
        let answer = held.act(server, steps).await.expect_status(200);
        assert_eq!(
            answer.json().as_array().unwrap()[..4],
            expected.as_array().unwrap()[..]
        );
        assert!(answer.set_cookies().is_empty());
        let cached: Vec<_> = answer.headers.get_all("cache-control").iter().collect();
        assert_eq!(cached, ["no-store"]);
    }
}

/// The user's session is what it was, as soon as the server is found again.
async fn is_back(browser: &mut Browser, server: &Running, cookie: Option<String>) {
    let found = async {
        let degraded = json!([{"do": "is_degraded"}]);
        loop {
            let answer = browser.act(server, degraded.clone()).await;
            if answer.status == 200 && answer.json() == json!([false]) {
                break;
            }
            yield_now().await;
        }
    };
    timeout(HANGS, found).await.expect("the store is found again");
    assert_eq!(
        browser.act(server, seen()).await.json(),
        json!([false, "alice", ["n"], 7, null])
    );
    assert_eq!(sid(browser), cookie);
    // And it is one that can be written to.
    assert_eq!(
        last(browser, server, json!([{"do": "increment", "key": "n", "by": 1}])).await,
        8
    );
}

fn alice() -> Value {
    json!([{"do": "login", "user": "alice"}, {"do": "insert", "key": "n", "value": 7}])
}

async fn while_the_server_is_frozen_users_are_guests_who_write_nothing(world: World) {
    anonymous(world, FROZEN).await;
}

async fn while_the_server_is_down_users_are_guests_who_write_nothing(world: World) {
    anonymous(world, DOWN).await;
}

async fn anonymous(mut world: World, (begin, end): Outage) {
    world.deadline = Some(DEADLINE);
    let keycard = world.keycard_with(&[1], |builder| builder.on_outage(OutagePolicy::Anonymous));
    let server = world.acting_server_with(world.adapter, keycard).await;
    let mut browser = begun(&world, &server, alice()).await;
    let (cookie, held) = (sid(&browser), browser.snapshot());
    world.clock.advance(Duration::from_mins(2)); // a touch is due
    begin(world.redis());
    sees(&held, &server, json!([true, null, [], null])).await;
    writes_nothing(&held, &server).await;
    at_the_doors(&held, &server, [503, 503]).await;
    assert_eq!(
        get(&held, &server, "/greeting").await.status,
        503,
        "it wants to know the user"
    );
    let visitor = Browser::new().snapshot();
    let seen = visitor.act(&server, seen()).await.expect_status(200).json();
    assert_eq!(
        seen,
        json!([false, null, [], null, null]),
        "who has no cookie is a guest"
    );
    end(world.redis());
    is_back(&mut browser, &server, cookie).await;
}

async fn while_the_server_is_frozen_users_read_what_was_known_and_write_nothing(world: World) {
    known(world, FROZEN).await;
}

async fn while_the_server_is_down_users_read_what_was_known_and_write_nothing(world: World) {
    known(world, DOWN).await;
}

/// A server with a near cache, and a user of whom it has a copy.
async fn copied(world: &World, policy: OutagePolicy) -> (Running, Browser, NearCache<RedisStore>) {
    let (keycard, near) = world.near_with(|builder| builder.on_outage(policy)).await;
    let server = world.acting_server_with(world.adapter, keycard).await;
    let browser = begun(world, &server, alice()).await;
    while near.figures().counts.hits == 0 {
        assert_eq!(user(&browser, &server).await, "alice");
    }
    (server, browser, near)
}

async fn known(mut world: World, (begin, end): Outage) {
    world.deadline = Some(DEADLINE);
    let (server, mut browser, near) = copied(&world, MINUTES).await;
    let (cookie, held) = (sid(&browser), browser.snapshot());
    let other = world.acting_server().await;
    let stranger = begun(&world, &other, json!([{"do": "login", "user": "bob"}])).await;
    world.clock.advance(Duration::from_mins(2)); // a touch is due
    begin(world.redis());
    let off = async {
        while near.figures().on {
            yield_now().await;
        }
    };
    timeout(HANGS, off).await.expect("a lease is over");
    sees(&held, &server, json!([true, "alice", ["n"], 7])).await;
    writes_nothing(&held, &server).await;
    at_the_doors(&held, &server, [200, 503]).await;
    let denied = get(&held, &server, "/guards/layer/Admin").await;
    assert_eq!(denied.status, 503, "she may have become one");
    let unknown = stranger.snapshot().act(&server, seen()).await;
    assert_eq!(
        unknown.status, 503,
        "of a session without a copy nothing is known"
    );
    assert!(unknown.set_cookies().is_empty());
    end(world.redis());
    is_back(&mut browser, &server, cookie).await;
}

async fn what_was_known_is_served_for_its_time_and_no_longer(mut world: World) {
    world.deadline = Some(DEADLINE);
    let bound = Duration::from_secs(2);
    let (server, browser, _) = copied(&world, OutagePolicy::StaleOk(bound)).await;
    let held = browser.snapshot();
    let mut last_answered = None;
    // The last sign of life was given before this.
    let down = Instant::now();
    world.redis().kill().unwrap();
    let asking = async {
        loop {
            let asked = Instant::now();
            let answer = held.act(&server, seen()).await;
            if answer.status != 200 {
                assert_eq!(answer.status, 503);
                return;
            }
            assert_eq!(answer.json()[1], "alice");
            assert!(
                asked < down + bound,
                "{:?} late",
                asked.duration_since(down + bound)
            );
            last_answered = Some(asked);
            yield_now().await;
        }
    };
    timeout(HANGS, asking).await.expect("the time is over some day");
    assert!(
        last_answered.is_some_and(|asked| asked > down),
        "it was served in the outage"
    );
}

async fn whatever_is_no_outage_is_a_503_under_each_policy(mut world: World) {
    world.deadline = Some(DEADLINE);
    for policy in [OutagePolicy::Deny, OutagePolicy::Anonymous, MINUTES] {
        let (server, browser, _) = copied(&world, policy).await;
        let handle = last(&mut browser.clone(), &server, json!([{"do": "handle"}])).await;
        world.tamper(handle.as_str().unwrap(), |bytes| bytes[0] = 2).await;
        // The copy goes when the change is told.
        let newer = async { while browser.snapshot().act(&server, seen()).await.status != 503 {} };
        timeout(HANGS, newer).await.expect("a newer version's record");
    }
    for policy in [OutagePolicy::Deny, OutagePolicy::Anonymous, MINUTES] {
        let (server, browser, _) = copied(&world, policy).await;
        let redis = world.redis();
        redis
            .command::<()>(&["ACL", "SETUSER", "default", "-get", "-client|tracking"])
            .unwrap();
        // The link is lost, and the copy is set aside; for a moment the store is away.
        redis
            .command::<i64>(&["CLIENT", "KILL", "TYPE", "normal"])
            .unwrap();
        let refused = async { while browser.snapshot().act(&server, seen()).await.status != 503 {} };
        timeout(HANGS, refused).await.expect("a refusal");
        redis
            .command::<()>(&["ACL", "SETUSER", "default", "+get", "+client|tracking"])
            .unwrap();
    }
}

async fn a_server_is_ready_while_its_store_answers(mut world: World) {
    let keycard = world.keycard();
    for (begin, end) in [FROZEN, DOWN] {
        let back = async {
            while keycard.ready().await.is_err() {
                yield_now().await;
            }
        };
        timeout(HANGS, back).await.expect("the store is found");
        let mut monitor = Monitor::over(world.redis()).await;
        keycard.ready().await.unwrap();
        assert_eq!(monitor.commands().await, ["GET"], "one round trip");
        begin(world.redis());
        for _ in 0..3 {
            let error = timeout(HANGS, keycard.ready())
                .await
                .expect("a deadline")
                .unwrap_err();
            assert_eq!(error.status(), 503);
        }
        end(world.redis());
    }
    let back = async {
        while keycard.ready().await.is_err() {
            yield_now().await;
        }
    };
    timeout(HANGS, back).await.expect("the store is found again");
}
