//! Who may enter, and who may try: guards over sessions, the application's user behind an id, and [`throttle`]s.
//!
#![doc = include_str!("../../docs/guards.md")]

mod extract;
mod middleware;

pub use keycard::auth::*;

pub use self::extract::{CurrentUser, Guarded, RequireUser};
pub use self::middleware::{GuardMiddleware, GuardService};
