//! What a handler holds: a loaded session. Reading and writing are synchronous, on a local view; what they add up to is
//! committed once, at the end of the request, or by the methods that are `async`.

mod attempt;
mod commit;
mod cookie;
mod data;
mod flashes;
mod guard;
mod identity;
mod login;
mod login_as;
mod state;
mod times;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::login_as::LoginAs;
use self::state::State;
use crate::arrival::Base;
use crate::engine::Engine;
use crate::error::Error;
use crate::id::StoreKey;
use crate::intent::Standing;
use crate::key::UserId;
use crate::request::{Client, RequestFacts};
use crate::store::Read;
use crate::transport::Presented;

/// The session of a request.
///
/// It always exists as a value, also for a visitor without a cookie; nothing is stored and no cookie is set until
/// something is put in. Clones are the same session. It is `Send + Sync` and names no store and no framework, so it can
/// go into spawned tasks, streams and GraphQL contexts.
///
/// What is read and written is a view of this request. Changes are committed once, when the handler has answered with a
/// status below 500, or by [`commit`](Self::commit). Two requests that write different keys both land; of two that write
/// the same key the later one wins, unless they use [`update`](Self::update), [`increment`](Self::increment) or
/// [`consume`](Self::consume), which are atomic across all servers.
///
/// ```
#[doc = example!(session)]
/// const CART: Key<Vec<u32>> = Key::new("cart");
///
/// let mut cart = session.get(CART)?.unwrap_or_default();
/// cart.push(7);
/// session.insert(CART, &cart)?;
/// session.login("alice");
/// assert_eq!((session.get(CART)?, session.user()), (Some(vec![7]), Some("alice".into())));
#[doc = example!(end)]
/// ```
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    facts: RequestFacts,
    /// Whoever acts in it holds no id of it.
    stands_in: bool,
    // A std lock: held for a few map operations, never across an await.
    state: Mutex<State>,
    /// One commit of this handle at a time, so that each stands on what the one before it brought about.
    commits: tokio::sync::Mutex<()>,
}

impl Session {
    pub(crate) async fn load(
        engine: &Arc<Engine>,
        presented: &Presented,
        facts: &RequestFacts,
        read: Read,
    ) -> Result<Self, Error> {
        let base = engine.load(presented, read).await;
        engine.metrics.loaded(!presented.is_empty(), &base);
        Self::over(engine, base?, facts, false).await
    }

    /// Loads a session for who holds no id of it, and so is told none.
    pub(crate) async fn stand_in(
        engine: &Arc<Engine>,
        handle: StoreKey,
        facts: &RequestFacts,
        read: Read,
    ) -> Result<Self, Error> {
        let base = engine.load_by_handle(handle, read).await?;
        let session = Self::over(engine, base, facts, true).await?;
        session.state().keep_cookie();
        Ok(session)
    }

    async fn over(
        engine: &Arc<Engine>,
        base: Base,
        facts: &RequestFacts,
        stands_in: bool,
    ) -> Result<Self, Error> {
        let client = engine.bound_client(facts);
        let (base, outgoing) = engine.recognise(base, &client, facts).await?;
        Ok(Self(Arc::new(Inner {
            engine: Arc::clone(engine),
            facts: facts.clone(),
            stands_in,
            state: Mutex::new(State::new(base, client, outgoing)),
            commits: tokio::sync::Mutex::new(()),
        })))
    }

    /// Who is logged in, as far as this request knows: a login or a logout of this request counts at once. Nobody while a
    /// login waits for a further factor, or the client is [another](crate::Drift::StepUp): see
    /// [`pending_user`](Self::pending_user).
    ///
    /// ```
    #[doc = example!(session)]
    /// assert_eq!(session.user(), None);
    /// session.login("alice");
    /// assert_eq!(session.user(), Some("alice".into()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.state().user_who(|standing| standing == Standing::LoggedIn)
    }

    /// The session's public name, which opens nothing: for lists of devices, and for logs. `None` for a session that is
    /// not stored.
    ///
    /// It stays as long as the session. A login in place of nobody or of another user begins a session, and so a name;
    /// [`rotate`](Self::rotate) and a re-authentication do not.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// assert_eq!(session.handle(), None, "nothing is stored yet");
    /// session.commit().await?;
    /// assert!(session.handle().is_some());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn handle(&self) -> Option<StoreKey> {
        self.state().base.live().map(|live| live.key)
    }

    /// Whether it was opened by its handle ([`Keycard::stand_in`](crate::Keycard::stand_in)): who acts in it has shown a
    /// token, say, and not the session's own id. What lasts longer than the token is not theirs to ask for.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let stand_in = keycard.stand_in(session.handle().unwrap()).load().await?;
    /// assert!(stand_in.is_stand_in() && !session.is_stand_in());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.0.stands_in
    }

    /// Whether the store was away when the session was to be read, and the request goes on by the application's
    /// [policy](crate::OutagePolicy). What is read is empty, or a copy that may be outdated; whatever would write is the
    /// error of its commit, 503.
    ///
    /// ```
    /// use keycard::store::memory::MemoryStore;
    /// use keycard::{KeyRing, Keycard, OutagePolicy};
    /// use keycard_conformance::testing::{ScriptedStore, log_in_as};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = ScriptedStore::new(MemoryStore::new());
    /// let builder = Keycard::builder(store.clone(), KeyRing::random());
    /// let keycard = builder.on_outage(OutagePolicy::Anonymous).build()?;
    /// let cookie = log_in_as(&keycard, "alice").await?;
    /// store.go_down();
    /// let session = keycard.open([cookie.as_bytes()]).load().await?;
    /// assert!(session.is_degraded() && session.user().is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.unread().is_some()
    }

    /// Why the session could not be read.
    pub(crate) fn unread(&self) -> Option<Error> {
        self.state().base.unread().cloned()
    }

    /// The user has ended sessions of theirs with this request: if this one is among them, its cookie is removed.
    pub(crate) fn ended_by_its_user(&self, ended: &[StoreKey]) {
        let mut state = self.state();
        if state.base.live().is_some_and(|live| ended.contains(&live.key)) {
            state.end();
        }
    }

    /// The client of this request; the address for limits, say.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// let headers = [("user-agent", "curl/8.9")];
    /// let lazy = keycard.open_request(headers.as_slice(), Some([127, 0, 0, 1].into()));
    /// let session = lazy.load().await?;
    /// assert!(session.client().ip().is_some_and(|ip| ip.is_loopback()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn client(&self) -> Client<'_> {
        self.0.engine.client_of(&self.0.facts)
    }

    /// From now on no cookie can be changed: the response has begun, or nobody waits for it any more.
    pub(crate) fn mark_closed(&self) {
        self.state().closed = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Session")
            .field("handle", &state.base.live().map(|live| live.key))
            .field(
                "keys",
                &state
                    .data()
                    .map(|data| data.keys().map(str::to_owned).collect::<Vec<_>>()),
            )
            .finish_non_exhaustive()
    }
}
