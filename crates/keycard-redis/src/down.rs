//! Why there is no connection, in words that say what to check.

use std::fmt;
use std::sync::Arc;

use keycard::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError};

use crate::error::kind_of_connection;

/// Why there is no connection; each command that needs one fails with it.
#[derive(Clone, Debug)]
pub(crate) struct Down {
    kind: StoreErrorKind,
    pub(crate) message: Arc<str>,
    pub(crate) cause: Option<RedisError>,
}

impl Down {
    pub(crate) fn because(message: &str) -> Self {
        Self {
            kind: StoreErrorKind::Unavailable,
            message: message.into(),
            cause: None,
        }
    }

    /// No connection came about. Whatever the server said then, commands are told that it refuses us or is not there.
    pub(crate) fn unconnected(target: &dyn fmt::Display, cause: RedisError) -> Self {
        let (kind, check) = match kind_of_connection(&cause) {
            StoreErrorKind::Refused => (
                StoreErrorKind::Refused,
                "the user name and the password in the URL, and what that user may do",
            ),
            StoreErrorKind::Protocol => (
                StoreErrorKind::Unavailable,
                "that the URL names a Redis server, and a database that it has",
            ),
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout | _ => (
                StoreErrorKind::Unavailable,
                "that a Redis server runs there and can be reached from here",
            ),
        };
        // The parser's own words are about bytes.
        let reason = if cause.kind() == ErrorKind::Parse {
            "what answers there does not speak as Redis does".to_owned()
        } else {
            cause.to_string()
        };
        Self {
            kind,
            message: format!("cannot connect to Redis at {target}: {reason}; check {check}").into(),
            cause: Some(cause),
        }
    }
}

impl From<Down> for StoreError {
    fn from(down: Down) -> Self {
        let error = Self::new(down.kind, &*down.message);
        match down.cause {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}
