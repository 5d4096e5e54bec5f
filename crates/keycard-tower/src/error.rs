//! An error of the core as a response.

use std::fmt;

use axum_core::response::{IntoResponse, Response};

use crate::render::answer;

/// A [`keycard::Error`] that handlers can pass on with `?`: it is answered with its
/// [`status`](keycard::Error::status) and [`body`](keycard::Error::body), which is empty but for who is kept out by a
/// [guard](crate::auth), or with what [`SessionLayer::render_errors`](crate::SessionLayer::render_errors) makes of it.
///
/// An attempt that was [throttled](keycard::auth::throttle) is answered with `Retry-After` too:
///
/// ```
/// use axum::response::IntoResponse;
/// use keycard_tower::auth::throttle::{Limit, Scope, Throttles};
/// use keycard_tower::store::memory::MemoryStore;
/// use keycard_tower::{Error, KeyRing, Keycard};
/// use std::{net::IpAddr, time::Duration};
///
/// async fn log_in(throttles: &Throttles, client: IpAddr) -> Result<&'static str, Error> {
///     let attempt = throttles.login("alice@example.com", client).await?;
///     // … the password is checked here, and was right:
///     attempt.succeeded().await;
///     Ok("welcome")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// let throttles = Throttles::new(&keycard, MemoryStore::new())
///     .limit(Scope::Account, Limit::new(1, Duration::from_mins(1))?);
/// let client = IpAddr::from([192, 0, 2, 7]);
/// let wrong_password = throttles.login("alice@example.com", client).await?;
/// drop(wrong_password);
///
/// let response = log_in(&throttles, client).await.into_response();
/// assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"60".parse()?));
/// # Ok(())
/// # }
/// ```
///
/// Only a missing layer is always answered with its message, for it is met on a developer's desk.
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
        answer(&self.0)
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
