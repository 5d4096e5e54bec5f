//! A browser of one cookie, and its requests, which are opened and closed by hand.

use keycard::{Closing, Error, ErrorKind, Keycard, LazySession, Outcome, Session};

use crate::testing::headers::Headers;

const COOKIE: &str = "__Host-sid";

/// A browser that holds what `Set-Cookie` left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a client is all that it holds")]
pub struct Client {
    /// The value of the session's cookie.
    pub cookie: Option<String>,
}

impl Client {
    /// Takes the cookie of a reply, as a browser does.
    pub fn take(&mut self, reply: &Reply) {
        if let Some(value) = reply.cookie() {
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
    }
}

/// A request that has arrived, and whose handler is at work.
#[derive(Clone, Debug)]
pub struct Request {
    keycard: Keycard,
    lazy: LazySession,
}

impl Request {
    /// A request to the server with these settings.
    #[must_use]
    pub fn of(keycard: &Keycard, client: &Client) -> Self {
        let header = client
            .cookie
            .as_ref()
            .map(|value| format!("theme=dark; {COOKIE}={value}"));
        Self {
            keycard: keycard.clone(),
            lazy: keycard.open(header.iter().map(String::as_bytes)),
        }
    }

    /// The session, loaded.
    pub async fn session(&self) -> Session {
        self.lazy.load().await.expect("the session loads")
    }

    /// The session, which may not be loaded yet.
    #[must_use]
    pub fn lazy(&self) -> &LazySession {
        &self.lazy
    }

    /// The handler answers.
    pub async fn end(self, status: u16) -> Reply {
        Reply::of(&self.keycard.close(&self.lazy, Outcome::of_status(status)).await)
    }

    /// The handler answers 200, nothing goes wrong, and the client takes the cookie.
    pub async fn done(self, client: &mut Client) -> Reply {
        let reply = self.end(200).await;
        assert_eq!(reply.error, None);
        client.take(&reply);
        reply
    }
}

/// What the client gets.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    headers: Headers,
    /// What went wrong with the commit.
    pub error: Option<ErrorKind>,
}

impl Reply {
    /// What a closing makes of a response.
    #[must_use]
    pub fn of(closing: &Closing) -> Self {
        let mut headers = Headers::default();
        closing.apply(&mut headers);
        Self {
            headers,
            error: closing.error().map(Error::kind),
        }
    }

    /// The header of this name, of which there is at most one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.header(name)
    }

    /// The header that sets or removes the cookie.
    #[must_use]
    pub fn set_cookie(&self) -> Option<&str> {
        self.headers.set_cookie()
    }

    /// The value that `Set-Cookie` gives; empty for a removal.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        let (name, value) = self.headers.cookie()?.split_once('=')?;
        assert_eq!(name, COOKIE);
        Some(value)
    }

    /// No header at all came of the session.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.headers.is_empty()
    }
}
