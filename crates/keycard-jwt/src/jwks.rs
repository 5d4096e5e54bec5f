//! Public keys as others fetch them (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::key::Algorithm;

/// The public keys of a [`TokenKeys`](crate::TokenKeys): what `/.well-known/jwks.json` answers.
///
/// ```
/// use keycard_jwt::{TokenKey, TokenKeys};
///
/// let keys = TokenKeys::new([TokenKey::ed25519([7; 32])?, TokenKey::hs256([8; 32])?])?;
/// let json = serde_json::to_value(keys.jwks()).unwrap();
/// assert_eq!(json["keys"][0]["crv"], "Ed25519");
/// assert_eq!(json["keys"].as_array().unwrap().len(), 1, "a secret key has no public half");
/// # Ok::<(), keycard_jwt::TokenConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

impl Jwks {
    pub(crate) fn of(keys: impl Iterator<Item = Jwk>) -> Self {
        Self { keys: keys.collect() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    #[serde(flatten)]
    parameters: Parameters,
    kid: String,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
}

impl Jwk {
    pub(crate) fn new(parameters: Parameters, name: &str, algorithm: Algorithm) -> Self {
        Self {
            parameters,
            kid: name.to_owned(),
            alg: algorithm.name(),
            usage: "sig",
        }
    }
}

/// What makes a public key. Without tag and order it would not be what RFC 7638 hashes: required members, sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Parameters {
    Curve {
        crv: &'static str,
        kty: &'static str,
        x: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        y: Option<String>,
    },
    Rsa {
        e: String,
        kty: &'static str,
        n: String,
    },
}

impl Parameters {
    pub(crate) fn ed25519(x: &[u8]) -> Self {
        Self::Curve {
            crv: "Ed25519",
            kty: "OKP",
            x: encode(x),
            y: None,
        }
    }

    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Self {
        Self::Curve {
            crv: "P-256",
            kty: "EC",
            x: encode(x),
            y: Some(encode(y)),
        }
    }

    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self::Rsa {
            e: encode(e),
            kty: "RSA",
            n: encode(n),
        }
    }

    /// The text whose hash is the thumbprint.
    pub(crate) fn thumbprinted(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::key::TokenKey;

    /// RFC 8037, appendix A: a private key, its public half and its thumbprint.
    #[test]
    fn an_ed25519_key_is_named_as_the_rfc_names_it() {
        let seed = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let key = TokenKey::ed25519(seed.try_into().unwrap()).unwrap();
        assert_eq!(key.name(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let json = serde_json::to_value(key.jwk().unwrap()).unwrap();
        assert_eq!(json["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    }
}
