//! The world of a journey: a store, a clock that is marched by hand, and the servers that share them.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use keycard::store::memory::MemoryStore;
use keycard::store::{Loaded, Store, Update, Updated, frame};
use keycard::{
    Clock, IndexKey, KeyRing, Keycard, KeycardBuilder, LazySession, ManualClock, Outcome, ResponseHeaders,
    StoreKey, SystemClock, Timestamp,
};
use keycard_fixtures::RedisServer;
use keycard_redis::{RedisStore, RedisStoreBuilder};
use keycard_tests::browser::{Browser, Fetch, Origin, Server};
use login_domain::Users;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapter {
    Axum,
    Actix,
}

impl Adapter {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Axum => Self::Actix,
            Self::Actix => Self::Axum,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Redis,
}

pub(crate) struct World {
    pub(crate) adapter: Adapter,
    store: AnyStore,
    /// Held for as long as the world is, and frozen or killed by the journeys that are about that.
    pub(crate) redis: Option<RedisServer>,
    pub(crate) clock: ManualClock,
    users: Arc<Users>,
}

#[derive(Clone, Debug)]
enum AnyStore {
    Memory(MemoryStore),
    Redis(RedisStore),
}

impl World {
    pub(crate) async fn new(adapter: Adapter, kind: Kind) -> Self {
        let redis = (kind == Kind::Redis).then(|| RedisServer::start().expect("a private Redis server"));
        let store = match &redis {
            Some(server) => AnyStore::Redis(
                RedisStore::connect(&server.url())
                    .await
                    .expect("the server answers"),
            ),
            None => AnyStore::Memory(MemoryStore::new()),
        };
        let users = Arc::new(Users::hashed().await.expect("passwords can be hashed"));
        Self {
            adapter,
            store,
            redis,
            clock: ManualClock::starting_at(SystemClock.now()),
            users,
        }
    }

    pub(crate) fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("this journey is mounted on Redis")
    }

    /// Sessions as both applications configure them, signed with the key of 32 bytes 1.
    pub(crate) fn keycard(&self) -> Keycard {
        self.keycard_with(&[1], |builder| builder)
    }

    /// Sessions signed with keys of 32 equal bytes, the first one signing.
    pub(crate) fn keycard_with(
        &self,
        keys: &[u8],
        configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder,
    ) -> Keycard {
        let ring = KeyRing::new(keys.iter().map(|byte| [*byte; 32])).unwrap();
        let builder = match &self.store {
            AnyStore::Memory(store) => Keycard::builder(store.clone(), ring),
            AnyStore::Redis(_) => Keycard::builder(self.connection(), ring),
        };
        let builder = builder
            .clock(self.clock.clone())
            .index_key(IndexKey::new([1; 32]).unwrap());
        configure(builder).build().unwrap()
    }

    /// A connection of its own for each server, as if it were another process.
    fn connection(&self) -> RedisStore {
        let server = self.redis.as_ref().expect("a Redis world has its server");
        let store = RedisStore::builder(&server.url()).and_then(RedisStoreBuilder::connect_lazily);
        store.expect("the server's address is valid")
    }

    /// A server of the world's own adapter.
    pub(crate) async fn server(&self) -> Running {
        self.server_with(self.adapter, self.keycard()).await
    }

    /// A server of the other framework over the same store.
    pub(crate) async fn other_server(&self) -> Running {
        self.server_with(self.adapter.other(), self.keycard()).await
    }

    pub(crate) async fn server_with(&self, adapter: Adapter, keycard: Keycard) -> Running {
        let users = Arc::clone(&self.users);
        Running::start(move |listener, stop| match adapter {
            Adapter::Axum => tokio::spawn(login_axum::serve(listener, keycard, users, stop)),
            Adapter::Actix => tokio::spawn(login_actix::serve(listener, keycard, users, stop)),
        })
        .await
    }

    /// A browser whose clock stands where the servers' does.
    pub(crate) fn browser(&self) -> Browser {
        Browser::starting_at(UNIX_EPOCH + Duration::from_millis(self.clock.now().as_millis()))
    }

    /// Lets time pass for the servers and for a browser.
    pub(crate) fn pass(&self, span: Duration, browser: &mut Browser) {
        self.clock.advance(span);
        browser.advance(span);
    }

    /// Gives the browser a session that was not made over the wire: what the applications do not offer yet, or what
    /// takes a password's hash too often.
    pub(crate) async fn plant(
        &self,
        browser: &mut Browser,
        server: &Running,
        fill: impl FnOnce(&keycard::Session),
    ) {
        let (keycard, lazy) = self.open(b"");
        fill(&lazy.load().await.unwrap());
        self.hand_out(&keycard, &lazy, browser, server).await;
    }

    /// A request with this `Cookie` header to a server that is not there.
    pub(crate) fn open(&self, cookies: &[u8]) -> (Keycard, LazySession) {
        let keycard = self.keycard();
        let lazy = keycard.open([cookies]);
        (keycard, lazy)
    }

    /// Ends that request, and gives the browser its cookie.
    pub(crate) async fn hand_out(
        &self,
        keycard: &Keycard,
        lazy: &LazySession,
        browser: &mut Browser,
        server: &Running,
    ) {
        let closing = keycard.close(lazy, Outcome::Completed).await;
        let mut cookie = SetCookie::default();
        closing.apply(&mut cookie);
        let cookie = cookie.0.expect("what was put in sets a cookie");
        let fetch = Fetch::new(server.origin(), Method::POST, "/");
        browser
            .jar_mut()
            .store(&fetch, cookie.as_bytes())
            .expect("a browser keeps the cookie");
    }

    /// The stored bytes of a session.
    pub(crate) async fn stored(&self, handle: &str) -> Option<Bytes> {
        let (key, now) = (handle.parse().unwrap(), self.clock.now());
        let loaded = match &self.store {
            AnyStore::Memory(store) => store.load(key, now).await,
            AnyStore::Redis(store) => store.load(key, now).await,
        };
        if let Loaded::Live(bytes) = loaded.unwrap() {
            Some(bytes)
        } else {
            None
        }
    }

    /// Changes a session's bytes behind the servers' backs.
    pub(crate) async fn tamper(&self, handle: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let key: StoreKey = handle.parse().unwrap();
        let before = self.stored(handle).await.expect("the session is stored");
        let mut after = before.to_vec();
        // A revision of its own, or the store would take the change for a write that has landed already.
        after[frame::REVISION.start] ^= 1;
        change(&mut after);
        let expected = frame::revision(&before).unwrap();
        let update = Update::new(key, expected, after.into(), None, self.clock.now());
        let updated = match &self.store {
            AnyStore::Memory(store) => store.update(update).await,
            AnyStore::Redis(store) => store.update(update).await,
        };
        assert_eq!(updated.unwrap(), Updated::Applied);
    }

    /// How many sessions and tombstones the store holds.
    pub(crate) fn stored_count(&self) -> usize {
        match (&self.store, &self.redis) {
            (AnyStore::Memory(store), _) => store.len(),
            (AnyStore::Redis(_), Some(server)) => {
                let keys: Vec<String> = server.command(&["KEYS", "*"]).unwrap();
                keys.iter().filter(|key| key.contains("}s:")).count()
            }
            (AnyStore::Redis(_), None) => unreachable!("a Redis world has its server"),
        }
    }
}

