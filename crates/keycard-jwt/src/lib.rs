//! Tokens for APIs that can be revoked, because a session stands behind them.
//!
//! A browser has a session, in a cookie that no script can read. A program that calls an API wants a token: this crate
//! issues one for a session (an access token of 15 minutes, as a JWT), verifies it, and renews it by a refresh token, which
//! is spent by its use. When the session ends, by a logout, from another device or by its time-out, its tokens are dead at
//! once; and when a stolen refresh token is used, the session ends. So the 7 days of a refresh token are the most that it
//! lives: by default a client must log in again after a pause of 30 minutes and after 24 hours in all, unless its login was
//! [remembered](keycard::LoginAs::remembered).
//!
//! ```
//! use keycard::store::memory::MemoryStore;
//! use keycard::{KeyRing, Keycard};
//! use keycard_jwt::{TokenErrorKind, TokenKeys, TokenSeal, Tokens};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (store, ring) = (MemoryStore::new(), KeyRing::random()); // or a store in Redis, and keys from the environment
//! let keys = TokenKeys::derived(&ring)?; // Ed25519; or keys of your own
//! let seal = TokenSeal::new(keys, "https://shop.example", "https://api.shop.example")?;
//! let (keycard, users) = Keycard::with_users(store.clone(), ring).build()?;
//! let tokens = Tokens::builder(&users, store, seal).build()?;
//!
//! let session = keycard.open([]).load().await?; // in a handler it is an argument
//! session.login("alice");
//! let pair = tokens.issue(&session).await?; // JSON for the client
//!
//! let access = tokens.verify(&pair.access).await?; // what the extractor does
//! assert_eq!(access.user().as_str(), "alice");
//! let pair = tokens.refresh(&pair.refresh).await?;
//!
//! session.logout();
//! session.commit().await?;
//! let error = tokens.verify(&pair.access).await.unwrap_err();
//! assert_eq!(error.kind(), TokenErrorKind::Revoked);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - When to use tokens, and when sessions: [`guide`].
//! - Issue, verify, refresh, revoke: [`Tokens`]; its settings: [`TokensBuilder`]; how tokens are revoked: [`Revocation`].
//! - What a handler gets: [`AccessToken`].
//! - Keys, their rotation, and the JWKS: [`TokenKey`], [`TokenKeys`], [`Jwks`].
//! - Signatures and claims alone, with the time as an argument: [`TokenSeal`].
//!
//! # In a handler
//!
//! The features `axum` and `actix` make extractors of [`AccessToken`], [`Claims`] and [`Authorized`], and responses of
//! [`TokenPair`], which no cache keeps, and of [`TokenError`], with `WWW-Authenticate` (RFC 6750); both in JSON. They find
//! the tokens where the application has put them: with Axum by `.layer(Extension(tokens))`, with Actix by
//! `.app_data(web::Data::new(tokens))`. On a route that has passed a session layer too, a bearer token that is a session's
//! id goes to that, and a JWT comes here: they are told apart by their form.
//!
//! # What holds
//!
//! - One key, one algorithm: which one verifies a token is the key's to say, and which key is that of the name in its
//!   header, among yours. There is no `none`; keys that a token brings (`jwk`, `jku`, `x5c`, `x5u`) are ignored.
//! - An access token is never accepted as a refresh token, nor the other way round: by the type in Rust, by `typ` in the
//!   header, and by `jti`.
//! - A token has one form: padding, stray bits, a name that stands twice, a fourth part or the JSON form are refused. Of an
//!   ES256 signature there are two that verify, so know a token by its `jti`, never by its text.
//! - No token is stored, logged or printed. What is stored are names, times and a family's place in its own history.
//! - A refresh token is used once. Again within the grace it gets the *same* successor, signed anew; after it, the family
//!   and its session end.

#[macro_use]
mod example;

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

#[doc = include_str!("../docs/tokens.md")]
pub mod guide {}

mod access;
mod builder;
mod claims;
mod compact;
mod erased;
mod error;
mod events;
mod extract;
mod holder;
mod jwks;
mod key;
mod keys;
mod pair;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod properties;
mod refresh;
mod revoke;
mod seal;
mod signed;
mod tokens;
mod transport;

pub use access::AccessToken;
pub use builder::{Revocation, TokensBuilder};
pub use claims::{Access, Kind, Refresh, TokenClaims};
pub use error::{TokenConfigError, TokenError, TokenErrorKind};
pub use extract::{Authorized, Claims};
pub use jwks::Jwks;
pub use key::{Algorithm, TokenKey};
pub use keys::TokenKeys;
pub use pair::TokenPair;
pub use seal::TokenSeal;
pub use signed::Signed;
pub use tokens::Tokens;
