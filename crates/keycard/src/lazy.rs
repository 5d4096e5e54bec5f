//! What middleware sees: a session that costs nothing until it is asked for.

mod csrf;
mod guard;
mod stand_in;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::OnceCell;

pub use self::guard::RequestGuard;
use crate::auth::Guard;
use crate::csrf::Visit;
use crate::engine::Engine;
use crate::error::Error;
use crate::id::StoreKey;
use crate::keycard::Keycard;
use crate::request::{Client, RequestFacts};
use crate::session::Session;
use crate::store::Read;
use crate::transport::Presented;

/// The session of a request, not loaded yet. Clones share one load.
///
/// A request that never calls [`load`](Self::load) costs the store nothing.
///
/// ```
#[doc = example!(keycard)]
/// let lazy = keycard.open([&b"__Host-sid=forged"[..]]);
/// assert_eq!(lazy.cookie_name(), "__Host-sid");
/// assert_eq!(lazy.load().await?.user(), None, "whoever shows no valid cookie is a visitor");
#[doc = example!(end)]
/// ```
#[derive(Clone)]
pub struct LazySession(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    presented: Presented,
    /// The session that somebody stands in for who has proved otherwise that they may.
    stands_in_for: Option<StoreKey>,
    facts: RequestFacts,
    // A std lock, held for its value alone.
    /// The sessions that somebody stands in for in this request: they are closed with it.
    stand_ins: Mutex<Vec<LazySession>>,
    /// A failed load is kept too: within one request the answer does not change, and nobody waits for it twice.
    session: OnceCell<Result<Session, Error>>,
    // A std lock, held for its value alone. It orders the end of the request and the end of a load that is under way: one
    // of them sees the other.
    closed: Mutex<bool>,
    /// Of a request that has passed the check against forgery.
    csrf: OnceLock<Box<Visit>>,
}

impl LazySession {
    pub(crate) fn new(engine: Arc<Engine>, presented: Presented, facts: RequestFacts) -> Self {
        Self::over(engine, presented, None, facts)
    }

    fn over(
        engine: Arc<Engine>,
        presented: Presented,
        stands_in_for: Option<StoreKey>,
        facts: RequestFacts,
    ) -> Self {
        Self(Arc::new(Inner {
            engine,
            presented,
            stands_in_for,
            facts,
            stand_ins: Mutex::default(),
            session: OnceCell::new(),
            closed: Mutex::new(false),
            csrf: OnceLock::new(),
        }))
    }

    /// The session: one round trip to the store at the first call if the request has a cookie of ours, none later. A
    /// failure is remembered too, until the request ends.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let lazy = keycard.open([]);
    /// lazy.load().await?.login("alice");
    /// assert_eq!(lazy.load().await?.user(), Some("alice".into()), "it is the same session");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the store could not be asked,
    /// [`ErrorKind::NewerVersion`](crate::ErrorKind::NewerVersion) if only a newer server can read the record.
    pub async fn load(&self) -> Result<Session, Error> {
        self.loaded(Read::Any).await.map(|(session, _)| session)
    }

    /// The session, if the guard lets its user pass. It costs what [`load`](Self::load) does, and with a guard that
    /// [reads anew](Guard::read_anew) one round trip where the session is loaded already.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// use keycard::auth::Guard;
    ///
    /// let error = keycard.open([]).require(&Guard::user()).await.unwrap_err();
    /// assert_eq!(error.status(), 401);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load) and of [`Session::require`].
    pub async fn require(&self, guard: &Guard) -> Result<Session, Error> {
        let read = if guard.reads_anew() { Read::Anew } else { Read::Any };
        match self.loaded(read).await? {
            (session, true) => session.admit(guard).map(|()| session),
            (session, false) => session.require(guard).await.map(|()| session),
        }
    }

    /// The session, and whether it was read by this very call.
    async fn loaded(&self, read: Read) -> Result<(Session, bool), Error> {
        let mut just_now = false;
        let load = || {
            just_now = true;
            async {
                let Inner {
                    engine,
                    presented,
                    facts,
                    ..
                } = &*self.0;
                let session = match self.0.stands_in_for {
                    Some(handle) => Session::stand_in(engine, handle, facts, read).await,
                    None => Session::load(engine, presented, facts, read).await,
                };
                session.inspect_err(crate::events::request_failed)
            }
        };
        let session = self.0.session.get_or_init(load).await.clone()?;
        if *self.closed() {
            session.mark_closed();
        }
        Ok((session, just_now))
    }

