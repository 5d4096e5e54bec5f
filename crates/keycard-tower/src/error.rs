//! An error of the core as a response.

use std::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use keycard::ErrorKind;

use crate::render::{EmptyBody, Failure, RenderError};

/// A [`keycard::Error`] that handlers can pass on with `?`: it is answered with its
/// [`status`](keycard::Error::status) and an empty body, or with what
/// [`SessionLayer::render_errors`](crate::SessionLayer::render_errors) makes of it.
///
/// Only a missing layer is answered with its message, for it is met on a developer's desk.
///
/// ```
/// use keycard_tower::{Error, Session};
///
/// async fn visits(session: Session) -> Result<String, Error> {
///     Ok(session.increment("visits", 1).await?.to_string())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Error(keycard::Error);

keycard::newtype!(Error);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response: Response = EmptyBody.render(&self);
        if self.kind() == ErrorKind::LayerMissing {
            response.extensions_mut().remove::<Failure>();
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, text);
            *response.body_mut() = Body::from(self.to_string());
        }
        response
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
