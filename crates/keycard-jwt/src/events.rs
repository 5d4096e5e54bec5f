//! What is told to the log.

use std::error::Error as _;

use keycard::{Error, StoreKey};

use crate::error::TokenError;

/// What a request is answered with though its client did nothing wrong. The session of a token tells its own loads.
pub(crate) fn failed(error: &TokenError) {
    if error.status() < 500 {
        return;
    }
    let causes = std::iter::successors(error.source(), |&error| error.source());
    let cause = causes.last().map(ToString::to_string);
    tracing::error!(%error, cause, "a token could not be issued, checked, refreshed or revoked");
}

/// As for a cookie: the request does not suffer from it, the session may end a little early.
pub(crate) fn touch_failed(session: StoreKey, error: &Error) {
    tracing::warn!(%session, %error, "the session of a token could not be touched");
}

/// A client that asks for pairs without end loses those that it does not use.
pub(crate) fn families_ended(session: StoreKey, ended: usize) {
    tracing::warn!(%session, ended, "a session had as many families of refresh tokens as it may: the one not refreshed for longest has ended");
}
