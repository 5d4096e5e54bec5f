//! Throttles: how often somebody may try to log in, to prove a further factor, or to begin a session.
//!
//! An attempt *reserves* its place before the password is checked, in one atomic step of the store, so that a thousand
//! guesses at once are five guesses. What succeeds gives the place back; what fails, or is given up, stays counted until
//! it has left the window.
//!
//! ```
//! use keycard::auth::throttle::Throttles;
//! use keycard::store::memory::MemoryStore;
//! use keycard::{ErrorKind, KeyRing, Keycard};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new(); // or a store in Redis, which all servers share
//! let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
//! let throttles = Throttles::new(&keycard, store);
//! let client: std::net::IpAddr = "192.0.2.7".parse()?;
//!
//! for guess in ["123456", "hunter2", "letmein", "swordfish", "password"] {
//!     let attempt = throttles.login("alice@example.com", client).await?; // before the check
//!     assert_ne!(guess, "correct horse");
//!     drop(attempt); // a wrong password: nothing more to do
//! }
//! let refused = throttles.login("alice@example.com", client).await.unwrap_err();
//! assert_eq!(refused.status(), 429);
//! assert_eq!(refused.retry_after(), Some(900)); // seconds, for the header `Retry-After`
//!
//! let attempt = throttles.login("bob@example.com", client).await?;
//! attempt.succeeded().await; // after the check
//! # Ok(())
//! # }
//! ```
//!
//! # What is counted
//!
//! [The guide](crate::guide::throttling) has a table: per what each attempt is counted, and what a success takes back.
//!
//! An attempt is counted in all of its windows or in none: what one of them refuses takes no place in the others. Windows
//! slide: in *any* 15 minutes there are at most so many attempts, and from [`retry_after`](crate::Error::retry_after) on (RFC
//! 9110 §10.2.3) there is room for one more. A client is an IPv4 address (also where it is written as an IPv6 one) or the /64
//! of an IPv6 address.
//!
//! # What it costs
//!
//! One round trip of the store for an attempt, and one more when it succeeds. The store sees keyed digests and times,
//! neither accounts nor addresses, and forgets them when the window has passed.
//!
//! # When the store is away
//!
//! [`OnOutage`] decides; by default the attempt is refused (ASVS 5.0, 16.5.3: nothing fails open). Where a refund cannot be
//! written, the attempt stays counted and the request goes on.

mod attempt;
mod limits;
mod receipt;
mod subject;
mod window;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use self::attempt::Attempt;
use self::limits::Limits;
pub(crate) use self::limits::Purpose;
pub use self::limits::{OnOutage, Scope};
pub use self::receipt::Receipt;
use self::subject::{key, login, network};
pub use self::window::{Judgement, Limit, judge};
use crate::clock::Clock;
use crate::error::Error;
use crate::id::StoreKey;
use crate::key::UserId;
use crate::keycard::Keycard;
use crate::metrics::Metrics;
use crate::seal::IndexKey;
use crate::store::{ErasedThrottle, Measured, Reserved, Throttle, Window};

/// The throttles of an application: limits, and the store that counts. Cheap to clone. See the
/// [module documentation](self).
#[derive(Clone, Debug)]
pub struct Throttles {
    store: Arc<dyn ErasedThrottle>,
    index_key: IndexKey,
    clock: Arc<dyn Clock>,
    limits: Limits,
    on_outage: OnOutage,
    metrics: Metrics,
}

impl Throttles {
    /// Throttles with the default limits, which count in `store`. The clock is the keycard's, and so is the key under
    /// which the names of windows are derived: its index key.
    ///
    /// Servers that share the store and the index key share the limits, whatever cookie they use.
    pub fn new(keycard: &Keycard, store: impl Throttle) -> Self {
        let engine = &keycard.engine;
        let store = Arc::new(Measured::new(store, &engine.metrics));
        Self::over(store, &engine.index_key, &engine.clock, &engine.metrics)
    }

