//! Servers over one store, their clock, and the browsers that visit them: requests are opened and closed by hand.

use std::time::Duration;

use keycard::store::Store;
use keycard::{
    Clock, ErrorKind, KeyRing, Keycard, KeycardBuilder, LazySession, ManualClock, Outcome, Session,
    Timestamp, UserId, UserKey,
};

use crate::record::NOW;
use crate::testing::ScriptedStore;
use crate::testing::headers::Headers;

const COOKIE: &str = "__Host-sid";

/// An application on one server, whose store obeys a script and whose clock is marched by hand.
#[derive(Debug)]
pub(crate) struct World<S> {
    pub(crate) store: ScriptedStore<S>,
    pub(crate) clock: ManualClock,
    pub(crate) keycard: Keycard,
}

impl<S: Store> World<S> {
    pub(crate) fn over(store: S) -> Self {
        Self::with(ScriptedStore::new(store), NOW, |builder| builder)
    }

    pub(crate) fn with(
        store: ScriptedStore<S>,
        start: Timestamp,
        configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder,
    ) -> Self {
        let clock = ManualClock::starting_at(start);
        let keycard = configure(builder(&store, &clock)).build().unwrap();
        Self {
            store,
            clock,
            keycard,
        }
    }

    /// Another server of the same application: its own process, the same store, keys and time.
    pub(crate) fn another_server(&self) -> Keycard {
        builder(&self.store, &self.clock).build().unwrap()
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn request(&self, client: &Client) -> Request {
        Request::of(&self.keycard, client)
    }

    /// The session that a request of this client has.
    pub(crate) async fn session(&self, client: &Client) -> Session {
        self.request(client).session().await
    }

    /// Whether the client is logged in.
    pub(crate) async fn knows(&self, client: &Client) -> bool {
        self.session(client).await.user().is_some()
    }

    /// A request in which the handler does `handle` and answers 200, after which the client has its cookie.
    pub(crate) async fn visit(&self, client: &mut Client, handle: impl FnOnce(&Session)) -> Reply {
        let request = self.request(client);
        handle(&request.session().await);
        request.done(client).await
    }

    /// A client that is logged in, with `n` = 0 in the session.
    pub(crate) async fn logged_in(&self, user: &str) -> Client {
        let mut client = Client::default();
        self.visit(&mut client, |session| {
            session.login(user);
            session.insert("n", &0).unwrap();
        })
        .await;
        self.forget_calls();
        client
    }

    /// A client that is not logged in, with `n` = 0 in the session.
    pub(crate) async fn guest(&self) -> Client {
        let mut client = Client::default();
        self.visit(&mut client, |session| session.insert("n", &0).unwrap())
            .await;
        self.forget_calls();
        client
    }

    /// In whose index the sessions of a user stand.
    pub(crate) fn user_key(&self, user: &'static str) -> UserKey {
        self.keycard.user_key(&UserId::from(user))
    }

    pub(crate) fn forget_calls(&self) {
        drop(self.store.calls());
    }
}

fn builder<S: Store>(store: &ScriptedStore<S>, clock: &ManualClock) -> KeycardBuilder {
    Keycard::builder(store.clone(), KeyRing::new([[7; 32]]).unwrap())
        .clock(clock.clone())
        // What is in question is whether commits land; a busy machine must not decide it.
        .commit_deadline(Duration::from_secs(30))
}

/// A browser that holds what `Set-Cookie` left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) cookie: Option<String>,
}

impl Client {
    pub(crate) fn take(&mut self, reply: &Reply) {
        if let Some(value) = reply.cookie() {
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
    }
}

/// A request that has arrived, and whose handler is at work.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    keycard: Keycard,
    lazy: LazySession,
}

impl Request {
    pub(crate) fn of(keycard: &Keycard, client: &Client) -> Self {
        let header = client
            .cookie
            .as_ref()
            .map(|value| format!("theme=dark; {COOKIE}={value}"));
        Self {
            keycard: keycard.clone(),
            lazy: keycard.open(header.iter().map(String::as_bytes)),
        }
    }

    pub(crate) async fn session(&self) -> Session {
        self.lazy.load().await.expect("the session loads")
    }

    pub(crate) fn lazy(&self) -> &LazySession {
        &self.lazy
    }

    /// The handler answers.
    pub(crate) async fn end(self, status: u16) -> Reply {
        let closing = self.keycard.close(&self.lazy, Outcome::of_status(status)).await;
        let mut reply = Reply::default();
        closing.apply(&mut reply.headers);
        reply.error = closing.error().map(keycard::Error::kind);
        reply
    }

    /// The handler answers 200, nothing goes wrong, and the client takes the cookie.
    pub(crate) async fn done(self, client: &mut Client) -> Reply {
        let reply = self.end(200).await;
        assert_eq!(reply.error, None);
        client.take(&reply);
        reply
    }
}

/// What the client gets.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    headers: Headers,
    pub(crate) error: Option<ErrorKind>,
}

impl Reply {
    pub(crate) fn set_cookie(&self) -> Option<&str> {
        self.headers.set_cookie()
    }

    /// The value that `Set-Cookie` gives; empty for a removal.
    pub(crate) fn cookie(&self) -> Option<&str> {
        let (name, value) = self.headers.cookie()?.split_once('=')?;
        assert_eq!(name, COOKIE);
        Some(value)
    }

    /// No header at all came of the session.
    pub(crate) fn is_bare(&self) -> bool {
        self.headers.is_empty()
    }
}
