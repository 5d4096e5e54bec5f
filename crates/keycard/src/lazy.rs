//! What middleware sees: a session that costs nothing until it is asked for.

use std::fmt;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::cookie::read;
use crate::engine::Engine;
use crate::error::Error;
use crate::session::Session;

/// The session of a request, not loaded yet. Clones share one load.
///
/// A request that never calls [`load`](Self::load) costs the store nothing.
#[derive(Clone)]
pub struct LazySession(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    candidates: Vec<String>,
    /// A failed load is kept too: within one request the answer does not change, and nobody waits for it twice.
    session: OnceCell<Result<Session, Error>>,
}

impl LazySession {
    pub(crate) fn new<'a>(engine: Arc<Engine>, cookie_headers: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let candidates = read::candidates(cookie_headers, engine.cookie.name());
        Self(Arc::new(Inner {
            engine,
            candidates,
            session: OnceCell::new(),
        }))
    }

    /// The session: one round trip to the store at the first call if the request has a cookie of ours, none later.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the store could not be asked,
    /// [`ErrorKind::NewerVersion`](crate::ErrorKind::NewerVersion) if only a newer server can read the record.
    pub async fn load(&self) -> Result<Session, Error> {
        let load = || async {
            Session::load(&self.0.engine, &self.0.candidates)
                .await
                .inspect_err(crate::events::request_failed)
        };
        self.0.session.get_or_init(load).await.clone()
    }

    /// What [`load`](Self::load) answered, if it was called.
    pub(crate) fn outcome(&self) -> Option<&Result<Session, Error>> {
        self.0.session.get()
    }

    /// The name of the cookie that carries the session.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        self.0.engine.cookie.name()
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
#[derive(Clone, Debug, Default)]
pub struct LazySessions(Vec<LazySession>);

impl LazySessions {
    /// The session of the innermost layer: the one that extractors give.
    #[must_use]
    pub fn innermost(&self) -> Option<&LazySession> {
        self.0.last()
    }

    /// The session whose cookie has this name, where an application has several.
    #[must_use]
    pub fn named(&self, cookie_name: &str) -> Option<&LazySession> {
        self.0.iter().find(|session| session.cookie_name() == cookie_name)
    }

    /// These sessions and one more, which becomes the innermost.
    #[must_use]
    pub fn with(mut self, session: LazySession) -> Self {
        self.0.push(session);
        self
    }
}
