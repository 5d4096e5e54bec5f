//! Signing and verifying: pure, with the time as an argument.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use keycard::Timestamp;
use serde_json::{Map, Value};

use crate::claims::{Kind, TokenClaims, seconds};
use crate::compact;
use crate::error::{TokenConfigError, TokenError, TokenErrorKind};
use crate::jwks::Jwks;
use crate::keys::TokenKeys;
use crate::signed::Signed;

/// By how much the clocks of servers may differ.
const MOST_LEEWAY: Duration = Duration::from_mins(5);

/// Signs tokens of one issuer for one audience, and verifies them. It asks no store: whether a token was revoked,
/// [`Tokens`](crate::Tokens) know.
///
/// ```
/// use keycard::Timestamp;
/// use keycard_jwt::{Access, Signed, TokenErrorKind, TokenKey, TokenKeys, TokenSeal};
///
/// let keys = TokenKeys::new([TokenKey::ed25519([7; 32])?])?;
/// let seal = TokenSeal::new(keys, "https://shop.example", "https://api.shop.example")?;
/// let forged = Signed::<Access>::presented("eyJhbGciOiJub25lIn0.e30.");
/// let error = seal.verify_at(&forged, Timestamp::from_millis(0)).unwrap_err();
/// assert_eq!(error.kind(), TokenErrorKind::Malformed);
/// # Ok::<(), keycard_jwt::TokenConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenSeal {
    keys: TokenKeys,
    issuer: Arc<str>,
    audience: Arc<str>,
    leeway: u64,
}

impl TokenSeal {
    /// The longest token in characters: with the name of a cookie it fits into one.
    pub const MAX_LEN: usize = compact::MAX_LEN;

    /// The seal of an issuer, whose access tokens are for this audience: URLs by custom. Refresh tokens are for the issuer.
    ///
    /// # Errors
    ///
    /// An empty name; one name for both.
    pub fn new(
        keys: TokenKeys,
        issuer: impl Into<Arc<str>>,
        audience: impl Into<Arc<str>>,
    ) -> Result<Self, TokenConfigError> {
        let (issuer, audience) = (issuer.into(), audience.into());
        if issuer.is_empty() || audience.is_empty() {
            return Err(TokenConfigError::new(
                "tokens need an issuer and an audience: name both, by their URLs say",
            ));
        }
        if issuer == audience {
            return Err(TokenConfigError::new(
                "the issuer is its own audience: name them apart, or refresh tokens pass for access tokens elsewhere",
            ));
        }
        Ok(Self {
            keys,
            issuer,
            audience,
            leeway: 5,
        })
    }

    /// By how much the clocks of servers may differ, in whole seconds: for so long an expired token is still accepted, and
    /// one from the future already. Default: five seconds. At most five minutes.
    ///
    /// # Errors
    ///
    /// More than five minutes.
    pub fn leeway(mut self, leeway: Duration) -> Result<Self, TokenConfigError> {
        if leeway > MOST_LEEWAY {
            return Err(TokenConfigError::new(format!(
                "a leeway of {leeway:?}: at most {MOST_LEEWAY:?}, or tokens outlive their end"
            )));
        }
        self.leeway = leeway.as_secs();
        Ok(self)
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.keys.jwks()
    }

    /// What a token of this kind says, if it is one of ours and valid at `now`.
    ///
    /// # Errors
    ///
    /// Why it is not accepted.
    ///
    /// # Security
    ///
    /// This does not tell whether the token was revoked: ask [`Tokens::verify`](crate::Tokens::verify), unless its life is
    /// short enough for that.
    pub fn verify_at<K: Kind>(
        &self,
        token: &Signed<K>,
        now: Timestamp,
    ) -> Result<TokenClaims<K>, TokenError> {
        Ok(self.judge(token.expose_text(), seconds(now))?)
    }

    pub(crate) fn most_leeway(&self) -> Duration {
        Duration::from_secs(self.leeway)
    }

    pub(crate) fn sign<K: Kind>(&self, claims: &TokenClaims<K>) -> Result<Signed<K>, TokenError> {
        let sealed = self.keys.signing().and_then(|key| {
            let claims = claims.write(&self.issuer, &self.audience);
            compact::seal(K::TYPES[0], &claims, key)
        });
        let sealed = sealed.ok_or_else(|| TokenError::told(TokenErrorKind::TooLarge));
        Ok(Signed::presented(sealed?))
    }

    fn judge<K: Kind>(&self, text: &str, now: u64) -> Result<TokenClaims<K>, TokenErrorKind> {
        let mut opened = compact::open(text, &self.keys)?;
        if !opened.is_one_of(K::TYPES) {
            return Err(TokenErrorKind::WrongKind);
        }
        if opened.claims.remove("iss").as_ref().and_then(Value::as_str) != Some(&*self.issuer) {
            return Err(TokenErrorKind::WrongIssuer);
        }
        if !is_meant(K::audience(&self.issuer, &self.audience), &mut opened.claims) {
            return Err(TokenErrorKind::WrongAudience);
        }
        let (claims, dates) = TokenClaims::read(opened.claims).ok_or(TokenErrorKind::Claims)?;
        if dates.issued.max(dates.not_before) > now.saturating_add(self.leeway) {
            return Err(TokenErrorKind::NotYetValid);
        }
        if dates.expires.saturating_add(self.leeway) <= now {
            return Err(TokenErrorKind::Expired);
        }
        Ok(claims)
    }
}

/// Whether the audience is ours, or ours is among them.
fn is_meant(ours: &str, claims: &mut Map<String, Value>) -> bool {
    let is_ours = |audience: &Value| audience.as_str() == Some(ours);
    match claims.remove("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
        Some(audience) => is_ours(&audience),
        None => false,
    }
}
