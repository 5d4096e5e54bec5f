//! Servers over one store, their clock, and the browsers that visit them.

use std::time::Duration;

use keycard::store::Store;
use keycard::{Clock, KeyRing, Keycard, KeycardBuilder, ManualClock, Session, Timestamp, UserId, UserKey};

pub(crate) use crate::client::{Client, Reply, Request};
use crate::record::NOW;
use crate::testing::ScriptedStore;

/// With which the application signs.
pub(crate) const KEY: [u8; 32] = [7; 32];

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
        let keycard = configure(builder(&store, &clock, KEY)).build().unwrap();
        Self {
            store,
            clock,
            keycard,
        }
    }

    /// Another server of the same application: its own process, the same store, keys and time.
    pub(crate) fn another_server(&self) -> Keycard {
        self.builder(KEY).build().unwrap()
    }

    /// A server over the same store that signs with this key.
    pub(crate) fn builder(&self, key: [u8; 32]) -> KeycardBuilder {
        builder(&self.store, &self.clock, key)
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

fn builder<S: Store>(store: &ScriptedStore<S>, clock: &ManualClock, key: [u8; 32]) -> KeycardBuilder {
    Keycard::builder(store.clone(), KeyRing::new([key]).unwrap())
        .clock(clock.clone())
        // What is in question is whether commits land; a busy machine must not decide it.
        .commit_deadline(Duration::from_secs(30))
}
