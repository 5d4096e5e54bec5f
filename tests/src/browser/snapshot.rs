//! A browser's cookies of one moment, for requests that race each other.

use http::Method;
use serde_json::Value;

use super::fetch::Fetch;
use super::jar::Jar;
use super::origin::Server;
use super::request::{Cookies, Request};
use super::response::Response;
use crate::secrets::Witness;

/// Sends requests with the cookies of the moment it was taken, and stores none.
///
/// Any number of its requests may be under way at once; [`Browser::absorb`](super::Browser::absorb) applies
/// their answers, in the order that the test wants to see.
#[derive(Debug, Clone)]
pub struct Snapshot {
    jar: Jar,
    witness: Option<Witness>,
}

impl Snapshot {
    pub(super) fn new(jar: Jar, witness: Option<Witness>) -> Self {
        Self { jar, witness }
    }

    /// The cookies that it sends.
    #[must_use]
    pub fn jar(&self) -> &Jar {
        &self.jar
    }

    /// A request to build and send.
    pub fn request(&self, method: Method, server: &impl Server, target: &str) -> Request<'_> {
        Request::new(
            Cookies::Detached(&self.jar),
            self.witness.as_ref(),
            Fetch::new(server.origin(), method, target),
        )
    }

    /// `GET`.
    pub async fn get(&self, server: &impl Server, target: &str) -> Response {
        self.request(Method::GET, server, target).send().await
    }

    /// `POST` without a body.
    pub async fn post(&self, server: &impl Server, target: &str) -> Response {
        self.request(Method::POST, server, target).send().await
    }

    /// `POST` of a JSON body.
    pub async fn post_json(&self, server: &impl Server, target: &str, body: Value) -> Response {
        self.request(Method::POST, server, target).json(body).send().await
    }

    /// `PUT` of a JSON body.
    pub async fn put_json(&self, server: &impl Server, target: &str, body: Value) -> Response {
        self.request(Method::PUT, server, target).json(body).send().await
    }

    /// `DELETE`.
    pub async fn delete(&self, server: &impl Server, target: &str) -> Response {
        self.request(Method::DELETE, server, target).send().await
    }
}
