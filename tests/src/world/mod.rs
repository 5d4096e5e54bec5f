//! The world of a journey: a store, a clock that is marched by hand, and the servers that share them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail as tests do"
)]

mod home;
mod running;
mod set_cookie;
mod store;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use keycard::store::memory::MemoryStore;
use keycard::{
    Clock, IndexKey, KeyRing, Keycard, KeycardBuilder, ManualClock, SystemClock, Timestamp, WithUsers,
};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;
use login_domain::{Accounts, App};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use self::home::Home;
pub use self::home::Kind;
pub use self::running::{Running, Stop};
pub use self::set_cookie::set_cookie;
use self::store::AnyStore;
use crate::app::{self, Backend, Gates};
use crate::browser::Browser;
use crate::secrets::Witness;

/// The settings of a world's sessions.
pub type Builder = KeycardBuilder<WithUsers>;

/// The framework of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a third adapter is to be met by every match"
)]
pub enum Adapter {
    /// `keycard-tower`, under Axum.
    Axum,
    /// `keycard-actix`.
    Actix,
}

impl Adapter {
    /// The other framework.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Axum => Self::Actix,
            Self::Actix => Self::Axum,
        }
    }
}

/// What a journey is given.
#[derive(Debug)]
#[non_exhaustive]
pub struct World {
    /// The framework of its servers.
    pub adapter: Adapter,
    store: AnyStore,
    /// How long servers that are still to be started wait for Redis, if not as long as by default.
    pub deadline: Option<Duration>,
    witness: Option<Witness>,
    /// A server of its own: held for as long as the world is, and frozen or killed by the journeys that are about that.
    pub redis: Option<RedisServer>,
    /// What all its servers tell the time by.
    pub clock: ManualClock,
    /// Where handlers of its acting servers stop, and are let go on.
    pub gates: Gates,
    /// Passwords are hashed for the first server that checks them.
    accounts: OnceCell<Arc<Accounts>>,
}

impl World {
    /// A world of its own, with an empty store.
    pub async fn new(adapter: Adapter, kind: Kind) -> Self {
        let (redis, store) = match Home::new(kind).await {
            Some((redis, home)) => (redis, AnyStore::Redis(Box::new(home))),
            None => (None, AnyStore::Memory(MemoryStore::new())),
        };
        Self {
            adapter,
            store,
            deadline: None,
            witness: None,
            redis,
            clock: ManualClock::starting_at(SystemClock.now()),
            gates: Gates::default(),
            accounts: OnceCell::new(),
        }
    }