    pub(crate) fn over(
        store: Arc<dyn ErasedThrottle>,
        index_key: &IndexKey,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Self {
        Self {
            store,
            index_key: index_key.clone(),
            clock: Arc::clone(clock),
            limits: Limits::DEFAULT,
            on_outage: OnOutage::default(),
            metrics: metrics.clone(),
        }
    }

    /// Sets a limit, or with `None` takes it away.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// # use keycard::auth::throttle::{Limit, Scope, Throttles};
    /// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new())
    ///     .limit(Scope::SessionCreation, Limit::new(2, Duration::from_mins(1))?)
    ///     .limit(Scope::Account, None);
    /// throttles.session_creation(client).await?;
    /// throttles.session_creation(client).await?;
    /// assert_eq!(throttles.session_creation(client).await.unwrap_err().retry_after(), Some(60));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// The limit per account alone bounds a guesser with many addresses; and it lets one with many addresses keep the
    /// account's owner out. The default leaves both room.
    #[must_use]
    pub fn limit(mut self, scope: Scope, limit: impl Into<Option<Limit>>) -> Self {
        self.limits.set(scope, limit.into());
        self
    }

    /// What becomes of attempts while the store cannot count them. Default: [`OnOutage::Refuse`].
    #[must_use]
    pub fn on_outage(mut self, policy: OnOutage) -> Self {
        self.on_outage = policy;
        self
    }

    /// Reserves a login, or a re-authentication, to be called before the password is checked. Without a `client` (by a
    /// unix socket, say) all that have none count as one for the account, and there is no limit per client.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// # use keycard::auth::throttle::Throttles;
    /// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// let attempt = throttles.login("alice@example.com", client).await?;
    /// assert_eq!(attempt.left(), Some(4));
    /// attempt.succeeded().await;
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Throttled`](crate::ErrorKind::Throttled) when a window is full; [`Store`](crate::ErrorKind::Store) in an outage.
    ///
    /// # Security
    ///
    /// Give the account in the form by which it is looked up: if `Alice` and `alice` are one account, each spelling would
    /// have guesses of its own. Throttle accounts that do not exist too, or the answer tells which do. The client's
    /// address must not be what a header claims that anybody may send.
    pub async fn login(&self, account: &str, client: impl Into<Option<IpAddr>>) -> Result<Attempt, Error> {
        let client = client.into().map(network);
        self.attempt(Purpose::Login, &login(account, client.as_deref()))
            .await
    }

    /// Reserves a try of a further factor, to be called before the code is checked. `pending` is the
    /// [handle](crate::Session::handle) of the login that waits for it, or of the session in which its user proves it anew.
    ///
    /// ```
    #[doc = example!(session)]
    /// # use keycard::auth::throttle::Throttles;
    /// # session.login_with(LoginAs::user("carol").pending());
    /// # session.commit().await?;
    /// # let right = true;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// let (user, pending) = session.pending_user().zip(session.handle()).expect("a login that waits");
    /// let attempt = throttles.mfa(&user, pending).await?; // before the code is checked
    /// assert_eq!(attempt.left(), Some(4));
    /// if right {
    ///     session.prove(Factor::OTP)?;
    ///     attempt.succeeded().await;
    /// } else if attempt.left() == Some(0) {
    ///     session.logout(); // this was the last try
    /// }
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// As [`login`](Self::login).
    ///
    /// # Security
    ///
    /// The limit per user bounds who knows the password, however many pending logins they begin. While it is full, the
    /// user's own codes are refused, too.
    pub async fn mfa(&self, user: &UserId, pending: StoreKey) -> Result<Attempt, Error> {
        let (pending, user) = (pending.to_bytes(), user.as_str().as_bytes());
        self.attempt(
            Purpose::Mfa,
            &[(Scope::Mfa, vec![&pending]), (Scope::MfaOfUser, vec![user])],
        )
        .await
    }

    /// Counts a new session of a client; without one, nothing. It is never given back. A keycard that was
    /// [told to](crate::KeycardBuilder::limit_session_creation) calls this by itself.
    ///
    /// # Errors
    ///
    /// As [`login`](Self::login).
    pub async fn session_creation(&self, client: impl Into<Option<IpAddr>>) -> Result<(), Error> {
        let Some(client) = client.into().map(network) else {
            return Ok(());
        };
        self.attempt(
            Purpose::SessionCreation,
            &[(Scope::SessionCreation, vec![&client])],
        )
        .await
        .map(drop)
    }

    /// Whether this is the first time that a user takes this step for this purpose: a one-time code is accepted once
    /// (ASVS 5.0, 6.5.1; RFC 6238 §5.2). `memory` is for how long the step may come again, a second to 31 days: for a TOTP
    /// with steps of 30 seconds of which the neighbours are accepted too, 90 seconds.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// # use keycard::auth::throttle::Throttles;
    /// let throttles = Throttles::new(&keycard, MemoryStore::new());
    /// let (carol, step) = (UserId::from("carol"), 1_800_000_000 / 30);
    /// assert!(throttles.once(&carol, "totp", step, Duration::from_secs(90)).await?);
    /// assert!(!throttles.once(&carol, "totp", step, Duration::from_secs(90)).await?);
    /// assert!(throttles.once(&carol, "totp", step + 1, Duration::from_secs(90)).await?);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) in an outage, whatever [`OnOutage`] says: then nobody knows whether a code was used. If
    /// it was the answer that was lost, the step counts as taken.
    ///
    /// # Security
    ///
    /// Ask after the code was found to be right, and only then; a step that is asked for is taken.
    pub async fn once(
        &self,
        user: &UserId,
        purpose: &str,
        step: u64,
        memory: Duration,
    ) -> Result<bool, Error> {
        let parts = [user.as_str().as_bytes(), purpose.as_bytes(), &step.to_be_bytes()];
        let window = Window::new(key(&self.index_key, "once", &parts), Limit::once_in(memory));
        let reserved = self.store.reserve(&[window], self.clock.now()).await?;
        Ok(matches!(reserved, Reserved::Applied { .. }))
    }
}
