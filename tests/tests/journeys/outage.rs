//! A Redis that freezes, dies and comes back: bounded answers, no logout, recovery by itself.

use std::time::Duration;

use http::Method;
use keycard_fixtures::RedisServer;
use keycard_tests::browser::{Browser, Server as _, Snapshot};
use keycard_tests::world::{Running, World, alice, sid};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// For how long the stores here wait for Redis: longer than by default, so that the rest of a request, connections and a
/// password's hash, takes less on a busy machine, too.
const DEADLINE: Duration = Duration::from_secs(4);
/// Sooner than a request that waits for the store twice.
const BOUND: Duration = DEADLINE
    .saturating_mul(2)
    .saturating_sub(Duration::from_millis(100));
/// By then a server that is back is found on any machine.
const HANGS: Duration = Duration::from_secs(20);

const ME: (Method, &str) = (Method::GET, "/me");
const ACT: (Method, &str) = (Method::POST, "/act");

journeys! {
    redis:
    every_route_is_a_bounded_503_while_the_server_is_frozen
    every_route_is_a_bounded_503_while_the_server_is_down
    a_server_that_comes_back_empty_is_an_honest_401
    a_crowd_before_a_frozen_server_waits_one_deadline_in_all
    a_commit_that_meets_an_outage_is_a_503_without_a_cookie
}

