//! A key that signs tokens by one algorithm, and by no other.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
// Named, not the process's default: an application may use the library with another implementation beside this one.
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER as CRYPTO;
use jsonwebtoken::{Algorithm as Name, DecodingKey, EncodingKey};

use crate::error::TokenConfigError;
use crate::jwks::{Jwk, Parameters};

/// The shortest secret of HS256 in bytes: the output of the hash (RFC 7518 §3.2).
const MIN_SECRET: usize = 32;
/// The longest name of a key in bytes.
const MAX_NAME: usize = 64;
/// What precedes the seed of an Ed25519 key in PKCS #8 (RFC 8410 §7).
const ED25519_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// How a token is signed. There is no `none`, and no algorithm that is not named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8037): short keys, fast, and public keys for others to verify with. The one to choose.
    EdDsa,
    /// ECDSA over P-256 (RFC 7518 §3.4).
    Es256,
    /// RSA of at least 2048 bits, PKCS #1 v1.5 (RFC 7518 §3.3): for others that can do nothing else.
    Rs256,
    /// HMAC (RFC 7518 §3.2): who can verify can sign.
    Hs256,
}

impl Algorithm {
    /// Its name in a token's header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    const fn of_the_library(self) -> Name {
        match self {
            Self::EdDsa => Name::EdDSA,
            Self::Es256 => Name::ES256,
            Self::Rs256 => Name::RS256,
            Self::Hs256 => Name::HS256,
        }
    }
}

/// A private or secret key, its one algorithm, and the name by which tokens say that it has signed them.
///
/// The name is the key's RFC 7638 thumbprint, or what stands for it where the key is secret; [`named`](Self::named) gives
/// another.
///
/// ```
/// use keycard_jwt::{Algorithm, TokenKey};
///
/// let key = TokenKey::hs256([7; 32])?.named("2026-11")?;
/// assert_eq!((key.algorithm(), key.name()), (Algorithm::Hs256, "2026-11"));
/// assert!(TokenKey::hs256(b"secret").is_err());
/// # Ok::<(), keycard_jwt::TokenConfigError>(())
/// ```
#[derive(Clone)]
pub struct TokenKey {
    name: Arc<str>,
    algorithm: Algorithm,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: Option<Parameters>,
}

