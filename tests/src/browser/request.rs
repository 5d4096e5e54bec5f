//! A request under construction.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::Full;
use serde_json::Value;

use super::fetch::Fetch;
use super::http::{SendError, exchange};
use super::hygiene::assert_cookie_hygiene;
use super::jar::Jar;
use super::response::Response;
use crate::secrets::Witness;

/// How long a server may take for its whole answer.
const TIME_OUT: Duration = Duration::from_secs(30);

/// Whose cookies a request takes, and whether those of its answer are stored at once.
#[derive(Debug)]
pub(super) enum Cookies<'b> {
    Applied(&'b mut Jar),
    Detached(&'b Jar),
}

/// A request of a [`Browser`](super::Browser) or a [`Snapshot`](super::Snapshot), until it is sent.
#[derive(Debug)]
#[must_use = "nothing is sent before `send` is awaited"]
pub struct Request<'b> {
    cookies: Cookies<'b>,
    witness: Option<&'b Witness>,
    fetch: Fetch,
    headers: HeaderMap,
    body: Bytes,
    time_out: Duration,
    sends_cookies: bool,
    checks_hygiene: bool,
}

impl<'b> Request<'b> {
    pub(super) fn new(cookies: Cookies<'b>, witness: Option<&'b Witness>, fetch: Fetch) -> Self {
        Self {
            cookies,
            witness,
            fetch,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            time_out: TIME_OUT,
            sends_cookies: true,
            checks_hygiene: true,
        }
    }

    /// With this JSON body.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!({…})` in place"
    )]
    pub fn json(self, body: Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With this body and `Content-Type`.
    pub fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .entry(header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static(content_type));
        self.body = body.into();
        self
    }

    /// With this body, and no `Content-Type` but the caller's own.
    pub fn raw_body(self, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// With one more header. `Host`, `Origin` and `Sec-Fetch-*` take the place of the browser's own.
    ///
    /// # Panics
    ///
    /// When name or value cannot stand in a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.raw_header(name, value)
    }

    /// With one more header of these octets; a second `Cookie` beside the jar's is possible, and a long one too.
    ///
    /// # Panics
    ///
    /// When the name is no token, or the value bears a control character other than a tab.
    pub fn raw_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            panic!("{name:?} is no header name")
        };
        let Ok(value) = HeaderValue::from_bytes(value.as_ref()) else {
            panic!("{name}: no such header value")
        };
        self.headers.append(name, value);
        self
    }

    /// Without the jar's cookies; those of the answer are stored all the same.
    pub fn without_cookies(mut self) -> Self {
        self.sends_cookies = false;
        self
    }

    /// As a page of another site starts it: `SameSite` rules apply.
    pub fn cross_site(mut self) -> Self {
        self.fetch = self.fetch.cross_site();
        self
    }

    /// As a top-level navigation: a link that is followed, a form that is sent.
    pub fn navigation(mut self) -> Self {
        self.fetch = self.fetch.navigation();
        self
    }

    /// As a program sends it: without `Origin` and `Sec-Fetch-*`.
    pub fn silent(mut self) -> Self {
        self.fetch = self.fetch.silent();
        self
    }

    /// With another bound than 30 s on the whole exchange.
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// Without the check of the answer's `Set-Cookie` headers, for servers that are wrong on purpose.
    pub fn without_hygiene(mut self) -> Self {
        self.checks_hygiene = false;
        self
    }

    /// Sends it and waits for the whole answer.
    ///
    /// # Panics
    ///
    /// When no complete answer comes in time, or its `Set-Cookie` headers are not clean; the message names
    /// the request.
    pub async fn send(self) -> Response {
        self.try_send().await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends it to a server that may not answer.
    ///
    /// # Errors
    ///
    /// When no complete answer came: nobody listens, the connection broke, the time is up.
    ///
    /// # Panics
    ///
    /// When the answer's `Set-Cookie` headers are not clean.
    pub async fn try_send(mut self) -> Result<Response, SendError> {
        let label = self.fetch.to_string();
        let request = self.assemble();
        let answer = exchange(self.fetch.origin().address(), request, &label, self.time_out).await?;
        let response = Response::new(self.fetch, answer);
        if let Some(witness) = self.witness {
            witness.answer(&response);
        }
        if self.checks_hygiene {
            assert_cookie_hygiene(&response);
        }
        if let Cookies::Applied(jar) = self.cookies {
            absorb(jar, &response);
        }
        Ok(response)
    }

    /// The request as it goes over the wire: the jar's cookies first, then what the caller added.
    fn assemble(&mut self) -> http::Request<Full<Bytes>> {
        let jar = match &self.cookies {
            Cookies::Applied(jar) => &**jar,
            Cookies::Detached(jar) => jar,
        };
        let mut headers = HeaderMap::new();
        if self.sends_cookies
            && let Some(cookies) = jar.cookie_header(&self.fetch)
        {
            let Ok(cookies) = HeaderValue::from_bytes(&cookies) else {
                panic!("{}: no such cookies", self.fetch)
            };
            headers.append(header::COOKIE, cookies);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        self.fetch.add_headers(&mut headers);
        let mut request = http::Request::new(Full::new(std::mem::take(&mut self.body)));
        *request.method_mut() = self.fetch.method().clone();
        *request.uri_mut() = self
            .fetch
            .target()
            .parse()
            .unwrap_or_else(|error| panic!("{}: no such target: {error}", self.fetch));
        *request.headers_mut() = headers;
        request
    }
}

/// Stores what the answer sets, as far as a browser would.
pub(super) fn absorb(jar: &mut Jar, response: &Response) {
    for header in response.set_cookies() {
        // The jar keeps what it refuses and why: a browser says nothing either.
        let _: Result<(), super::Refusal> = jar.store(&response.fetch, header);
    }
}
