//! Why a server does not tell what changes.

use redis::{ErrorKind, RedisError};

/// Why nothing is told any more, or not yet.
pub(super) enum Failure {
    /// The connection, or one of the two.
    Broken(RedisError),
    /// The server does not tell, and says so or not.
    Refused(RedisError),
    /// Nobody listens.
    Unwanted,
}

impl Failure {
    /// What the server itself says is final for a while.
    pub(super) fn of(error: RedisError) -> Self {
        if error.code().is_some() {
            Self::Refused(error)
        } else {
            Self::Broken(error)
        }
    }
}

pub(super) fn replica() -> RedisError {
    (ErrorKind::Client, "the address leads to a replica").into()
}

/// Whether the key by which a node is asked is another node's, or soon will be.
pub(super) fn is_redirect(error: &RedisError) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK"))
}

pub(super) fn without_slots() -> RedisError {
    (ErrorKind::Client, "the node has no slots").into()
}

pub(super) fn not_told() -> RedisError {
    (
        ErrorKind::Client,
        "a key was written, and the server has not told it within the deadline",
    )
        .into()
}

pub(super) fn no_answer() -> RedisError {
    (ErrorKind::Io, "the server does not answer").into()
}
