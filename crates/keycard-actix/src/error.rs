//! An error of the core as a response.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, ResponseError};
use keycard::ErrorKind;

/// A [`keycard::Error`] that handlers can pass on with `?`: it is answered with its
/// [`status`](keycard::Error::status) and an empty body, or with what
/// [`SessionMiddleware::render_errors`](crate::SessionMiddleware::render_errors) makes of it.
///
/// Only a missing middleware is answered with its message, for it is met on a developer's desk.
///
/// ```
/// use keycard_actix::{Error, Session};
///
/// async fn visits(session: Session) -> Result<String, Error> {
///     Ok(session.increment("visits", 1).await?.to_string())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Error(keycard::Error);

keycard::newtype!(Error);

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        if self.kind() == ErrorKind::LayerMissing {
            response
                .insert_header(ContentType::plaintext())
                .body(self.to_string())
        } else {
            response.finish()
        }
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
