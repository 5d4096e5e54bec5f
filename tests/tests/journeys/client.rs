//! A client with an address and a language of its own, behind the proxy that the servers trust.

use http::Method;
use keycard::TrustedProxies;
use keycard_tests::browser::{Browser, Response};
use serde_json::Value;

use crate::world::{Builder, Running, World};

/// Two addresses of one network, and one of another.
pub(crate) const HOME: &str = "203.0.113.7";
pub(crate) const NEXT_DOOR: &str = "203.0.113.250";
pub(crate) const AWAY: &str = "198.51.100.9";

/// With the machine itself as the proxy in front of the servers.
pub(crate) fn behind_a_proxy(builder: Builder) -> Builder {
    builder.trusted_proxies(TrustedProxies::x_forwarded_for(["127.0.0.0/8"]).unwrap())
}

/// A browser, and what its requests tell of it.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) browser: Browser,
    address: &'static str,
    language: &'static str,
}

impl Client {
    pub(crate) fn at(world: &World, address: &'static str) -> Self {
        Self {
            browser: world.browser(),
            address,
            language: "de",
        }
    }

    /// The same cookies at another address.
    pub(crate) fn copied_to(&self, address: &'static str) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// The same cookies in a browser of another language.
    pub(crate) fn speaking(&self, language: &'static str) -> Self {
        Self {
            language,
            ..self.clone()
        }
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        server: &Running,
        target: &str,
        body: Option<Value>,
    ) -> Response {
        let request = self.browser.request(method, server, target);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let request = request.header("x-forwarded-for", self.address);
        request.header("accept-language", self.language).send().await
    }

    pub(crate) async fn get(&mut self, server: &Running, target: &str) -> Response {
        self.send(Method::GET, server, target, None).await
    }

    pub(crate) async fn post(
        &mut self,
        server: &Running,
        target: &str,
        body: impl Into<Option<Value>>,
    ) -> Response {
        self.send(Method::POST, server, target, body.into()).await
    }

    pub(crate) async fn delete(&mut self, server: &Running, target: &str) -> Response {
        self.send(Method::DELETE, server, target, None).await
    }

    /// The status of `GET /me`.
    pub(crate) async fn me(&mut self, server: &Running) -> u16 {
        self.get(server, "/me").await.status.as_u16()
    }
}
