//! The sessions of a request, for middleware and for extractors of applications.

use std::future::Future;

use actix_web::dev::ServiceRequest;
use actix_web::{HttpMessage, HttpRequest};
use keycard::LazySessions;

use crate::error::Error;

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
        let sessions = self.lazy_sessions();
        let lazy = sessions.as_ref().and_then(LazySessions::innermost).cloned();
        lazy.ok_or_else(|| keycard::Error::layer_missing(".wrap(SessionMiddleware::new(keycard))").into())
    }

    /// The session whose cookie has this name, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session_named(&self, cookie_name: &str) -> Result<keycard::LazySession, Error> {
        let sessions = self.lazy_sessions();
        let lazy = sessions
            .as_ref()
            .and_then(|sessions| sessions.named(cookie_name))
            .cloned();
        lazy.ok_or_else(|| {
            let layer = format!(".wrap(SessionMiddleware::new(keycard)), with the cookie {cookie_name:?},");
            keycard::Error::layer_missing(&layer).into()
        })
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
