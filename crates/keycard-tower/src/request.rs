//! The sessions of a request, for middleware and for extractors of applications.

use std::future::Future;

use http::Extensions;
use http::request::{Parts, Request};
use keycard::LazySessions;

use crate::error::Error;

/// What to add where it is missing.
const LAYER: &str = ".layer(SessionLayer::new(keycard))";

/// The sessions of a request, for middleware and for extractors of your own.
///
/// ```
/// use axum::extract::FromRequestParts;
/// use axum::http::request::Parts;
/// use keycard_tower::{Error, SessionExt};
///
/// /// The session of the layer whose cookie is named `__Host-admin`.
/// struct AdminSession(keycard::Session);
///
/// impl<S: Send + Sync> FromRequestParts<S> for AdminSession {
///     type Rejection = Error;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
///         parts.session_named("__Host-admin").await.map(Self)
///     }
/// }
/// ```
pub trait SessionExt {
    /// The sessions that the layers on the way put into the request; `None` if there was no layer.
    fn lazy_sessions(&self) -> Option<&LazySessions>;

    /// The session of the innermost layer, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session(&self) -> Result<keycard::LazySession, Error> {
        Ok(LazySessions::choose(self.lazy_sessions(), None, LAYER)?)
    }

    /// The session whose cookie has this name, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session_named(&self, cookie_name: &str) -> Result<keycard::LazySession, Error> {
        Ok(LazySessions::choose(
            self.lazy_sessions(),
            Some(cookie_name),
            LAYER,
        )?)
    }

    /// The session of the innermost layer.
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

impl SessionExt for Extensions {
    fn lazy_sessions(&self) -> Option<&LazySessions> {
        self.get()
    }
}

impl SessionExt for Parts {
    fn lazy_sessions(&self) -> Option<&LazySessions> {
        self.extensions.get()
    }
}

impl<B> SessionExt for Request<B> {
    fn lazy_sessions(&self) -> Option<&LazySessions> {
        self.extensions().get()
    }
}

async fn load(lazy: Result<keycard::LazySession, Error>) -> Result<keycard::Session, Error> {
    Ok(lazy?.load().await?)
}
