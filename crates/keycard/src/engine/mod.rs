//! Load, touch, commit, close: the one room where the core awaits a store.

mod commit;
mod ending;
mod result;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::commit::{Commit, Step, too_large};
pub(crate) use self::result::{Committed, Failure, Fate};
use crate::arrival::{self, Base, Live};
use crate::clock::{Clock, Timestamp};
use crate::closing::Closing;
use crate::config::KeycardBuilder;
use crate::cookie::CookieSpec;
use crate::error::{Error, StoreError};
use crate::events;
use crate::id::{DeviceDigest, RoutingTag, SessionId, StoreKey, UserKey};
use crate::intent::Intent;
use crate::key::UserId;
use crate::lazy::LazySession;
use crate::policy::{Outcome, Rules};
use crate::queue::Queue;
use crate::record::Record;
use crate::request::{Client, ClientSettings, RequestFacts, RequestHeaders};
use crate::seal::{IndexKey, KeyRing, Seal};
use crate::store::{ErasedStore, Loaded, Owner, Store, Touch, Touched};

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

    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }

    /// The name of the cookie that carries the session.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        self.engine.cookie.name()
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
    /// assert_eq!(store.end_all(alice, None, SystemClock.now()).await?, [session.handle().unwrap()]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn user_key(&self, user: &UserId) -> UserKey {
        self.engine.index_key.user_key(user)
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
        let engine = Arc::clone(&self.engine);
        let facts = RequestFacts::read(headers, peer, &engine.client, &engine.index_key);
        LazySession::new(engine, headers.values("cookie"), facts)
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
        LazySession::new(Arc::clone(&self.engine), cookie_headers, RequestFacts::default())
    }

    /// Commits what a request left pending, and says what its response needs. For adapters.
    ///
    /// After this the session can no longer change its cookie. With [`Outcome::Failed`] only endings are committed.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let lazy = keycard.open([]);
    /// let session = lazy.load().await?;
    /// session.login("alice");
    /// let closing = keycard.close(&lazy, Outcome::Completed).await;
    /// assert!(closing.error().is_none() && session.handle().is_some());
    #[doc = example!(end)]
    /// ```
    pub async fn close(&self, session: &LazySession, outcome: Outcome) -> Closing {
        let Some(Ok(session)) = session.mark_closed() else {
            return Closing::UNUSED;
        };
        let (outgoing, result) = session.close(outcome).await;
        let error = result.err().inspect(events::request_failed);
        Closing::new(outgoing, error, &self.engine.seal, &self.engine.cookie)
    }
}

pub(crate) struct Engine {
    pub(crate) store: Arc<dyn ErasedStore>,
    pub(crate) seal: Seal,
    pub(crate) index_key: IndexKey,
    pub(crate) cookie: CookieSpec,
    pub(crate) rules: Rules,
    pub(crate) commit_deadline: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: Queue,
    pub(crate) client: ClientSettings,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store)
            .field("cookie", &self.cookie)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) async fn load(&self, candidates: &[String]) -> Result<Base, Error> {
        let ids: Vec<SessionId> = candidates
            .iter()
            .filter_map(|text| self.seal.open(text))
            .collect();
        if ids.is_empty() {
            if !candidates.is_empty() {
                events::forged_cookie(candidates.len());
            }
            return Ok(Base::None);
        }
        let keys: Vec<StoreKey> = ids.iter().map(SessionId::key).collect();
        let now = self.clock.now();
        let loaded = self.store.load(&keys, now).await?;
        arrival::settle(ids.into_iter().zip(loaded), now)
    }

    /// Moves the idle time of a live session if that is due. A commit that came between has moved it already; then the
    /// session is read anew, so that a handle that lives long goes on to know it.
    pub(crate) async fn touch(&self, live: &Live) -> Result<Base, Error> {
        let now = self.clock.now();
        let base = self.touch_once(live, now).await?;
        if base.is_some() || !self.rules.touch_is_due(&live.record, now) {
            return Ok(base.unwrap_or_else(|| Base::Live(live.clone())));
        }
        let found = self.store.load(&[live.key], now).await?;
        let newest = match found.into_iter().next() {
            Some(Loaded::Live(bytes)) => arrival::readable(live.key, bytes)?,
            _ => None,
        };
        let Some(record) = newest else {
            return Ok(Base::Ended(live.key));
        };
        let newest = Live {
            record: Arc::new(record),
            ..live.clone()
        };
        Ok(self.touch_once(&newest, now).await?.unwrap_or(Base::Live(newest)))
    }

    /// `None` if no touch is due, or another commit came between.
    async fn touch_once(&self, live: &Live, now: Timestamp) -> Result<Option<Base>, StoreError> {
        if !self.rules.touch_is_due(&live.record, now) {
            return Ok(None);
        }
        let touched = Intent::default().renew(&live.record, &self.rules, now);
        let touch = Touch::new(live.key, live.record.revision, touched.expires, now);
        Ok(match self.store.touch(touch).await? {
            Touched::Applied => Some(Base::Live(Live {
                record: Arc::new(touched),
                ..live.clone()
            })),
            Touched::Changed => None,
            Touched::Gone => Some(Base::Ended(live.key)),
        })
    }

    pub(crate) fn client_of<'a>(&'a self, facts: &'a RequestFacts) -> Client<'a> {
        Client::new(facts, &self.client, &self.index_key)
    }

    /// A live session as it is now, judged as at the request's arrival.
    pub(crate) async fn reload(&self, live: &Live) -> Result<Base, Error> {
        let now = self.clock.now();
        let found = self.store.load(&[live.key], now).await?;
        let loaded = found.into_iter().next().unwrap_or(Loaded::Absent);
        let base = arrival::judge(live.key, live.presented, loaded, now)?;
        // It was there, so what is no more has ended.
        Ok(match base {
            Base::None => Base::Ended(live.key),
            base @ (Base::Ended(_) | Base::Live(_)) => base,
        })
    }

    fn owner(&self, record: &Record) -> Option<Owner> {
        let known = record.authentication.as_ref()?;
        let user = self.index_key.user_key(&known.user);
        let device = record.metadata.device.as_ref();
        let device = device.map_or(DeviceDigest::NONE, |device| {
            self.index_key.device(user, device.id())
        });
        Some(Owner::new(user, device, record.absolute))
    }

    fn new_id(&self, intent: &Intent) -> SessionId {
        SessionId::generate(match &intent.login {
            Some(login) => self.index_key.user_key(&login.user).tag(),
            None => RoutingTag::random(),
        })
    }
}
