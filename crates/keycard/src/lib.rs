//! Sessions for Rust web services, without a framework and without a store: the core of Keycard.
//!
//! Applications use it through an adapter: `keycard-tower` for Axum and any Tower stack, `keycard-actix` for Actix. This
//! crate holds everything that the two have in common, which is all but the translation of HTTP types.
//!
//! # The walk
//!
//! ```text
//! request ─ cookie/read ─ seal ─ id ──► LazySession in the request's extensions (no store call yet)
//!                                        │  extractor / .load().await: one store round trip
//!                                        ▼
//!                                     Session: get / insert / remove / login / logout …  (sync, on a local view)
//!                                        │  intent: the changes, replayable on a newer record
//!                                        ▼
//! response ◄ cookie/write ◄ engine.close ◄ policy.decide(arrival, intent, outcome, now) ─► one store round trip, or none
//! ```
//!
//! # A request by hand
//!
//! This is what an adapter does around a handler:
//!
//! ```
//! use keycard::store::memory::MemoryStore;
//! use keycard::{Key, KeyRing, Keycard, Outcome};
//!
//! const VISITS: Key<i64> = Key::new("visits");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
//!
//! let lazy = keycard.open([&b"theme=dark"[..]]); // the values of the request's Cookie headers
//! let session = lazy.load().await?; // what an extractor does
//! session.insert(VISITS, &1)?; // what a handler does
//! session.login("alice");
//! let closing = keycard.close(&lazy, Outcome::of_status(200)).await;
//! assert!(closing.error().is_none()); // committed; `closing.apply` writes the headers
//! assert_eq!(session.user().unwrap().as_str(), "alice");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - Pages on how to do things, each with an example: [`guide`].
//! - What a handler does with a session: [`Session`], and how a user logs in: [`LoginAs`].
//! - Every setting, with its default: [`KeycardBuilder`], [`CookieSpec`], [`Lifetimes`]; keys: [`KeyRing`], [`IndexKey`].
//! - What can go wrong, and the status that it becomes: [`ErrorKind`].
//! - Who may enter: [`auth::Guard`]; from a user's id to the application's user: [`auth::UserLoader`].
//! - Which requests another site may have made: [`CsrfRefusal`], [the page](guide::csrf); messages for the next page: [`Flash`].
//! - Sessions in memory: [`store::memory`]; what any other place must promise: [`store`].
//! - How often somebody may try to log in: [`auth::throttle`].
//! - Time in tests: [`ManualClock`].
//! - Ids in headers, for clients that keep no cookies: [`Transport`].
//! - Who the client of a request is: [`Client`], and behind proxies [`TrustedProxies`].
//! - What becomes of a session that is used from elsewhere: [`Drift`].
//! - For adapters: [`Keycard::open_request`], [`LazySession::check_csrf`], [`Keycard::close`], [`LazySessions`], [`Closing`].
//!
//! The core starts no runtime. Where commits of one session contend in a process it needs tokio's, with its timer, as
//! `#[tokio::main]` and `#[actix_web::main]` start it.
//!
//! # What holds
//!
//! - A session that ended never comes back: a write lands only on a record that still exists.
//! - A login, a step-up and [`Session::rotate`] give a new id; the old one is dead no later than the new one is handed out.
//! - Requests that write different keys both land. [`Session::update`], [`increment`](Session::increment) and
//!   [`consume`](Session::consume) are atomic per key.
//! - Idle time rolls under an absolute deadline that only an authentication sets.
//! - A store error is never taken for "no session": it is a 503, and the cookie stays.
//! - A request that does not use the session costs no store command, nor does one with a forged cookie.
//! - The store holds no secret that opens a session; no type prints one.

#[macro_use]
mod example;
#[macro_use]
mod newtype;

pub mod auth;
pub mod guide;
pub mod store;

mod arrival;
mod clock;
mod closing;
mod config;
mod cookie;
mod csrf;
mod device;
mod engine;
mod error;
mod events;
mod factor;
mod flash;
mod id;
mod intent;
mod key;
mod keycard;
mod lazy;
mod metrics;
mod observer;
mod policy;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod properties;
mod queue;
mod record;
mod request;
mod seal;
mod session;
mod statistics;
mod transport;
mod users;
mod value;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use closing::{Closing, Closings, ResponseHeaders};
pub use config::{ConfigError, KeycardBuilder, WithUsers};
pub use cookie::{CookieSpec, CookieSpecBuilder, SameSite};
pub use csrf::{CsrfForm, CsrfPolicy, CsrfRefusal, CsrfRequest, CsrfToken};
pub use device::Device;
pub use error::{Error, ErrorKind, StoreError, StoreErrorKind};
pub use factor::Factor;
pub use flash::{Flash, FlashLevel};
pub use id::{
    DeviceDigest, ParseKeyError, ParseTokenIdError, Revision, RoutingTag, StoreKey, TokenId, UserKey,
};
pub use key::{Key, Named, UserId};
pub use keycard::Keycard;
pub use lazy::{LazySession, LazySessions, RequestGuard};
pub use observer::{Event, EventKind, Observer, Suspicion};
pub use policy::{Assurance, Drift, Lifetimes, OutagePolicy, Outcome};
pub use request::{
    Client, ClientAddress, Fingerprint, IpPrecision, IpPrefix, RequestHeaders, TrustedProxies,
};
pub use seal::{IndexKey, KeyRing};
pub use session::{LoginAs, Session};
pub use statistics::SessionStatistics;
pub use transport::Transport;
pub use users::{ListedSession, PastEvent, UserSessions, Users};
