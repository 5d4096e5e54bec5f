//! The keys of an application: the first signs, each verifies what it has signed.

use std::fmt;
use std::sync::Arc;

use keycard::KeyRing;

use crate::error::TokenConfigError;
use crate::jwks::Jwks;
use crate::key::TokenKey;

/// The keys that sign and verify tokens. What they sign is all that is accepted, each by its one algorithm: they are the
/// allow-list.
///
/// To rotate, put the new key *last*, on all servers; when each of them knows it, in *front*, where it signs; and remove the
/// old one when the last refresh token that it has signed has expired. A server that meets a key that it does not know
/// refuses its tokens, and a client that is refused logs in again: for one server alone the first step can be left out.
/// Removing a key ends at once what it signed.
///
/// ```
/// use keycard::KeyRing;
/// use keycard_jwt::{TokenKey, TokenKeys};
///
/// let ring = KeyRing::random(); // the keys of the cookies: where they rotate, so do these
/// let keys = TokenKeys::derived(&ring)?;
/// let own = TokenKeys::new([TokenKey::ed25519([2; 32])?, TokenKey::hs256([1; 32])?])?;
/// assert!(TokenKeys::new([]).is_err());
/// # Ok::<(), keycard_jwt::TokenConfigError>(())
/// ```
#[derive(Clone)]
pub struct TokenKeys(Arc<[TokenKey]>);

impl TokenKeys {
    /// These keys, the signing one first.
    ///
    /// # Errors
    ///
    /// No key, or two of the same name.
    pub fn new(keys: impl IntoIterator<Item = TokenKey>) -> Result<Self, TokenConfigError> {
        let keys: Vec<TokenKey> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(TokenConfigError::new("no key for tokens: give at least one"));
        }
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].iter().any(|before| before.name() == key.name()) {
                return Err(TokenConfigError::new(format!(
                    "two keys for tokens are named {:?}: tokens would not say which has signed them",
                    key.name()
                )));
            }
        }
        Ok(Self(keys.into()))
    }

    /// An Ed25519 key for each key of a ring: the servers that can read each other's cookies can read each other's tokens,
    /// and who fetches the [JWKS](Self::jwks) can verify them.
    ///
    /// # Errors
    ///
    /// The ring holds a key twice.
    pub fn derived(ring: &KeyRing) -> Result<Self, TokenConfigError> {
        let keys = ring.derive("jwt/ed25519").into_iter().map(TokenKey::ed25519);
        Self::new(keys.collect::<Result<Vec<_>, _>>()?)
    }

    /// The public keys, for who verifies elsewhere.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        Jwks::of(self.0.iter().filter_map(TokenKey::jwk))
    }

    pub(crate) fn signing(&self) -> Option<&TokenKey> {
        self.0.first()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&TokenKey> {
        self.0.iter().find(|key| key.name() == name)
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}
