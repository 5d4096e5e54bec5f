//! What an application holds and adapters share: the settings at work.

mod close;

use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::config::{KeycardBuilder, WithUsers};
use crate::engine::Engine;
use crate::error::Error;
use crate::id::{StoreKey, UserKey};
use crate::key::UserId;
use crate::lazy::LazySession;
use crate::observer::{Event, EventKind, Suspicion};
use crate::request::{RequestFacts, RequestHeaders};
use crate::seal::KeyRing;
use crate::store::{History, Retention, Store, UserIndex};

/// Sessions for one cookie: a store, keys and settings. Cheap to clone; adapters and background tasks share it.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::{KeyRing, Keycard};
///
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// assert_eq!(keycard.cookie_name(), "__Host-sid");
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keycard {
    pub(crate) engine: Arc<Engine>,
}

impl Keycard {
    /// Begins the configuration: where sessions are kept, and the keys that sign their cookies.
    ///
    /// ```
    /// # use keycard::{store::memory::MemoryStore, KeyRing, Keycard};
    /// assert!(Keycard::builder(MemoryStore::new(), KeyRing::random()).build().is_ok());
    /// ```
    pub fn builder(store: impl Store, keys: KeyRing) -> KeycardBuilder {
        KeycardBuilder::new(store, keys)
    }

