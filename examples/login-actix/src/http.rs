//! How the domain's failures and requests look in Actix.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::{Payload, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use actix_web::middleware::ErrorHandlerResponse;
use actix_web::web::{Bytes, PayloadConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use login_domain::{BODY_LIMIT, Failure, input};
use serde::de::DeserializeOwned;

/// A [`Failure`] that handlers can pass on with `?`.
#[derive(Debug)]
pub(crate) struct Failed(Failure);

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.0.retry_after() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(&self.0)
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
    let allowed = answer
        .headers()
        .get(ALLOW)
        .and_then(|methods| methods.to_str().ok());
    if let Some(Ok(allowed)) = allowed.map(|methods| methods.replace(", ", ",").parse()) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    let answer = answer.into_response(response);
    Ok(ErrorHandlerResponse::Response(answer.map_into_right_body()))
}

/// The body of a request, as JSON. Handlers take `Result<Body<_>, Failed>`: Actix runs extractors at the same time, and
/// one that fails would end that of the session halfway.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failed>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = body.await.map_err(|_| input::unreadable_body())?;
            let content_type = content_type.as_ref().map(HeaderValue::as_bytes);
            Ok(Self(input::json(content_type, &body)?))
        })
    }
}

/// The query of a request, likewise.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Failed;
    type Future = Ready<Result<Self, Failed>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(input::query(request.uri().query()).map(Self).map_err(Failed))
    }
}

/// How long a body may be.
pub(crate) fn payload() -> PayloadConfig {
    PayloadConfig::new(BODY_LIMIT)
}
