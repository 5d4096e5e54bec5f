//! What is told to the log.

use crate::claims::{Refresh, TokenClaims};

pub(crate) fn reused(claims: &TokenClaims<Refresh>) {
    tracing::warn!(
        session = %claims.session,
        family = %claims.family,
        "a spent refresh token came again: its family and its session end"
    );
}
