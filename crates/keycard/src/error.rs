//! What can go wrong at run time. Mistakes of configuration are [`ConfigError`](crate::ConfigError)s, found at start-up.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// An error of a session operation. Cheap to clone; `source()` leads to the cause.
///
/// Adapters answer it with [`status`](Error::status) and [`body`](Error::body): its text is for logs, not for clients.
///
/// ```
/// use keycard::{Error, ErrorKind, StoreError};
///
/// let error = Error::from(StoreError::timeout("no answer within 1s"));
/// assert_eq!(error.kind(), ErrorKind::Store);
/// assert_eq!(error.status(), 503);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Repr>);

struct Repr {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of thing went wrong, for `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store could not be asked, or its answer was lost: whether a write landed is unknown. 503.
    Store,
    /// The record was written by a newer version of Keycard; this server leaves it alone. 503.
    NewerVersion,
    /// Other requests kept changing the session until the [deadline](crate::KeycardBuilder::commit_deadline). 503.
    Contended,
    /// The session has ended, here or on another server. 409.
    Ended,
    /// The user has as many sessions as they may have, and the [limit](crate::store::SessionLimit) refuses another. 409.
    SessionLimit,
    /// Nobody is logged in, nor about to be. 401.
    Unauthenticated,
    /// The user may not do this: a [guard](crate::auth::Guard) keeps them out. 403.
    Forbidden,
    /// The user must prove a factor first, or anew: [`denied`](Error::denied) says which. 403.
    StepUp,
    /// The application's [`UserLoader`](crate::auth::UserLoader) failed. 503.
    UserLoader,
    /// A page of another site may have made the request, or its token is not valid:
    /// [`csrf_refusal`](Error::csrf_refusal) says which. 403.
    Csrf,
    /// The body of a form is larger than what is read of it to find its CSRF token. 413.
    BodyTooLarge,
    /// A text that came from outside is empty, too long, or holds what it must not. 400.
    InvalidInput,
    /// There were too many attempts. 429, with `Retry-After`.
    Throttled {
        /// After how many seconds, at least 1, another attempt may be made.
        retry_after: u64,
    },
    /// The response has begun, so a cookie can no longer be sent. 500.
    Closed,
    /// A stored value is not of the type that was asked for. 500.
    TypeMismatch,
    /// A value cannot be encoded. 500.
    Encode,
    /// A number left the range of its type. 500.
    OutOfRange,
    /// The session would be larger than a record may be. 500.
    TooLarge,
    /// The request did not pass a session layer or the check against forgery, or there is no loader of users on its way. 500.
    LayerMissing,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Repr {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    pub(crate) fn caused_by(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Repr {
            kind,
            message: message.into(),
            source: Some(source.into()),
        }))
    }

    pub(crate) fn ended() -> Self {
        Self::new(ErrorKind::Ended, "the session has ended")
    }

    pub(crate) fn throttled(retry_after: u64) -> Self {
        Self::new(
            ErrorKind::Throttled { retry_after },
            format!("too many attempts: another one may be made in {retry_after} s"),
        )
    }

    /// The error of an extractor on a route that no session layer wraps, or none of this cookie; `layer` is what to add.
    pub(crate) fn layer_missing(layer: &str, cookie_name: Option<&str>) -> Self {
        let cookie = cookie_name.map_or_else(String::new, |name| format!(", with the cookie {name:?},"));
        Self::new(
            ErrorKind::LayerMissing,
            format!("no session layer on this route: add `{layer}`{cookie} outside of it"),
        )
    }

    /// The error of an extractor of users where no loader is; `layer` is what to add.
    pub(crate) fn loader_missing(layer: &str) -> Self {
        Self::new(
            ErrorKind::LayerMissing,
            format!("no loader of users on this route: add `{layer}`"),
        )
    }

    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status that an adapter answers with when a handler passes the error on.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.0.kind {
            ErrorKind::Store | ErrorKind::NewerVersion | ErrorKind::Contended | ErrorKind::UserLoader => 503,
            ErrorKind::Ended | ErrorKind::SessionLimit => 409,
            ErrorKind::Unauthenticated => 401,
            ErrorKind::Forbidden | ErrorKind::StepUp | ErrorKind::Csrf => 403,
            ErrorKind::BodyTooLarge => 413,
            ErrorKind::InvalidInput => 400,
            ErrorKind::Throttled { .. } => 429,
            ErrorKind::Closed
            | ErrorKind::TypeMismatch
            | ErrorKind::Encode
            | ErrorKind::OutOfRange
            | ErrorKind::TooLarge
            | ErrorKind::LayerMissing => 500,
        }
    }

    /// The content type and the text of the body that adapters answer with by default: of whom a guard or the check against
    /// forgery keeps out, and of what is met on a developer's desk. `None` for an empty body.
    ///
    /// ```
    /// use keycard::{Error, StoreError, auth::Decision};
    ///
    /// let denied = Decision::Unauthenticated.into_result().unwrap_err();
    /// let json = r#"{"error":"nobody is logged in"}"#.to_owned();
    /// assert_eq!(Error::from(denied).body(), Some(("application/json", json)));
    /// assert_eq!(Error::from(StoreError::timeout("no answer")).body(), None);
    /// ```
    #[must_use]
    pub fn body(&self) -> Option<(&'static str, String)> {
        if self.0.kind == ErrorKind::LayerMissing {
            return Some(("text/plain; charset=utf-8", self.to_string()));
        }
        self.json().map(|json| ("application/json", json))
    }

    /// The seconds of the header `Retry-After`, which adapters send with the status (RFC 9110 §10.2.3); `None` where it is
    /// unknown when another attempt is worthwhile.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        if let ErrorKind::Throttled { retry_after } = self.0.kind {
            Some(retry_after)
        } else {
            None
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::caused_by(ErrorKind::Store, "the session store failed", error)
    }
}

/// An error of a store: it could not be asked, or did not answer in time. Races are not errors but outcomes.
///
/// ```
/// use keycard::{StoreError, StoreErrorKind};
/// use std::{error::Error, io};
///
/// let cause = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = StoreError::unavailable("cannot reach the database").with_source(cause);
/// assert_eq!(error.kind(), StoreErrorKind::Unavailable);
/// assert_eq!(error.source().unwrap().to_string(), "connection refused");
/// ```
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of failure a [`StoreError`] is, for `match` and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no connection, or it broke; a write that was on its way may have landed.
    Unavailable,
    /// No answer came before the deadline; a write may have landed.
    Timeout,
    /// The store refused the command (out of memory, read-only, forbidden); nothing was written.
    Refused,
    /// The store answered something that this client does not understand.
    Protocol,
}

impl StoreError {
    /// An error of the given kind; `message` is for logs and must not hold secrets.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// There is no connection to the store, or it broke.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Unavailable, message)
    }

    /// No answer came before the deadline.
    #[must_use]
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Timeout, message)
    }

    /// The store refused the command.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Refused, message)
    }

    /// The same error with its cause attached.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
