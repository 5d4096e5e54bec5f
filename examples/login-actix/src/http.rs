//! How the domain's failures and requests look in Actix.

use std::fmt;

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::middleware::ErrorHandlerResponse;
use actix_web::web::{JsonConfig, PathConfig, QueryConfig};
use actix_web::{HttpResponse, ResponseError};
use login_domain::{BODY_LIMIT, Failure};

/// A [`Failure`] that handlers can pass on with `?`.
#[derive(Debug)]
pub(crate) struct Failed(Failure);

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(&self.0)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

/// Renders what went wrong with a session outside of the handlers.
pub(crate) fn session_error(error: &keycard::Error) -> HttpResponse {
    Failed(error.into()).error_response()
}

pub(crate) async fn not_found() -> HttpResponse {
    Failed(Failure::not_found()).error_response()
}

/// Actix's own answer to a wrong method says which are allowed; it gets a body like all others.
#[expect(clippy::unnecessary_wraps, reason = "what `ErrorHandlers` takes")]
pub(crate) fn method_not_allowed<B>(
    answer: ServiceResponse<B>,
) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let mut response = Failed(Failure::method_not_allowed()).error_response();
    for methods in answer.headers().get_all(ALLOW) {
        response.headers_mut().append(ALLOW, methods.clone());
    }
    let answer = answer.into_response(response);
    Ok(ErrorHandlerResponse::Response(answer.map_into_right_body()))
}

/// The body of a request, as JSON; what cannot be read is a bad request with the reason.
pub(crate) fn json() -> JsonConfig {
    JsonConfig::default()
        .limit(BODY_LIMIT)
        .error_handler(|error, _| bad_request(&error))
}

/// The query of a request, likewise.
pub(crate) fn query() -> QueryConfig {
    QueryConfig::default().error_handler(|error, _| bad_request(&error))
}

/// The variable part of a request's path, likewise.
pub(crate) fn path() -> PathConfig {
    PathConfig::default().error_handler(|error, _| bad_request(&error))
}

fn bad_request(error: &impl fmt::Display) -> actix_web::Error {
    Failed(Failure::bad_request(error.to_string())).into()
}
