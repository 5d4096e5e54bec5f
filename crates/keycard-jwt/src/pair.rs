//! What a client is given: an access token, and the refresh token that renews it.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::claims::{Access, Refresh};
use crate::signed::Signed;

/// An access token and its refresh token. As JSON it is the answer of a token endpoint (RFC 6749 §5.1), which must go out
/// with `Cache-Control: no-store`.
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
