//! Framework-agnostic sessions.

pub mod store;

mod clock;
mod error;
mod id;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use error::{Error, ErrorKind, StoreError, StoreErrorKind};
pub use id::{DeviceDigest, ParseKeyError, Revision, RoutingTag, StoreKey, UserKey};
