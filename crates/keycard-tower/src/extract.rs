//! Extractors: the session of a request, loaded or not.

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::error::Error;
use crate::request::SessionExt;

/// The session of the request, loaded: the extractor costs one round trip to the store at its first use in a request
/// that has a cookie of ours, and none otherwise. It dereferences to [`keycard::Session`].
///
/// Rejected with 503 if the store cannot be asked, and with 500 on a route without [`SessionLayer`](crate::SessionLayer).
///
/// ```
/// use keycard_tower::{Error, Session};
///
/// async fn log_out(Session(session): Session) -> Result<&'static str, Error> {
///     session.logout();
///     Ok("goodbye")
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct Session(pub keycard::Session);

/// The session of the request, not loaded: the extractor costs nothing, [`load`](keycard::LazySession::load) one round
/// trip. It dereferences to [`keycard::LazySession`].
///
/// Rejected with 500 on a route without [`SessionLayer`](crate::SessionLayer).
///
/// ```
/// use keycard_tower::{Error, LazySession};
///
/// async fn price(lazy: LazySession) -> Result<String, Error> {
///     let member = lazy.load().await?.user().is_some();
///     Ok(if member { "9.00" } else { "10.00" }.to_owned())
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct LazySession(pub keycard::LazySession);

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.session().await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LazySession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.lazy_session().map(Self)
    }
}

keycard::newtype!(Session);
keycard::newtype!(LazySession);