type Route = (Method, &'static str, Option<Value>);

/// Every route of tokens, for who calls by the first pair and gives the other one back: what is sent to a server that is
/// frozen may land when it thaws.
fn token_routes([pair, given_back]: &[Value; 2]) -> [Route; 5] {
    let revoke = |token: &Value| (Method::POST, "/token/revoke", Some(json!({"token": token})));
    let refresh = json!({"refresh_token": pair["refresh_token"]});
    [
        (Method::POST, "/token", None),
        (Method::GET, "/api/me", None),
        (Method::POST, "/token/refresh", Some(refresh)),
        revoke(&given_back["refresh_token"]),
        revoke(&given_back["access_token"]),
    ]
}

/// The routes that make a session for a visitor: nothing is loaded, and the commit is the first to meet the store.
fn beginnings() -> [Route; 2] {
    let entry = json!({"key": "n", "value": 1});
    [
        (Method::POST, "/login", Some(alice())),
        (Method::PUT, "/session/data", Some(entry)),
    ]
}

/// Every other route of the login applications that uses the session.
fn other_routes() -> [Route; 14] {
    [
        (Method::GET, "/me", None),
        (Method::POST, "/mfa/verify", Some(json!({"code": "123456"}))),
        (Method::POST, "/reauth", Some(json!({"password": "password123"}))),
        (Method::GET, "/sessions", None),
        (Method::DELETE, "/sessions/others", None),
        (Method::DELETE, "/sessions/all", None),
        (Method::GET, "/admin/stats", None),
        (Method::POST, "/logout", None),
        (Method::GET, "/session/data", None),
        (Method::HEAD, "/session/data", None),
        (Method::GET, "/session/data/n", None),
        (Method::DELETE, "/session/data/n", None),
        (Method::POST, "/session/increment", Some(json!({"key": "n"}))),
        (Method::POST, "/slow-set?key=n&ms=0", None),
    ]
}

/// Asks every route at once, for the user and where it can be for a visitor. A request that takes longer than the bound
/// fails.
async fn expect_503(user: &Snapshot, pairs: &[Value; 2], server: &Running) {
    let visitor = Browser::new().snapshot();
    let for_user = beginnings()
        .into_iter()
        .chain(other_routes())
        .chain(token_routes(pairs));
    let for_user = for_user.map(|route| (user.clone(), route));
    let for_visitor = beginnings().map(|route| (visitor.clone(), route));
    let mut asked = JoinSet::new();
    for (held, (method, target, body)) in for_user.chain(for_visitor) {
        let (origin, bearer) = (server.origin(), bearer(&pairs[0]));
        asked.spawn(async move {
            let request = held.request(method, &origin, target).time_out(BOUND);
            let request = request.header("authorization", &bearer);
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            let answer = request.send().await.expect_status(503);
            assert!(
                answer.set_cookies().is_empty() && answer.header("www-authenticate").is_none(),
                "{answer}: an outage is not a logout, and no token is invalid by it"
            );
        });
    }
    // Who answers before the deadline has not waited for the store.
    for (method, target, status) in [(Method::GET, "/no/such/route", 404), (Method::GET, "/login", 405)] {
        let request = user.request(method, server, target).time_out(DEADLINE);
        request.send().await.expect_status(status);
    }
    while let Some(answered) = asked.join_next().await {
        answered.unwrap();
    }
}

/// A browser that is logged in, and a pair of tokens for its session.
async fn logged_in(world: &World, server: &Running) -> (Browser, Value) {
    let mut browser = world.browser();
    browser
        .post_json(server, "/login", alice())
        .await
        .expect_status(200);
    let pair = browser.post(server, "/token").await.expect_status(200).json();
    (browser, pair)
}

fn bearer(pair: &Value) -> String {
    format!("Bearer {}", pair["access_token"].as_str().unwrap())
}

/// Asks until a store that is back has been found.
async fn recovered(browser: &mut Browser, (method, target): (Method, &str), server: &Running, status: u16) {
    let asked = async {
        loop {
            let request = browser.request(method.clone(), server, target).json(json!([]));
            if request.send().await.status == status {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(HANGS, asked).await.expect("the store is found again");
}

async fn every_route_is_a_bounded_503_while_the_server_is_frozen(world: World) {
    outage(
        world,
        |redis| redis.freeze().unwrap(),
        |redis| redis.thaw().unwrap(),
    )
    .await;
}

async fn every_route_is_a_bounded_503_while_the_server_is_down(world: World) {
    outage(world, save_and_kill, |redis| redis.restart().unwrap()).await;
}

async fn outage(mut world: World, begin: fn(&mut RedisServer), end: fn(&mut RedisServer)) {
    world.deadline = Some(DEADLINE);
    let server = world.server().await;
    let (mut browser, pair) = logged_in(&world, &server).await;
    let (_, given_back) = logged_in(&world, &server).await;
    let (cookie, pairs) = (sid(&browser), [pair, given_back]);
    begin(world.redis());
    // The first time the connection looks alive, the second time it is known to be dead.
    for _ in 0..2 {
        expect_503(&browser.snapshot(), &pairs, &server).await;
    }
    end(world.redis());
    recovered(&mut browser, ME, &server, 200).await;
    assert_eq!(sid(&browser), cookie);
    let body = json!({"refresh_token": pairs[0]["refresh_token"]});
    let renewed = Browser::new().post_json(&server, "/token/refresh", body).await;
    renewed.expect_status(200);
}

/// Ends the server, so that it has its sessions again when it is back.
fn save_and_kill(redis: &mut RedisServer) {
    redis.command::<()>(&["SAVE"]).unwrap();
    redis.kill().unwrap();
}

async fn a_server_that_comes_back_empty_is_an_honest_401(mut world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    world.redis().restart().unwrap();
    recovered(&mut browser, ME, &server, 401).await;
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    browser.get(&server, "/me").await.expect_status(200);
}

async fn a_crowd_before_a_frozen_server_waits_one_deadline_in_all(mut world: World) {
    world.deadline = Some(DEADLINE);
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser
        .act(&server, json!([{"do": "login", "user": "alice"}]))
        .await;
    let steps = json!([
        {"do": "arrive", "gate": "read"},
        {"do": "wait", "gate": "frozen"},
        {"do": "increment", "key": "n", "by": 1},
    ]);
    let mut crowd = JoinSet::new();
    for _ in 0..100 {
        let (held, origin, steps) = (browser.snapshot(), server.origin(), steps.clone());
        crowd.spawn(async move { held.act(&origin, steps).await.json() });
    }
    // All of them have read the session when the server freezes, and queue to commit.
    world.gates.wait_for("read", 100).await;
    world.redis().freeze().unwrap();
    world.gates.arrive("frozen");
    let answers = timeout(BOUND, crowd.join_all())
        .await
        .expect("one deadline for all");
    for answer in answers {
        assert_eq!(answer[2]["error"], "Store");
    }
    world.redis().thaw().unwrap();
    recovered(&mut browser, ACT, &server, 200).await;
    let seen = json!([{"do": "user"}]);
    assert_eq!(browser.act(&server, seen).await.json(), json!(["alice"]));
}

async fn a_commit_that_meets_an_outage_is_a_503_without_a_cookie(mut world: World) {
    world.deadline = Some(DEADLINE);
    let (server, mut browser) = (world.acting_server().await, world.browser());
    browser
        .act(&server, json!([{"do": "login", "user": "alice"}]))
        .await;
    let changes = [
        json!({"do": "insert", "key": "n", "value": 1}),
        json!({"do": "rotate"}),
        json!({"do": "login", "user": "bob"}),
        json!({"do": "logout"}),
    ];
    let mut asked = JoinSet::new();
    for change in changes {
        let (held, origin) = (browser.snapshot(), server.origin());
        let steps = json!([{"do": "arrive", "gate": "read"}, {"do": "wait", "gate": "down"}, change]);
        asked.spawn(async move { held.act(&origin, steps).await });
    }
    world.gates.wait_for("read", 4).await;
    save_and_kill(world.redis());
    world.gates.arrive("down");
    for answer in timeout(BOUND, asked.join_all()).await.expect("answers in time") {
        assert!(answer.expect_status(503).set_cookies().is_empty());
    }
    world.redis().restart().unwrap();
    recovered(&mut browser, ACT, &server, 200).await;
    let seen = json!([{"do": "user"}, {"do": "keys"}]);
    assert_eq!(browser.act(&server, seen).await.json(), json!(["alice", []]));
}
