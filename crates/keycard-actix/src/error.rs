//! An error of the core as a response.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

/// A [`keycard::Error`] that handlers can pass on with `?`: it is answered with its
/// [`status`](keycard::Error::status) and [`body`](keycard::Error::body), which is empty but for who is kept out by a
/// [guard](crate::auth), or with what
/// [`SessionMiddleware::render_errors`](crate::SessionMiddleware::render_errors) makes of it.
///
/// An attempt that was [throttled](keycard::auth::throttle) is answered with `Retry-After` too:
///
/// ```
/// use actix_web::ResponseError;
/// use keycard_actix::auth::throttle::{Limit, Scope, Throttles};
/// use keycard_actix::store::memory::MemoryStore;
/// use keycard_actix::{Error, KeyRing, Keycard};
/// use std::{net::IpAddr, time::Duration};
///
/// async fn log_in(throttles: &Throttles, client: IpAddr) -> Result<&'static str, Error> {
///     let attempt = throttles.login("alice@example.com", client).await?;
///     // … the password is checked here, and was right:
///     attempt.succeeded().await;
///     Ok("welcome")
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// let throttles = Throttles::new(&keycard, MemoryStore::new())
///     .limit(Scope::Account, Limit::new(1, Duration::from_mins(1))?);
/// let client = IpAddr::from([192, 0, 2, 7]);
/// let wrong_password = throttles.login("alice@example.com", client).await?;
/// drop(wrong_password);
///
/// let response = log_in(&throttles, client).await.unwrap_err().error_response();
/// assert_eq!((response.status().as_u16(), response.headers().get("retry-after")), (429, Some(&"60".parse()?)));
/// # Ok(())
/// # }
/// ```
///
/// Only a missing middleware is always answered with its message, for it is met on a developer's desk.
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
        if let Some(seconds) = self.retry_after() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        match self.body() {
            Some((content_type, body)) => response.insert_header((CONTENT_TYPE, content_type)).body(body),
            None => response.finish(),
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
