//! Test doubles: a store that fails, waits and loses answers by script, and a login without a login page.
//!
#![doc = include_str!("../docs/testing.md")]

mod gate;
pub(crate) mod headers;
mod login;
mod script;
mod scripted;

pub use keycard::{ManualClock, Timestamp};

pub use self::gate::Held;
pub use self::login::log_in_as;
pub use self::script::Verb;
pub use self::scripted::ScriptedStore;