impl TokenKey {
    /// The HS256 key with this secret.
    ///
    /// # Errors
    ///
    /// Fewer than 32 bytes.
    ///
    /// # Security
    ///
    /// A text that people can remember can be guessed from one token: use `openssl rand -base64 32`.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, TokenConfigError> {
        let secret = secret.as_ref();
        if secret.len() < MIN_SECRET {
            return Err(TokenConfigError::new(format!(
                "the secret of HS256 has {} bytes: use at least {MIN_SECRET}",
                secret.len()
            )));
        }
        let signing = EncodingKey::from_secret(secret);
        Self::new(Algorithm::Hs256, signing, DecodingKey::from_secret(secret), None)
    }

    /// The Ed25519 key that grows from these random bytes, which are the key.
    ///
    /// ```
    /// use keycard_jwt::{Algorithm, TokenKey};
    ///
    /// let key = TokenKey::ed25519([7; 32])?;
    /// assert_eq!(key.algorithm(), Algorithm::EdDsa);
    /// # Ok::<(), keycard_jwt::TokenConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None in practice: every seed is a key.
    pub fn ed25519(seed: [u8; 32]) -> Result<Self, TokenConfigError> {
        let signing = EncodingKey::from_ed_der(&[&ED25519_PREFIX[..], &seed].concat());
        Self::with_public_half(Algorithm::EdDsa, signing)
    }

    /// A private key in PEM: PKCS #8 (`BEGIN PRIVATE KEY`), for RS256 also PKCS #1.
    ///
    /// ```console
    /// $ openssl genpkey -algorithm ed25519
    /// $ openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    /// $ openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072
    /// ```
    ///
    /// # Errors
    ///
    /// Not a private key of this algorithm; an RSA key shorter than 2048 bits; or HS256, whose secrets have no PEM.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, TokenConfigError> {
        let pem = pem.as_ref();
        let signing = match algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_pem(pem),
            Algorithm::Es256 => EncodingKey::from_ec_pem(pem),
            Algorithm::Rs256 => EncodingKey::from_rsa_pem(pem),
            Algorithm::Hs256 => {
                return Err(TokenConfigError::new("a secret of HS256 has no PEM: use `hs256`"));
            }
        };
        let signing = signing.map_err(|_| unusable(algorithm))?;
        Self::with_public_half(algorithm, signing)
    }

    /// The same key under another name, which its tokens bear and its entry in the JWKS.
    ///
    /// # Errors
    ///
    /// Empty, longer than 64 bytes, or other characters than letters, digits, `-`, `_` and `.`.
    pub fn named(mut self, name: impl Into<String>) -> Result<Self, TokenConfigError> {
        let name = name.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(allowed) {
            return Err(TokenConfigError::new(format!(
                "{name:?} cannot name a key: use at most {MAX_NAME} letters, digits, `-`, `_` and `.`"
            )));
        }
        self.name = name.into();
        Ok(self)
    }

    /// The name (`kid`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The only algorithm by which it signs and verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn with_public_half(algorithm: Algorithm, signing: EncodingKey) -> Result<Self, TokenConfigError> {
        let (verifying, public) = public_half(algorithm, &signing).map_err(|_| unusable(algorithm))?;
        Self::new(algorithm, signing, verifying, Some(public))
    }

    fn new(
        algorithm: Algorithm,
        signing: EncodingKey,
        verifying: DecodingKey,
        public: Option<Parameters>,
    ) -> Result<Self, TokenConfigError> {
        let mut key = Self {
            name: "".into(),
            algorithm,
            signing,
            verifying,
            public,
        };
        // A key that cannot sign is found here, not at the first login.
        let signed = key.sign(NAMING).ok_or_else(|| unusable(algorithm))?;
        if !key.verifies(NAMING, &signed) {
            return Err(unusable(algorithm));
        }
        let name = key.public.as_ref().map_or(Some(signed), |public| {
            let digest = CRYPTO.key_utils.compute_digest;
            digest(
                public.thumbprinted().as_bytes(),
                jsonwebtoken::jwk::ThumbprintHash::SHA256,
            )
            .ok()
        });
        key.name = URL_SAFE_NO_PAD
            .encode(name.ok_or_else(|| unusable(algorithm))?)
            .into();
        Ok(key)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signer = (CRYPTO.signer_factory)(&self.algorithm.of_the_library(), &self.signing).ok()?;
        signer.try_sign(message).ok()
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verifier = (CRYPTO.verifier_factory)(&self.algorithm.of_the_library(), &self.verifying);
        verifier.is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }

    pub(crate) fn jwk(&self) -> Option<Jwk> {
        let parameters = self.public.clone()?;
        Some(Jwk::new(parameters, &self.name, self.algorithm))
    }
}

/// Its signature names a secret key: no token begins so.
const NAMING: &[u8] = b"keycard/v1/kid";

fn public_half(
    algorithm: Algorithm,
    signing: &EncodingKey,
) -> jsonwebtoken::errors::Result<(DecodingKey, Parameters)> {
    let (utils, private) = (&CRYPTO.key_utils, signing.as_bytes());
    Ok(match algorithm {
        Algorithm::Rs256 => {
            let (n, e) = (utils.rsa_pub_components_from_private_key)(private)?;
            (
                DecodingKey::from_rsa_raw_components(&n, &e),
                Parameters::rsa(&n, &e),
            )
        }
        Algorithm::Es256 => {
            let (_, x, y) = (utils.ec_pub_components_from_private_key)(private, Name::ES256)?;
            let point = [&[4], &x[..], &y].concat();
            (DecodingKey::from_ec_der(&point), Parameters::p256(&x, &y))
        }
        Algorithm::EdDsa | Algorithm::Hs256 => {
            let curve = jsonwebtoken::jwk::EllipticCurve::Ed25519;
            let x = (utils.ed_pub_components_from_private_key)(private, &curve)?;
            (DecodingKey::from_ed_der(&x), Parameters::ed25519(&x))
        }
    })
}

fn unusable(algorithm: Algorithm) -> TokenConfigError {
    TokenConfigError::new(format!(
        "not a private key with which {} can sign",
        algorithm.name()
    ))
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