    /// Begins the configuration over a store that knows the sessions of a user: what [`Users`](crate::Users) does, session
    /// limits and devices need one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard::{store::memory::MemoryStore, KeyRing, Keycard};
    ///
    /// let (keycard, users) = Keycard::with_users(MemoryStore::new(), KeyRing::random()).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// assert_eq!(users.of("alice").end_all().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_users(store: impl UserIndex, keys: KeyRing) -> KeycardBuilder<WithUsers> {
        KeycardBuilder::with_users(store, keys)
    }

    /// Begins the configuration as [`with_users`](Self::with_users) does, and keeps a history of each user: what
    /// [`UserSessions::history`](crate::UserSessions::history) lists. It is written by the very calls of the store that
    /// write the sessions, in the same step: no command more.
    ///
    /// ```
    /// use keycard::store::{Retention, memory::MemoryStore};
    /// use keycard::{EventKind, KeyRing, Keycard};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let retention = Retention::new(10, Duration::from_hours(90 * 24))?;
    /// let (keycard, users) = Keycard::with_history(MemoryStore::new(), KeyRing::random(), retention).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// let history = users.of("alice").history().await?;
    /// assert_eq!((history[0].kind, history[0].session), (EventKind::Authenticated, session.handle()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// It is personal data, which outlives the sessions: keep it no longer than it is of use to the user, and
    /// [forget](crate::UserSessions::forget_history) it with the account.
    pub fn with_history(
        store: impl History,
        keys: KeyRing,
        retention: Retention,
    ) -> KeycardBuilder<WithUsers> {
        KeycardBuilder::with_history(store, keys, retention)
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }

    /// What time it is by the clock that sessions are judged by, for what must agree with them: a one-time code, say.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// clock.advance(Duration::from_mins(1));
    /// assert_eq!(keycard.now(), clock.now());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// Whether the store answers, by one round trip and within its own deadline: for the route of a readiness probe.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// async fn readyz(keycard: &Keycard) -> u16 {
    ///     keycard.ready().await.map_or_else(|error| error.status(), |()| 200)
    /// }
    ///
    /// assert_eq!(readyz(&keycard).await, 200);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store), 503, with what the store has said as its source.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.engine.store.ready().await?)
    }

    /// The name of the cookie that carries the session.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        self.engine.transports.cookie().name()
    }

    /// The name under which the store indexes a user's sessions, for direct calls of a store's
    /// [`UserIndex`](crate::store::UserIndex).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use keycard::store::{UserIndex, memory::MemoryStore};
    /// use keycard::{Clock, KeyRing, Keycard, SystemClock, UserId};
    ///
    /// let store = MemoryStore::new();
    /// let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    ///
    /// let alice = keycard.user_key(&UserId::from("alice"));
    /// assert_eq!(store.end_all(alice, SystemClock.now()).await?, [session.handle().unwrap()]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn user_key(&self, user: &UserId) -> UserKey {
        self.engine.index_key.user_key(user)
    }

    /// The request headers in which ids come, in lower case: nothing should print them. For adapters.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.transports([Transport::Header("x-session-id"), Transport::Bearer]).build()?;
    /// assert!(keycard.id_headers().eq(["x-session-id", "authorization"]));
    #[doc = example!(end)]
    /// ```
    pub fn id_headers(&self) -> impl Iterator<Item = &'static str> {
        self.engine.transports.headers()
    }

    /// The session of a request with these headers, which came from `peer`, not loaded yet. For adapters.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let headers = [("cookie", "theme=dark; __Host-sid=forged"), ("user-agent", "curl/8.9")];
    /// let lazy = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
    /// assert!(lazy.load().await?.is_empty());
    /// assert_eq!(lazy.client().user_agent().as_deref(), Some("curl/8.9"));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn open_request<H: RequestHeaders + ?Sized>(&self, headers: &H, peer: Option<IpAddr>) -> LazySession {
        let engine = &self.engine;
        let facts = RequestFacts::read(headers, peer, &engine.client, &engine.index_key);
        LazySession::new(Arc::clone(engine), engine.transports.read(headers), facts)
    }

    /// The session of a request with these `Cookie` headers and nothing else, not loaded yet. For tests of handlers.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let lazy = keycard.open([&b"theme=dark; __Host-sid=forged"[..], b"lang=en"]);
    /// assert!(lazy.load().await?.is_empty());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn open<'a>(&self, cookie_headers: impl IntoIterator<Item = &'a [u8]>) -> LazySession {
        let headers: Vec<_> = cookie_headers
            .into_iter()
            .map(|value| ("cookie", value))
            .collect();
        self.open_request(headers.as_slice(), None)
    }

    /// The session of this handle, not loaded, for who has proved otherwise that they act for it: by a token, say, that was
    /// signed for it. A session that has ended is nobody's.
    ///
    /// Nothing that is done to it brings about a cookie: it can be read, written to and ended, but nobody can log in. What is
    /// left pending is committed by [`commit`](crate::Session::commit), or by [`close`](Self::close).
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let handle = session.handle().unwrap();
    ///
    /// let stand_in = keycard.stand_in(handle).load().await?;
    /// assert_eq!(stand_in.user(), Some("alice".into()));
    /// stand_in.login("mallory");
    /// assert_eq!(stand_in.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    ///
    /// session.logout();
    /// session.commit().await?;
    /// assert_eq!(keycard.stand_in(handle).load().await?.user(), None);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// A handle is public: never take one from a request that has not proved that it may use the session. The client is not
    /// judged: where there is a request, use [`LazySession::stand_in`].
    #[must_use]
    pub fn stand_in(&self, handle: StoreKey) -> LazySession {
        LazySession::standing_in(self.engine(), handle, RequestFacts::default())
    }

    /// Tells the observer, the log and the metrics what is suspicious about who acts for a session. For crates that find
    /// more suspicious than cookies, as `keycard-jwt` does.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let (events, told) = std::sync::mpsc::channel();
    /// let keycard = builder.observer(move |event: &Event| events.send(event.clone()).unwrap_or(())).build()?;
    /// let session = StoreKey::from_bytes([7; 20]);
    /// keycard.suspect(Suspicion::SpentToken, session, &"alice".into());
    /// let event = told.recv()?;
    /// assert_eq!(event.kind, EventKind::Suspicious(Suspicion::SpentToken));
    /// assert_eq!((event.session, event.user), (Some(session), Some("alice".into())));
    #[doc = example!(end)]
    /// ```
    pub fn suspect(&self, what: Suspicion, session: StoreKey, user: &UserId) {
        self.engine.events.tell(&Event {
            kind: EventKind::Suspicious(what),
            at: self.now(),
            session: Some(session),
            user: Some(user.clone()),
        });
    }

    /// Whether sessions are bound to their clients, by their addresses or fingerprints, so that it takes a request to open
    /// one.
    ///
    /// ```
    #[doc = example!(builder)]
    /// assert!(builder.bind_fingerprint(Drift::End).build()?.binds_clients());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn binds_clients(&self) -> bool {
        let rules = self.engine.rules.binding;
        rules.address.is_some() || rules.fingerprint.is_some()
    }
}
