//! What the login examples share: users, requests, answers, and the actions between them.
//!
//! Nothing in here knows a web framework. `login-axum` and `login-actix` turn HTTP into calls of [`actions`] and what
//! those answer into HTTP, and that is all they do: each action is handed the request's [`keycard::Session`].

pub mod actions;
pub mod input;

mod accounts;
mod answers;
mod app;
mod data_key;
mod device;
mod failure;
mod requests;
mod second_factor;
mod settings;
mod start;

pub use accounts::{Accounts, Password, PasswordError, User};
pub use answers::{
    Ended, Entries, Entry, JWKS_CACHE, LoggedIn, LoginAnswer, Me, SessionList, SlowlySet, Statistics,
};
pub use app::{Admin, App};
pub use data_key::{DataKey, InvalidKey};
pub use failure::Failure;
pub use requests::{
    BODY_LIMIT, Delay, Increment, InvalidDelay, Login, Put, Reauthenticate, RefreshTokens, RevokeToken,
    SlowSet, Verify,
};
pub use second_factor::SecondFactor;
pub use settings::{Settings, SettingsError};
pub use start::{StopSignal, start, start_with};
