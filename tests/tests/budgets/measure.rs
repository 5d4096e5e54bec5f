//! How uses are measured: many times each, on a server that has warmed up, between two marks of the monitor.

use std::time::Duration;

use http::Method;
use keycard::{Keycard, Transport};
use keycard_tests::browser::{Browser, Response};
use keycard_tests::monitor::Monitor;
use keycard_tests::world::{Adapter, Running, World};
use serde_json::{Value, json};

use crate::uses::{Use, Visitor, table};

/// How often each use is measured. More than once, so that what is sent behind an answer's back is counted too.
const TIMES: usize = 10;

/// Where clients without cookies are told their ids.
pub(crate) const HEADER: &str = "x-session-id";

/// Measures every use on a server of either framework, with ids that travel like this.
pub(crate) async fn each_use_keeps_its_budget(world: &World, keycard: &Keycard, transport: Transport) {
    for adapter in [Adapter::Axum, Adapter::Actix] {
        let theirs = world.keycard_with(&[2], |builder| builder.transports([transport]));
        let mut scene = Scene {
            world,
            name: format!("{adapter:?}, {transport:?}"),
            transport,
            server: world.acting_server_with(adapter, keycard.clone()).await,
            strangers: world.acting_server_with(adapter, theirs).await,
            monitor: Monitor::over(world.redis.as_ref().unwrap()).await,
        };
        for usage in table() {
            scene.measure(&usage).await;
        }
    }
}

struct Scene<'w> {
    world: &'w World,
    name: String,
    transport: Transport,
    server: Running,
    /// A server of an application that has other keys.
    strangers: Running,
    monitor: Monitor,
}

impl Scene<'_> {
    /// What is sent while visitors do something, each of them once. The first one warms the server up, uncounted.
    async fn measure(&mut self, usage: &Use) {
        if usage.visitor == Visitor::Doubled && self.transport != Transport::Cookie {
            return;
        }
        let mut visitors = Vec::new();
        for _ in 0..=TIMES {
            visitors.push(self.id_of(usage.visitor).await);
        }
        if usage.visitor == Visitor::Returning {
            self.world.clock.advance(Duration::from_mins(2));
        }
        self.visit(visitors[0].as_deref(), &usage.does).await;
        self.monitor.commands().await;
        for id in &visitors[1..] {
            self.visit(id.as_deref(), &usage.does).await;
        }
        let (sent, expected) = (self.monitor.commands().await, usage.sends.repeat(TIMES));
        assert_eq!(sent, expected, "{} ({})", usage.name, self.name);
    }

    /// The id that a visitor comes with.
    async fn id_of(&self, visitor: Visitor) -> Option<String> {
        let put = json!({"do": "insert", "key": "n", "value": 1});
        let login = json!({"do": "login", "user": "alice"});
        let login_and_put = [login, put.clone()];
        let (ours, theirs) = (&self.server, &self.strangers);
        Some(match visitor {
            Visitor::New => return None,
            Visitor::Guest => self.id_after(ours, &[put]).await,
            Visitor::User | Visitor::Returning => self.id_after(ours, &login_and_put).await,
            Visitor::Ended => self.ended_after(&login_and_put).await,
            Visitor::Doubled => {
                let (live, ended) = (
                    self.id_after(ours, &login_and_put).await,
                    self.ended_after(&login_and_put).await,
                );
                format!("{ended}; __Host-sid={live}")
            }
            Visitor::Forger => {
                let one = self.id_after(ours, &login_and_put).await;
                let other = self.id_after(ours, &login_and_put).await;
                let (id, _) = one.split_once('.').unwrap();
                let (_, signature) = other.split_once('.').unwrap();
                format!("{id}.{signature}")
            }
            Visitor::Stranger => self.id_after(theirs, &login_and_put).await,
        })
    }

    /// The id of a session that has ended.
    async fn ended_after(&self, steps: &[Value]) -> String {
        let id = self.id_after(&self.server, steps).await;
        self.visit(Some(&id), &[json!({"do": "logout"})]).await;
        id
    }

    /// The id that a visitor is told after these steps.
    async fn id_after(&self, server: &Running, steps: &[Value]) -> String {
        let answer = self.send(server, None, steps).await.expect_status(200);
        let told = answer.header(HEADER).or(answer.header("set-cookie")).unwrap();
        let value = told.trim_start_matches("__Host-sid=");
        value.split(';').next().unwrap().to_owned()
    }

    /// Sends one request, and sees to it that it did what it was to do.
    async fn visit(&self, id: Option<&str>, steps: &[Value]) {
        let answer = self.send(&self.server, id, steps).await;
        let status = steps
            .last()
            .map_or(404, |step| step["status"].as_u64().unwrap_or(200));
        assert_eq!(u64::from(answer.status.as_u16()), status, "{steps:?}");
        assert!(!answer.text().contains("error"), "{steps:?}: {}", answer.text());
    }

    async fn send(&self, server: &Running, id: Option<&str>, steps: &[Value]) -> Response {
        let mut browser = Browser::new();
        let target = if steps.is_empty() {
            "/no/such/route"
        } else {
            "/act"
        };
        let request = browser.request(Method::POST, server, target).json(json!(steps));
        let request = match (id, self.transport) {
            (None, _) => request,
            (Some(id), Transport::Header(name)) => request.header(name, id),
            (Some(id), Transport::Bearer) => request.header("authorization", &format!("Bearer {id}")),
            (Some(id), _) => request.header("cookie", &format!("__Host-sid={id}")),
        };
        request.send().await
    }
}
