//! Extractors: the session of a request, loaded or not.

use std::future::Future;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::Extensions;
use http::request::{Parts, Request};
use keycard::LazySessions;

use crate::error::Error;

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
        let sessions = self.lazy_sessions();
        let lazy = sessions.and_then(LazySessions::innermost).cloned();
        lazy.ok_or_else(|| keycard::Error::layer_missing(".layer(SessionLayer::new(keycard))").into())
    }

    /// The session whose cookie has this name, not loaded.
    ///
    /// # Errors
    ///
    /// [`LayerMissing`](keycard::ErrorKind::LayerMissing).
    fn lazy_session_named(&self, cookie_name: &str) -> Result<keycard::LazySession, Error> {
        let sessions = self.lazy_sessions();
        let lazy = sessions.and_then(|sessions| sessions.named(cookie_name)).cloned();
        lazy.ok_or_else(|| {
            let layer = format!(".layer(SessionLayer::new(keycard)), with the cookie {cookie_name:?},");
            keycard::Error::layer_missing(&layer).into()
        })
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

macro_rules! newtype {
    ($name:ident) => {
        impl $name {
            /// The core's handle, which names no framework.
            #[must_use]
            pub fn into_inner(self) -> keycard::$name {
                self.0
            }
        }

        impl Deref for $name {
            type Target = keycard::$name;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl From<keycard::$name> for $name {
            fn from(inner: keycard::$name) -> Self {
                Self(inner)
            }
        }

        impl From<$name> for keycard::$name {
            fn from(outer: $name) -> Self {
                outer.0
            }
        }
    };
}

newtype!(Session);
newtype!(LazySession);
