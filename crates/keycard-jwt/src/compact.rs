//! The compact form of a token: read strictly, so that it is read one way.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::error::TokenErrorKind;
use crate::key::TokenKey;
use crate::keys::TokenKeys;

/// The longest token in characters: with the name of a cookie it fits into one.
pub(crate) const MAX_LEN: usize = 4_000;

/// What is read of a header. Everything else in it is left alone: keys come from the application, never from a token
/// (`jku`, `jwk`, `x5u`, `x5c`).
#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

impl<'a> Header<'a> {
    /// `None` also where something must be understood (RFC 7515 §4.1.11), of which we understand nothing.
    fn read(members: &'a Map<String, Value>) -> Option<Self> {
        let text = |name| members.get(name)?.as_str();
        let header = Self {
            typ: text("typ")?,
            alg: text("alg")?,
            kid: text("kid")?,
        };
        (!members.contains_key("crit")).then_some(header)
    }
}

/// A token whose signature has verified.
pub(crate) struct Opened {
    pub(crate) claims: Map<String, Value>,
    typ: String,
}

impl Opened {
    /// Whether its header names one of these types; they are media types, for which case does not count.
    pub(crate) fn is_one_of(&self, types: &[&str]) -> bool {
        types.iter().any(|typ| typ.eq_ignore_ascii_case(&self.typ))
    }
}

/// Verifies a token; before its signature nothing of it is believed but the name of its key.
pub(crate) fn open(text: &str, keys: &TokenKeys) -> Result<Opened, TokenErrorKind> {
    if text.len() > MAX_LEN {
        return Err(TokenErrorKind::Malformed);
    }
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(TokenErrorKind::Malformed);
    };
    let message = &text[..header.len() + 1 + claims.len()];
    let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(signature)?);
    let Unique(header) = serde_json::from_slice(&header).map_err(|_| TokenErrorKind::Malformed)?;
    let header = Header::read(&header).ok_or(TokenErrorKind::Malformed)?;
    let key = keys
        .named(header.kid)
        .filter(|key| key.algorithm().name() == header.alg)
        .ok_or(TokenErrorKind::UnknownKey)?;
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(TokenErrorKind::Signature);
    }
    let Unique(claims) = serde_json::from_slice(&claims).map_err(|_| TokenErrorKind::Claims)?;
    Ok(Opened {
        claims,
        typ: header.typ.to_owned(),
    })
}

/// Signs claims; `None` if the token would be too long, or the key cannot sign.
pub(crate) fn seal(typ: &str, claims: &Map<String, Value>, key: &TokenKey) -> Option<String> {
    let header = Header {
        typ,
        alg: key.algorithm().name(),
        kid: key.name(),
    };
    let mut text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).ok()?, &mut text);
    let signature = key.sign(text.as_bytes())?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    (text.len() <= MAX_LEN).then_some(text)
}

/// Refuses padding, and bits beyond the last byte.
fn decode(part: &str) -> Result<Vec<u8>, TokenErrorKind> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenErrorKind::Malformed)
}

/// An object in which no name stands twice: of two readers one would take the first, the other the last.
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Unique, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Unique(members))
    }
}
