//! How the domain's failures and requests look in Axum.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use login_domain::{Failure, input};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A [`Failure`] that handlers can pass on with `?`.
pub(crate) struct Failed(Failure);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.0.retry_after();
        let mut response = (status, Json(self.0)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

/// Renders what went wrong with a session outside of the handlers.
pub(crate) fn session_error(error: &keycard::Error) -> Response {
    Failed(error.into()).into_response()
}

pub(crate) async fn not_found() -> Failed {
    Failed(Failure::not_found())
}

pub(crate) async fn method_not_allowed() -> Failed {
    Failed(Failure::method_not_allowed())
}

/// JSON as the body of a request or a response.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| input::unreadable_body())?;
        let content_type = content_type.as_ref().map(HeaderValue::as_bytes);
        Ok(Self(input::json(content_type, &body)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query of a request.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        Ok(Self(input::query(parts.uri.query())?))
    }
}

/// The variable part of a request's path, with U+FFFD for one that is not UTF-8.
pub(crate) struct Path(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        Ok(Self(path.map_or_else(
            |_| char::REPLACEMENT_CHARACTER.into(),
            |path| path.0,
        )))
    }
}
