//! What the login application sends: the account page, throttled logins, and all that it does with its figures turned on.

use http::Method;
use keycard_tests::browser::Browser;
use keycard_tests::monitor::Monitor;
use keycard_tests::world::{Adapter, Running, World, alice, bob};
use serde_json::{Value, json};

/// How often each request is measured.
const TIMES: usize = 5;

const LOAD_AND_SCRIPT: &[&str] = &["GET", "EVALSHA"];
/// In one pipeline, two for each place where sessions are counted.
const LOAD_AND_FIGURES: &[&str] = &{
    let mut sent = ["GET"; 33];
    let mut place = 0;
    while place < 16 {
        sent[1 + 2 * place] = "ZCOUNT";
        sent[2 + 2 * place] = "HGETALL";
        place += 1;
    }
    sent
};

/// Measures every request on a server of either framework, each with a login of its own.
pub(crate) async fn each_request_keeps_its_budget(world: &World) {
    for adapter in [Adapter::Axum, Adapter::Actix] {
        let server = world.server_with(adapter, world.app().await).await;
        let mut monitor = Monitor::over(world.redis.as_ref().unwrap()).await;
        for (name, request) in requests() {
            // The first one warms the server up, uncounted.
            for time in 0..=TIMES {
                let mut browser = world.browser();
                let handle = log_in(&mut browser, &server).await;
                monitor.commands().await;
                request.send(&mut browser, &server, &handle).await;
                let sent = monitor.commands().await;
                assert!(
                    time == 0 || sent == request.sends,
                    "{name} ({adapter:?}): {sent:?}"
                );
            }
        }
    }
}

/// A request of the administrator's, what it is answered, and what it sends to Redis.
struct Request {
    method: Method,
    target: &'static str,
    body: Value,
    status: u16,
    sends: &'static [&'static str],
}

fn requests() -> [(&'static str, Request); 10] {
    let of = |method, target, body, status, sends| Request {
        method,
        target,
        body,
        status,
        sends,
    };
    let end = |target| of(Method::DELETE, target, Value::Null, 200, LOAD_AND_SCRIPT);
    let get = |target| of(Method::GET, target, Value::Null, 200, LOAD_AND_SCRIPT);
    let entry = json!({"key": "n", "value": 1});
    let wrong = json!({"email": "bob@example.com", "password": "wrong"});
    let login = &["GET", "EVALSHA", "EVALSHA", "EVALSHA"];
    [
        ("list", get("/sessions")),
        (
            "figures",
            of(Method::GET, "/admin/stats", Value::Null, 200, LOAD_AND_FIGURES),
        ),
        ("end this session", end("/sessions/{handle}")),
        ("end the others", end("/sessions/others")),
        ("end all", end("/sessions/all")),
        (
            "modify",
            of(Method::PUT, "/session/data", entry, 200, LOAD_AND_SCRIPT),
        ),
        (
            "logout",
            of(Method::POST, "/logout", Value::Null, 204, LOAD_AND_SCRIPT),
        ),
        (
            "issue a token",
            of(Method::POST, "/token", Value::Null, 200, LOAD_AND_SCRIPT),
        ),
        (
            "login, reserved and taken back",
            of(Method::POST, "/login", alice(), 200, login),
        ),
        (
            "wrong password, reserved",
            of(Method::POST, "/login", wrong, 401, LOAD_AND_SCRIPT),
        ),
    ]
}

impl Request {
    async fn send(&self, browser: &mut Browser, server: &Running, handle: &str) {
        let target = self.target.replace("{handle}", handle);
        let request = browser.request(self.method.clone(), server, &target);
        request
            .json(self.body.clone())
            .send()
            .await
            .expect_status(self.status);
    }
}

/// Logs Bob in, who is an administrator, and answers his session's handle.
async fn log_in(browser: &mut Browser, server: &Running) -> String {
    browser
        .post_json(server, "/login", bob())
        .await
        .expect_status(200);
    let me = browser.get(server, "/me").await.json();
    me["session"]["handle"].as_str().unwrap().to_owned()
}
