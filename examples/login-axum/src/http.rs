//! How the domain's failures and requests look in Axum.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use login_domain::Failure;
use serde::Serialize;

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

/// JSON as the body of a request or a response; what cannot be read is a bad request with the reason.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Failed))]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query of a request, likewise.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Failed))]
pub(crate) struct Query<T>(pub(crate) T);

/// The variable part of a request's path, likewise.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failed))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<JsonRejection> for Failed {
    fn from(rejection: JsonRejection) -> Self {
        Self(Failure::bad_request(rejection.body_text()))
    }
}

impl From<QueryRejection> for Failed {
    fn from(rejection: QueryRejection) -> Self {
        Self(Failure::bad_request(rejection.body_text()))
    }
}

impl From<PathRejection> for Failed {
    fn from(rejection: PathRejection) -> Self {
        Self(Failure::bad_request(rejection.body_text()))
    }
}
