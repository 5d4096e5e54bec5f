//! Cookies: which attributes they have, how they are read from a request and written to a response.

mod check;
pub(crate) mod read;
mod spec;
mod visitor;
pub(crate) mod write;

pub use self::spec::{CookieSpec, CookieSpecBuilder, SameSite};
