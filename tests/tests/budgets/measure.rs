//! How uses are measured: many times each, on a server that has warmed up, between two marks of the monitor.

use std::time::Duration;

use http::Method;
use keycard::store::UserIndex as _;
use keycard::{Clock as _, Keycard, UserId};
use keycard_redis::RedisStore;
use keycard_tests::browser::Browser;
use keycard_tests::world::{Adapter, Running, World, sid};
use serde_json::{Value, json};

use crate::uses::{LOAD_AND_SCRIPT, Use, Visitor, table};
use keycard_tests::monitor::Monitor;

/// How often each use is measured. More than once, so that what is sent behind an answer's back is counted too.
const TIMES: usize = 10;

/// Measures every use on a server of either framework.
pub(crate) async fn each_use_keeps_its_budget(world: &World, keycard: &Keycard) {
    for adapter in [Adapter::Axum, Adapter::Actix] {
        let mut scene = Scene {
            world,
            adapter,
            server: world.acting_server_with(adapter, keycard.clone()).await,
            monitor: Monitor::over(world.redis.as_ref().unwrap()).await,
        };
        for usage in table() {
            scene.measure(&usage).await;
        }
        scene.measure_a_listing().await;
    }
}

struct Scene<'w> {
    world: &'w World,
    adapter: Adapter,
    server: Running,
    monitor: Monitor,
}

impl Scene<'_> {
    async fn measure(&mut self, usage: &Use) {
        let sent = self.sent_by(usage.visitor, async |scene, cookie| {
            scene.visit(cookie, &usage.does).await;
        });
        let (sent, expected) = (sent.await, usage.sends.repeat(TIMES));
        assert_eq!(sent, expected, "{} ({:?})", usage.name, self.adapter);
    }

    /// What a page of a user's devices is made of, though no route here is one: a request that reads the session, then a
    /// call of `sessions_of` beside the server.
    async fn measure_a_listing(&mut self) {
        let server = self.world.redis.as_ref().unwrap();
        let store = RedisStore::connect(&server.url()).await.unwrap();
        let alice = self.world.keycard().user_key(&UserId::from("alice"));
        let list = async |scene: &Self, cookie: Option<&str>| {
            scene.visit(cookie, &[json!({"do": "user"})]).await;
            let listed = store.sessions_of(alice, scene.world.clock.now()).await.unwrap();
            assert!(!listed.is_empty());
        };
        let sent = self.sent_by(Visitor::User, list).await;
        assert_eq!(sent, LOAD_AND_SCRIPT.repeat(TIMES), "list ({:?})", self.adapter);
    }

    /// What is sent while visitors do something, each of them once. The first one warms the server up, uncounted.
    async fn sent_by(&mut self, visitor: Visitor, does: impl AsyncFn(&Self, Option<&str>)) -> Vec<String> {
        let mut cookies = Vec::new();
        for _ in 0..=TIMES {
            cookies.push(self.cookie_of(visitor).await);
        }
        if visitor == Visitor::Returning {
            self.world.clock.advance(Duration::from_mins(2));
        }
        does(self, cookies[0].as_deref()).await;
        self.monitor.commands().await;
        for cookie in &cookies[1..] {
            does(self, cookie.as_deref()).await;
        }
        self.monitor.commands().await
    }

    /// The cookie that a visitor comes with.
    async fn cookie_of(&self, visitor: Visitor) -> Option<String> {
        let put = json!({"do": "insert", "key": "n", "value": 1});
        let login = json!({"do": "login", "user": "alice"});
        let login_and_put = json!([login, put]);
        Some(match visitor {
            Visitor::New => return None,
            Visitor::Guest => self.cookie_after(json!([put])).await,
            Visitor::User | Visitor::Returning => self.cookie_after(login_and_put).await,
            Visitor::Ended => {
                let cookie = self.cookie_after(login_and_put).await;
                self.visit(Some(&cookie), &[json!({"do": "logout"})]).await;
                cookie
            }
            Visitor::Forger => {
                let one = self.cookie_after(login_and_put.clone()).await;
                let other = self.cookie_after(login_and_put).await;
                let (id, _) = one.split_once('.').unwrap();
                let (_, signature) = other.split_once('.').unwrap();
                format!("{id}.{signature}")
            }
            Visitor::Stranger => {
                let keycard = self.world.keycard_with(&[2], |builder| builder);
                let lazy = keycard.open([]);
                lazy.load().await.unwrap().login("alice");
                let mut browser = self.world.browser();
                self.world
                    .hand_out(&keycard, &lazy, &mut browser, &self.server)
                    .await;
                sid(&browser).unwrap()
            }
        })
    }

    async fn cookie_after(&self, steps: Value) -> String {
        let mut browser = self.world.browser();
        browser.act(&self.server, steps).await.expect_status(200);
        sid(&browser).unwrap()
    }

    /// Sends one request, and sees to it that it did what it was to do.
    async fn visit(&self, cookie: Option<&str>, steps: &[Value]) {
        let mut browser = Browser::new();
        let target = if steps.is_empty() {
            "/no/such/route"
        } else {
            "/act"
        };
        let mut request = browser.request(Method::POST, &self.server, target);
        if let Some(cookie) = cookie {
            request = request.header("cookie", &format!("__Host-sid={cookie}"));
        }
        let answer = request.json(json!(steps)).send().await;
        let status = steps
            .last()
            .map_or(404, |step| step["status"].as_u64().unwrap_or(200));
        assert_eq!(u64::from(answer.status.as_u16()), status, "{steps:?}");
        assert!(!answer.text().contains("error"), "{steps:?}: {}", answer.text());
    }
}