    /// The same world, looked through for [secrets](crate::secrets): what its browsers are answered, and what its Redis
    /// holds when it ends.
    #[must_use]
    pub fn watched_by(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    /// The Redis server of a world that has one of its own.
    pub fn redis(&mut self) -> &mut RedisServer {
        let own = self.redis.as_mut();
        own.expect("this journey is mounted where a world has a server of its own")
    }

    /// Sessions as both applications configure them, signed with the key of 32 bytes 1.
    #[must_use]
    pub fn keycard(&self) -> Keycard {
        self.keycard_with(&[1], |builder| builder)
    }

    /// Sessions signed with keys of 32 equal bytes, the first one signing.
    pub fn keycard_with(&self, keys: &[u8], configure: impl FnOnce(Builder) -> Builder) -> Keycard {
        self.users_with(keys, configure).0
    }

    /// Such sessions, and who is logged in where.
    pub fn users_with(
        &self,
        keys: &[u8],
        configure: impl FnOnce(Builder) -> Builder,
    ) -> (Keycard, keycard::Users) {
        let builder = match &self.store {
            AnyStore::Memory(store) => Keycard::with_users(store.clone(), ring(keys)),
            AnyStore::Redis(_) => Keycard::with_users(self.connection(false), ring(keys)),
        };
        configure(self.begun(builder)).build().unwrap()
    }

    /// The login application as its programs make it, with sessions signed as those of [`keycard`](Self::keycard) are.
    pub async fn app(&self) -> App {
        self.app_with(&[1], |builder| builder).await
    }

    /// The login application with sessions of one's own making.
    pub async fn app_with(&self, keys: &[u8], configure: impl FnOnce(Builder) -> Builder) -> App {
        let accounts = async || Arc::new(Accounts::hashed().await.expect("passwords can be hashed"));
        let accounts = Arc::clone(self.accounts.get_or_init(accounts).await);
        let configure = |builder| configure(self.begun(builder));
        let app = match &self.store {
            AnyStore::Memory(store) => App::new(store.clone(), ring(keys), accounts, configure),
            AnyStore::Redis(_) => App::new(self.connection(true), ring(keys), accounts, configure),
        };
        app.unwrap()
    }

    /// With the world's clock, and the index key that all of its servers have.
    fn begun(&self, builder: Builder) -> Builder {
        builder
            .clock(self.clock.clone())
            .index_key(IndexKey::new([1; 32]).unwrap())
    }

    /// A connection of its own for each server, as if it were another process.
    fn connection(&self, statistics: bool) -> RedisStore {
        let builder = self.home().builder().statistics(statistics);
        let builder = match self.deadline {
            Some(deadline) => builder.deadline(deadline),
            None => builder,
        };
        builder.connect_lazily().expect("the settings are valid")
    }

    /// A server of the world's own adapter.
    pub async fn server(&self) -> Running {
        self.server_with(self.adapter, self.app().await).await
    }

    /// A server of the other framework over the same store.
    pub async fn other_server(&self) -> Running {
        self.server_with(self.adapter.other(), self.app().await).await
    }

    /// A server of each framework, the world's own first, with the same settings of one's own.
    pub async fn servers_with(&self, configure: impl Fn(Builder) -> Builder) -> [Running; 2] {
        let start = async |adapter| {
            let app = self.app_with(&[1], &configure).await;
            self.server_with(adapter, app).await
        };
        [start(self.adapter).await, start(self.adapter.other()).await]
    }

    /// A server of the login application with sessions of one's own making.
    pub async fn server_with(&self, adapter: Adapter, app: App) -> Running {
        Running::start(move |listener, stop| match adapter {
            Adapter::Axum => tokio::spawn(login_axum::serve(listener, app, stop)),
            Adapter::Actix => tokio::spawn(login_actix::serve(listener, app, stop)),
        })
        .await
    }

    /// A server of the [acting application](app), of the world's own adapter.
    pub async fn acting_server(&self) -> Running {
        self.acting_server_with(self.adapter, self.keycard()).await
    }

    /// A server of the acting application on the other framework over the same store.
    pub async fn other_acting_server(&self) -> Running {
        self.acting_server_with(self.adapter.other(), self.keycard())
            .await
    }

    /// A server of the acting application with sessions of one's own making.
    pub async fn acting_server_with(&self, adapter: Adapter, keycard: Keycard) -> Running {
        self.acting_server_of(adapter, Backend::new(keycard, self.gates.clone()))
            .await
    }

    /// A server of the acting application with all that is beside its sessions.
    pub async fn acting_server_of(&self, adapter: Adapter, backend: Backend) -> Running {
        Running::start(move |listener, stop| match adapter {
            Adapter::Axum => tokio::spawn(app::on_axum::serve(listener, backend, stop)),
            Adapter::Actix => tokio::spawn(app::on_actix::serve(listener, backend, stop)),
        })
        .await
    }

    /// A browser whose clock stands where the servers' does.
    #[must_use]
    pub fn browser(&self) -> Browser {
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.now().as_millis());
        Browser::starting_at(now).watched_by(self.witness.clone())
    }

    /// Lets time pass for the servers and for a browser.
    pub fn pass(&self, span: Duration, browser: &mut Browser) {
        self.clock.advance(span);
        browser.advance(span);
    }
}

/// Keys of 32 equal bytes, the first one signing.
fn ring(keys: &[u8]) -> KeyRing {
    KeyRing::new(keys.iter().map(|byte| [*byte; 32])).unwrap()
}

impl Drop for World {
    fn drop(&mut self) {
        let (Some(witness), AnyStore::Redis(home)) = (&self.witness, &self.store) else {
            return;
        };
        if let Some(frozen) = &self.redis {
            frozen.thaw().ok();
        }
        for server in home.servers() {
            witness.redis(server, home.keys());
        }
    }
}

/// What Alice logs in with.
#[must_use]
pub fn alice() -> Value {
    json!({"email": "alice@example.com", "password": "password123"})
}

/// What Bob logs in with.
#[must_use]
pub fn bob() -> Value {
    json!({"email": "bob@example.com", "password": "secret456"})
}

/// What Carol begins to log in with: she needs a code, too.
#[must_use]
pub fn carol() -> Value {
    json!({"email": "carol@example.com", "password": "letmein789"})
}

/// The value of the session's cookie, if the browser holds one.
#[must_use]
pub fn sid(browser: &Browser) -> Option<String> {
    browser
        .jar()
        .cookie("__Host-sid")
        .map(|cookie| cookie.value().into_owned())
}

/// A Unix time in milliseconds as the world's clocks tell it.
#[must_use]
pub fn at(time: &Value) -> Timestamp {
    Timestamp::from_millis(time.as_u64().expect("a time in milliseconds"))
}
