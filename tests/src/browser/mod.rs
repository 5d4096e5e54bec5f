//! A test double of a browser: real sockets, a strict cookie jar, and a clock that the test marches.
//!
//! ```no_run
//! # async fn journey(server: std::net::SocketAddr) {
//! use keycard_tests::browser::{Browser, Origin};
//! use serde_json::json;
//!
//! let shop = Origin::at(server).named("shop.example").https();
//! let mut browser = Browser::new();
//! browser.post_json(&shop, "/login", json!({"email": "alice@example.com", "password": "password123"})).await;
//! assert!(browser.jar().cookie("__Host-sid").unwrap().is_http_only());
//!
//! // A race: both requests leave with the same cookies, and the slower answer arrives last.
//! let before = browser.snapshot();
//! let (slow, logout) =
//!     tokio::join!(before.post(&shop, "/slow-set?key=a&ms=200"), before.post(&shop, "/logout"));
//! browser.absorb(&logout);
//! browser.absorb(&slow);
//! assert!(browser.jar().cookie("__Host-sid").is_none());
//! # }
//! ```

mod fetch;
mod http;
mod hygiene;
mod jar;
mod origin;
mod request;
mod response;
mod snapshot;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use ::http::Method;
use serde_json::Value;

pub use fetch::Fetch;
pub use http::{SendError, SendErrorKind};
pub use hygiene::{assert_cookie_hygiene, cookie_findings};
pub use jar::{Cookie, Jar, Refusal, SameSite};
pub use origin::{Origin, Scheme, Server};
pub use request::Request;
pub use response::Response;
pub use snapshot::Snapshot;

use request::Cookies;

use crate::secrets::Witness;

/// One browser profile: it sends its cookies, and stores at once what answers set.
///
/// It follows no redirects, sends `Origin` and `Sec-Fetch-*` as browsers do, and panics when a `Set-Cookie`
/// is not clean (see [`assert_cookie_hygiene`]) or an answer takes more than 30 s.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    jar: Jar,
    witness: Option<Witness>,
}

impl Browser {
    /// A new profile without cookies; its clock starts at the system's time and stands still there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A new profile without cookies whose clock stands at `now`.
    #[must_use]
    pub fn starting_at(now: SystemTime) -> Self {
        Self {
            jar: Jar::starting_at(now),
            witness: None,
        }
    }

    /// The same profile, whose answers are looked through for [secrets](crate::secrets).
    #[must_use]
    pub fn watched_by(self, witness: Option<Witness>) -> Self {
        Self { witness, ..self }
    }

    /// Its cookies.
    #[must_use]
    pub fn jar(&self) -> &Jar {
        &self.jar
    }

    /// Its cookies, to plant or to take away.
    pub fn jar_mut(&mut self) -> &mut Jar {
        &mut self.jar
    }

    /// Marches the clock; cookies that have expired then are gone.
    pub fn advance(&mut self, time: Duration) {
        self.jar.advance(time);
    }

    /// Ends the session cookies; persistent ones stay.
    pub fn close_browser(&mut self) {
        self.jar.close_browser();
    }

    /// The cookies of this moment, for requests whose answers [`absorb`](Self::absorb) applies later.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.jar.clone(), self.witness.clone())
    }

    /// Stores what the answer to a snapshot's request sets, as if it arrived now.
    pub fn absorb(&mut self, response: &Response) {
        request::absorb(&mut self.jar, response);
    }

    /// A request to build and send.
    pub fn request(&mut self, method: Method, server: &impl Server, target: &str) -> Request<'_> {
        Request::new(
            Cookies::Applied(&mut self.jar),
            self.witness.as_ref(),
            Fetch::new(server.origin(), method, target),
        )
    }

    /// `GET`.
    pub async fn get(&mut self, server: &impl Server, target: &str) -> Response {
        self.request(Method::GET, server, target).send().await
    }

    /// `POST` without a body.
    pub async fn post(&mut self, server: &impl Server, target: &str) -> Response {
        self.request(Method::POST, server, target).send().await
    }

    /// `POST` of a JSON body.
    pub async fn post_json(&mut self, server: &impl Server, target: &str, body: Value) -> Response {
        self.request(Method::POST, server, target).json(body).send().await
    }

    /// `PUT` of a JSON body.
    pub async fn put_json(&mut self, server: &impl Server, target: &str, body: Value) -> Response {
        self.request(Method::PUT, server, target).json(body).send().await
    }

    /// `DELETE`.
    pub async fn delete(&mut self, server: &impl Server, target: &str) -> Response {
        self.request(Method::DELETE, server, target).send().await
    }
}
