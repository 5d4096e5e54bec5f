//! Why a request is not answered as it asked: a status and a reason for the client.

use std::borrow::Cow;
use std::fmt;

use keycard::ErrorKind;
use serde::Serialize;

use crate::accounts::PasswordError;
use crate::data_key::InvalidKey;

/// A status, and the body `{"error": "<reason>"}` as which this serialises.
///
/// ```
/// use login_domain::Failure;
///
/// let failure = Failure::bad_request("the key is empty");
/// assert_eq!(failure.status(), 400);
/// assert_eq!(serde_json::to_string(&failure)?, r#"{"error":"the key is empty"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    #[serde(skip)]
    status: u16,
    #[serde(skip)]
    retry_after: Option<u64>,
    error: Cow<'static, str>,
}

impl Failure {
    /// 400: what was sent cannot be understood, or asks for what cannot be done.
    #[must_use]
    pub fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, reason)
    }

    /// 401: nobody is logged in, or the login failed.
    #[must_use]
    pub fn unauthorized(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(401, reason)
    }

    /// 401: nobody is logged in.
    #[must_use]
    pub fn nobody() -> Self {
        Self::unauthorized("nobody is logged in")
    }

    /// What a request is answered with whose session another one has ended meanwhile: what it would be answered with a
    /// moment later.
    pub(crate) fn if_ended(error: &keycard::Error, later: Self) -> Self {
        if error.kind() == ErrorKind::Ended {
            later
        } else {
            error.into()
        }
    }

    /// 404: there is nothing here.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "not found")
    }

    /// 405: the route has no such method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method not allowed")
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The seconds of the header `Retry-After`, where there is to be one.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    fn new(status: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            retry_after: None,
            error: reason.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for Failure {}

/// Clients may have brought about that a value does not fit; they are told. Of all else they need to know the status.
impl From<&keycard::Error> for Failure {
    fn from(error: &keycard::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::TypeMismatch => {
                return Self::bad_request("the value under this key is not an integer");
            }
            ErrorKind::InvalidInput => return Self::bad_request(error.to_string()),
            ErrorKind::OutOfRange => return Self::bad_request("the sum is out of range"),
            ErrorKind::TooLarge => return Self::bad_request("the session would be larger than 64 KiB"),
            ErrorKind::Ended => "the session has ended",
            ErrorKind::Unauthenticated => "nobody is logged in",
            ErrorKind::Forbidden => "this is not allowed",
            ErrorKind::StepUp => "a further factor is needed",
            ErrorKind::SessionLimit => "this user has as many sessions as they may have",
            ErrorKind::Throttled { .. } => "too many attempts",
            ErrorKind::Store | ErrorKind::NewerVersion | ErrorKind::Contended | ErrorKind::UserLoader => {
                "sessions are not available at the moment"
            }
            ErrorKind::Closed | ErrorKind::Encode | ErrorKind::LayerMissing | _ => "internal error",
        };
        Self {
            retry_after: error.retry_after(),
            ..Self::new(error.status(), reason)
        }
    }
}

impl From<keycard::Error> for Failure {
    fn from(error: keycard::Error) -> Self {
        Self::from(&error)
    }
}

impl From<InvalidKey> for Failure {
    fn from(error: InvalidKey) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<PasswordError> for Failure {
    fn from(_: PasswordError) -> Self {
        Self::new(500, "internal error")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keycard::StoreError;

    #[test]
    fn a_store_that_is_down_is_503_and_tells_no_details() {
        let failure = Failure::from(keycard::Error::from(StoreError::unavailable(
            "redis.internal:6379 is down",
        )));
        assert_eq!(failure.status(), 503);
        assert!(!failure.error.contains("redis"));
    }
}
