//! What each route does with the request's session. Changes are committed by the session layer when the action is over,
//! but where an action must know what came of them.

mod data;
mod login;
mod sessions;
mod tokens;

pub use self::data::{data, delete, increment, put, read, slow_set};
pub use self::login::{login, logout, me, reauthenticate, verify};
pub use self::sessions::{end, sessions, statistics};
pub use self::tokens::{api_me, issue, refresh, revoke};

#[cfg(test)]
mod tests;
