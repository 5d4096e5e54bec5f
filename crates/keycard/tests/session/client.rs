//! An application whose clock is marched by hand, and the browsers of one cookie that visit it.

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{Retention, Store};
use keycard::{KeyRing, Keycard, KeycardBuilder, ManualClock, Session, Timestamp, Users, WithUsers};
pub(crate) use keycard_conformance::__private::{Client, Reply, Request};

pub(crate) struct App {
    pub(crate) keycard: Keycard,
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    /// `None` over a store that may have no index.
    pub(crate) users: Option<Users>,
}

impl App {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(
        configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
    ) -> Self {
        let store = MemoryStore::new();
        let builder = Keycard::with_users(store.clone(), keys());
        Self::built(store, configure(builder))
    }

    /// One that keeps histories.
    pub(crate) fn remembering(
        configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
    ) -> Self {
        let store = MemoryStore::new();
        let builder = Keycard::with_history(store.clone(), keys(), Retention::DEFAULT);
        Self::built(store, configure(builder))
    }

    fn built(store: MemoryStore, builder: KeycardBuilder<WithUsers>) -> Self {
        let clock = clock();
        let (keycard, users) = builder.clock(clock.clone()).build().unwrap();
        Self {
            keycard,
            clock,
            store,
            users: Some(users),
        }
    }

    /// Over a store that may have no index.
    pub(crate) fn over(store: impl Store, configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder) -> Self {
        let clock = clock();
        let builder = Keycard::builder(store, keys()).clock(clock.clone());
        Self {
            keycard: configure(builder).build().unwrap(),
            clock,
            store: MemoryStore::new(),
            users: None,
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
    pub(crate) fn request(&self, client: &Client) -> Request {
        Request::of(&self.keycard, client)
    }
}

fn clock() -> ManualClock {
    ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000))
}

fn keys() -> KeyRing {
    KeyRing::new([[7; 32]]).unwrap()
}
