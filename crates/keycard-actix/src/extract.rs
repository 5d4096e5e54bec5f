//! Extractors: the session of a request, loaded or not.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::error::Error;
use crate::request::SessionExt;

/// The session of the request, loaded: the extractor costs one round trip to the store at its first use in a request
/// that has a cookie of ours, and none otherwise. It dereferences to [`keycard::Session`].
///
/// Rejected with 503 if the store cannot be asked, and with 500 on a route without [`SessionMiddleware`](crate::SessionMiddleware).
///
/// ```
/// use keycard_actix::{Error, Session};
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
/// Rejected with 500 on a route without [`SessionMiddleware`](crate::SessionMiddleware).
///
/// ```
/// use keycard_actix::{Error, LazySession};
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

impl FromRequest for Session {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.session();
        Box::pin(async move { session.await.map(Self) })
    }
}

impl FromRequest for LazySession {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.lazy_session().map(Self))
    }
}

keycard::newtype!(Session);
keycard::newtype!(LazySession);
