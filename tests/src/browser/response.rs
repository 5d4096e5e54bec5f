//! A complete answer, with what the jar must know of the request that it answers.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::fetch::Fetch;

/// The answer to one request, body included. Redirects are not followed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Response {
    /// The request that this answers.
    pub fetch: Fetch,
    /// The status.
    pub status: StatusCode,
    /// All headers, each `Set-Cookie` by itself.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    pub(super) fn new(fetch: Fetch, answer: http::Response<Bytes>) -> Self {
        let (parts, body) = answer.into_parts();
        Self {
            fetch,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The first header of this name, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `Set-Cookie` headers as they were sent.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<&[u8]> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(http::HeaderValue::as_bytes)
            .collect()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none; the message names the request and shows the body.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{self}: no JSON in the body: {error}: {}", self.text()),
        }
    }

    /// Asserts the status and hands the answer on, so that a script of requests reads line by line.
    ///
    /// # Panics
    ///
    /// On another status; the message names the request and shows the body.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "often called for the assertion alone"
    )]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self}: {}", self.text());
        self
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.fetch, self.status.as_u16())
    }
}
