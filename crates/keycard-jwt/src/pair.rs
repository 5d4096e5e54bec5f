//! What a client is given: an access token, and the refresh token that renews it.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::claims::{Access, Refresh};
use crate::signed::Signed;

/// An access token and its refresh token: the answer of a token endpoint (RFC 6749 §5.1). With the features `axum` and `actix`
/// it is a response: JSON, which no cache may keep. Elsewhere send what it serializes to, with `Cache-Control: no-store`.
///
/// ```
/// use keycard_jwt::{TokenError, TokenPair, Tokens};
///
/// async fn token(session: keycard::Session, tokens: Tokens) -> Result<TokenPair, TokenError> {
///     tokens.issue(&session).await
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenPair {
    /// For `Authorization: Bearer`.
    pub access: Signed<Access>,
    /// For [`Tokens::refresh`](crate::Tokens::refresh), once.
    pub refresh: Signed<Refresh>,
    /// For how many seconds the access token is valid.
    pub expires_in: u64,
}

impl TokenPair {
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn to_json(&self) -> String {
        // Texts and a number: there is nothing to fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for TokenPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_struct("TokenPair", 4)?;
        pair.serialize_field("access_token", self.access.expose_text())?;
        pair.serialize_field("refresh_token", self.refresh.expose_text())?;
        pair.serialize_field("token_type", "Bearer")?;
        pair.serialize_field("expires_in", &self.expires_in)?;
        pair.end()
    }
}
