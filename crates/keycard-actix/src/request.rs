//! The sessions of a request, for middleware and for extractors of applications.

use std::future::Future;

use actix_web::dev::ServiceRequest;
use actix_web::{HttpMessage, HttpRequest};
use keycard::LazySessions;

use crate::error::Error;

/// What to add where it is missing.
const LAYER: &str = ".wrap(SessionMiddleware::new(keycard))";

/// The sessions of a request, for middleware and for extractors of your own.
///
/// ```
/// use actix_web::dev::Payload;
/// use actix_web::{FromRequest, HttpRequest};
/// use keycard_actix::{Error, SessionExt};
/// use std::future::Future;
/// use std::pin::Pin;
///
/// /// The session of the middleware whose cookie is named `__Host-admin`.
/// struct AdminSession(keycard::Session);
///
/// impl FromRequest for AdminSession {
///     type Error = Error;
///     type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;
///
///     fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
///         let session = request.session_named("__Host-admin");
///         Box::pin(async move { session.await.map(Self) })
///     }
/// }
/// ```
pub trait SessionExt {
    /// The sessions that the middlewares on the way put into the request; `None` if there was none.
    fn lazy_sessions(&self) -> Option<LazySessions>;

    /// The session of the innermost middleware, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session(&self) -> Result<keycard::LazySession, Error> {
        Ok(LazySessions::choose(self.lazy_sessions().as_ref(), None, LAYER)?)
    }

    /// The session whose cookie has this name, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session_named(&self, cookie_name: &str) -> Result<keycard::LazySession, Error> {
        Ok(LazySessions::choose(
            self.lazy_sessions().as_ref(),
            Some(cookie_name),
            LAYER,
        )?)
    }

    /// The session of the innermost middleware.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing), and the errors of [`load`](keycard::LazySession::load).
    fn session(&self) -> impl Future<Output = Result<keycard::Session, Error>> + Send + use<Self> {
        load(self.lazy_session())
    }

    /// The session whose cookie has this name.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing), and the errors of [`load`](keycard::LazySession::load).
    fn session_named(
        &self,
        cookie_name: &str,
    ) -> impl Future<Output = Result<keycard::Session, Error>> + Send + use<Self> {
        load(self.lazy_session_named(cookie_name))
    }
}

impl SessionExt for HttpRequest {
    fn lazy_sessions(&self) -> Option<LazySessions> {
        self.extensions().get().cloned()
    }
}

impl SessionExt for ServiceRequest {
    fn lazy_sessions(&self) -> Option<LazySessions> {
        self.extensions().get().cloned()
    }
}

async fn load(lazy: Result<keycard::LazySession, Error>) -> Result<keycard::Session, Error> {
    Ok(lazy?.load().await?)
}
