//! Framework-agnostic sessions.

pub mod store;

mod arrival;
mod clock;
mod closing;
mod config;
mod cookie;
mod engine;
mod error;
mod events;
mod id;
mod intent;
mod key;
mod lazy;
mod policy;
mod queue;
mod record;
mod seal;
mod session;
mod value;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use closing::{Closing, ResponseHeaders};
pub use config::{ConfigError, KeycardBuilder};
pub use cookie::{CookieSpec, CookieSpecBuilder, SameSite};
pub use engine::Keycard;
pub use error::{Error, ErrorKind, StoreError, StoreErrorKind};
pub use id::{DeviceDigest, ParseKeyError, Revision, RoutingTag, StoreKey, UserKey};
pub use key::{Key, Named, UserId};
pub use lazy::{LazySession, LazySessions};
pub use policy::{Lifetimes, Outcome};
pub use seal::{IndexKey, KeyRing};
pub use session::{LoginAs, Session};
