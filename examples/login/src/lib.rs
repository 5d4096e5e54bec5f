//! What the login examples share: users, requests, answers, and the actions between them.
//!
//! Nothing in here knows a web framework. `login-axum` and `login-actix` turn HTTP into calls of [`actions`] and what
//! those answer into HTTP, and that is all they do: each action is handed the request's [`keycard::Session`].

pub mod actions;
pub mod input;

mod answers;
mod data_key;
mod failure;
mod requests;
mod settings;
mod start;
mod users;

pub use answers::{Entries, Entry, LoggedIn, Me, SlowlySet};
pub use data_key::{DataKey, InvalidKey};
pub use failure::Failure;
pub use requests::{BODY_LIMIT, Delay, Increment, InvalidDelay, Login, Put, SlowSet};
pub use settings::{Settings, SettingsError};
pub use start::{StopSignal, start, start_with};
pub use users::{Password, PasswordError, User, Users};