#[derive(Default)]
struct SetCookie(Option<String>);

impl ResponseHeaders for SetCookie {
    fn has(&self, _: &'static str) -> bool {
        false
    }

    fn values<'a>(&'a self, _: &'static str) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }

    fn append(&mut self, name: &'static str, value: &str) {
        if name == "set-cookie" {
            self.0 = Some(value.to_owned());
        }
    }

    fn replace(&mut self, _: &'static str, _: &str) {}
}

type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server that answers on a port of its own, as `https://shop.example` for the browser's jar.
pub(crate) struct Running {
    origin: Origin,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(
        serve: impl FnOnce(TcpListener, Stop) -> JoinHandle<std::io::Result<()>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::at(listener.local_addr().unwrap())
            .named("shop.example")
            .https();
        let (stop, stopped) = oneshot::channel();
        let stopped: Stop = Box::pin(async move {
            stopped.await.ok();
        });
        Self {
            origin,
            stop,
            task: serve(listener, stopped),
        }
    }

    /// Ends the server, as a deployment does, and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.stop.send(()).ok();
        self.task.await.unwrap().unwrap();
    }
}

impl Server for Running {
    fn origin(&self) -> Origin {
        self.origin.clone()
    }
}

pub(crate) fn alice() -> Value {
    json!({"email": "alice@example.com", "password": "password123"})
}

pub(crate) fn bob() -> Value {
    json!({"email": "bob@example.com", "password": "secret456"})
}

/// The value of the session's cookie, if the browser holds one.
pub(crate) fn sid(browser: &Browser) -> Option<String> {
    browser
        .jar()
        .cookie("__Host-sid")
        .map(|cookie| cookie.value().into_owned())
}

/// A Unix time in milliseconds as the world's clocks tell it.
pub(crate) fn at(time: &Value) -> Timestamp {
    Timestamp::from_millis(time.as_u64().expect("a time in milliseconds"))
}
