//! What is told to the log.

use keycard::{Error, StoreKey};

use crate::claims::{Refresh, TokenClaims};

pub(crate) fn reused(claims: &TokenClaims<Refresh>) {
    tracing::warn!(
        session = %claims.session,
        family = %claims.family,
        "a spent refresh token came again: its family and its session end"
    );
}

/// As for a cookie: the request does not suffer from it, the session may end a little early.
pub(crate) fn touch_failed(session: StoreKey, error: &Error) {
    tracing::warn!(%session, %error, "the session of a token could not be touched");
}