    pub(crate) fn presented(&self) -> &Presented {
        &self.0.presented
    }

    /// From now on the cookie cannot be changed. Answers what [`load`](Self::load) did, if it was called.
    pub(crate) fn mark_closed(&self) -> Option<&Result<Session, Error>> {
        *self.closed() = true;
        self.0.session.get()
    }

    /// Closes the session when the value is dropped, so that handles that outlive a request whose client has left change
    /// no cookie that nobody receives. For adapters.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let request = keycard.open([]).until_dropped();
    /// let session = request.load().await?;
    /// drop(request); // the client has left
    /// session.login("alice");
    /// assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    #[doc = example!(end)]
    /// ```
    pub fn until_dropped(self) -> RequestGuard {
        RequestGuard(self)
    }

    fn closed(&self) -> MutexGuard<'_, bool> {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client of the request, also of one whose session cannot be loaded.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let headers = [("user-agent", "curl/8.9")];
    /// let lazy = keycard.open_request(headers.as_slice(), None);
    /// assert_eq!(lazy.client().user_agent().as_deref(), Some("curl/8.9"));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn client(&self) -> Client<'_> {
        self.0.engine.client_of(&self.0.facts)
    }

    /// The name of the cookie that carries the session.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        self.0.engine.transports.cookie().name()
    }
}

impl fmt::Debug for LazySession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazySession")
            .field("cookie", &self.cookie_name())
            .field("loaded", &self.0.session.initialized())
            .finish_non_exhaustive()
    }
}

/// The sessions of a request, one for each session layer that it passed; adapters keep it in the request's extensions.
///
/// ```
#[doc = example!(builder)]
/// let outer = builder.build()?;
/// let inner = Keycard::builder(MemoryStore::new(), KeyRing::random())
///     .cookie(CookieSpec::builder("__Host-office").build()?)
///     .build()?;
///
/// let sessions = LazySessions::default().with(outer.open([])).with(inner.open([]));
/// assert_eq!(sessions.innermost().unwrap().cookie_name(), "__Host-office");
/// assert!(sessions.named("__Host-sid").is_some() && sessions.named("sid").is_none());
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug, Default)]
pub struct LazySessions {
    innermost: Option<LazySession>,
    /// Those further out, the outermost first: there are hardly ever any.
    outer: Vec<LazySession>,
}

impl LazySessions {
    /// The session of the innermost layer: the one that extractors give.
    #[must_use]
    pub fn innermost(&self) -> Option<&LazySession> {
        self.innermost.as_ref()
    }

    /// The session whose cookie has this name, where an application has several.
    #[must_use]
    pub fn named(&self, cookie_name: &str) -> Option<&LazySession> {
        let mut sessions = self.outer.iter().chain(&self.innermost);
        sessions.find(|session| session.cookie_name() == cookie_name)
    }

    /// The session of the layer of this keycard.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let sessions = LazySessions::default().with(keycard.open([]));
    /// assert!(sessions.of(&keycard).is_some());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn of(&self, keycard: &Keycard) -> Option<&LazySession> {
        let mut sessions = self.outer.iter().chain(&self.innermost);
        sessions.find(|session| session.is_of(keycard))
    }

    /// The session that an extractor gives: of the innermost layer, or of the cookie with this name. `layer` is how a
    /// layer is added, for the error's message. For adapters.
    ///
    /// ```
    /// use keycard::{ErrorKind, LazySessions};
    ///
    /// let error = LazySessions::choose(None, None, ".layer(…)").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::LayerMissing);
    /// assert!(error.to_string().contains("add `.layer(…)`"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](crate::ErrorKind::LayerMissing).
    pub fn choose(
        passed: Option<&Self>,
        cookie_name: Option<&str>,
        layer: &str,
    ) -> Result<LazySession, Error> {
        let session = passed.and_then(|sessions| match cookie_name {
            Some(name) => sessions.named(name),
            None => sessions.innermost(),
        });
        session
            .cloned()
            .ok_or_else(|| Error::layer_missing(layer, cookie_name))
    }

    /// These sessions and one more, which becomes the innermost.
    #[must_use]
    pub fn with(mut self, session: LazySession) -> Self {
        self.outer.extend(self.innermost.replace(session));
        self
    }
}
