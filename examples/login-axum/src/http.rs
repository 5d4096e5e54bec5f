//! How the domain's failures and requests look in Axum.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use login_domain::{Failure, InvalidKey, input};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A [`Failure`] that handlers can pass on with `?`.
pub(crate) struct Failed(Failure);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
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

/// The variable part of a request's path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failed))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<PathRejection> for Failed {
    fn from(_: PathRejection) -> Self {
        Self(InvalidKey::NotText.into())
    }
}
