//! A browser of one cookie, and an application whose clock is marched by hand.

use std::time::Duration;

use keycard::store::Store;
use keycard::store::memory::MemoryStore;
use keycard::{
    CookieSpec, KeyRing, Keycard, KeycardBuilder, LazySession, ManualClock, Outcome, ResponseHeaders,
    Session, Timestamp,
};

pub(crate) struct App {
    pub(crate) keycard: Keycard,
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
}

impl App {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder) -> Self {
        let store = MemoryStore::new();
        Self {
            store: store.clone(),
            ..Self::over(store, configure)
        }
    }

    pub(crate) fn over(store: impl Store, configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder) -> Self {
        let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
        let builder = Keycard::builder(store, KeyRing::new([[7; 32]]).unwrap())
            .cookie(CookieSpec::default())
            .clock(clock.clone());
        let keycard = configure(builder).build().unwrap();
        Self {
            keycard,
            clock,
            store: MemoryStore::new(),
        }
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// A request from its beginning to its end, which uses the session so.
    pub(crate) async fn visit<T>(&self, client: &mut Client, used: impl FnOnce(&Session) -> T) -> Reply {
        let request = self.request(client);
        used(&request.session().await);
        request.done(client).await
    }

    /// A client that has visited once, and used the session so.
    pub(crate) async fn client<T>(&self, used: impl FnOnce(&Session) -> T) -> Client {
        let mut client = Client::default();
        self.visit(&mut client, used).await;
        client
    }

    /// A client whose user is `alice`.
    pub(crate) async fn logged_in(&self) -> Client {
        self.client(|session| session.login("alice")).await
    }

    /// A request that arrives with a client's cookie.
    pub(crate) fn request(&self, client: &Client) -> Request<'_> {
        let header = client.header();
        let lazy = self.keycard.open(header.iter().map(String::as_bytes));
        Request { app: self, lazy }
    }
}

/// Holds what `Set-Cookie` left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    pub(crate) cookie: Option<String>,
}

impl Client {
    fn header(&self) -> Option<String> {
        self.cookie
            .as_ref()
            .map(|value| format!("theme=dark; __Host-sid={value}"))
    }

    /// Takes a response's `Set-Cookie`, as a browser does.
    pub(crate) fn take(&mut self, reply: &Reply) {
        if let Some(value) = reply.cookie() {
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
    }
}

pub(crate) struct Request<'a> {
    app: &'a App,
    lazy: LazySession,
}

impl Request<'_> {
    pub(crate) async fn session(&self) -> Session {
        self.lazy.load().await.expect("the session loads")
    }

    pub(crate) fn lazy(&self) -> &LazySession {
        &self.lazy
    }

    pub(crate) async fn end(self, status: u16) -> Reply {
        let closing = self
            .app
            .keycard
            .close(&self.lazy, Outcome::of_status(status))
            .await;
        let mut reply = Reply::default();
        closing.apply(&mut reply);
        reply.error = closing.error().map(keycard::Error::kind);
        reply
    }

    /// Ends the request well, and gives the client its answer.
    pub(crate) async fn done(self, client: &mut Client) -> Reply {
        let reply = self.end(200).await;
        assert_eq!(reply.error, None);
        client.take(&reply);
        reply
    }
}

#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) error: Option<keycard::ErrorKind>,
}

impl Reply {
    pub(crate) fn set_cookie(&self) -> Option<&str> {
        self.header("set-cookie")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| *other == name);
        let first = found.next()?;
        assert!(found.next().is_none(), "{name} stands twice");
        Some(&first.1)
    }

    /// The value that `Set-Cookie` gives; empty for a removal.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.set_cookie()?.strip_prefix("__Host-sid=")?.split(';').next()
    }
}

impl ResponseHeaders for Reply {
    fn has(&self, name: &'static str) -> bool {
        self.headers.iter().any(|(other, _)| *other == name)
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value.as_bytes())
    }

    fn append(&mut self, name: &'static str, value: &str) {
        self.headers.push((name, value.to_owned()));
    }

    fn replace(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(other, _)| *other != name);
        self.append(name, value);
    }
}
