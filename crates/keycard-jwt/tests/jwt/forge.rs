//! A forge of tokens: any header, any claims, any key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Name, EncodingKey, crypto};
use keycard::{StoreKey, Timestamp, TokenId};
use keycard_jwt::{Algorithm, TokenKey, TokenKeys, TokenSeal};
use serde_json::{Value, json};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const ISSUER: &str = "https://shop.example";
pub(crate) const AUDIENCE: &str = "https://api.shop.example";

// Made for these tests by `openssl genpkey`; nothing else is signed with them.
pub(crate) const ED25519_PEM: &str = include_str!("ed25519.pem");
pub(crate) const P256_PEM: &str = include_str!("p256.pem");
pub(crate) const RSA_PEM: &str = include_str!("rsa-2048.pem");
pub(crate) const RSA_1024_PEM: &str = include_str!("rsa-1024.pem");
pub(crate) const RSA_PUBLIC_PEM: &str = include_str!("rsa-public.pem");
const SECRET: [u8; 32] = [7; 32];

pub(crate) fn key(algorithm: Algorithm) -> TokenKey {
    match algorithm {
        Algorithm::EdDsa => TokenKey::from_pem(algorithm, ED25519_PEM),
        Algorithm::Es256 => TokenKey::from_pem(algorithm, P256_PEM),
        Algorithm::Rs256 => TokenKey::from_pem(algorithm, RSA_PEM),
        Algorithm::Hs256 | _ => TokenKey::hs256(SECRET),
    }
    .unwrap()
}

/// With an Ed25519 key.
pub(crate) fn seal() -> TokenSeal {
    let keys = TokenKeys::new([key(Algorithm::EdDsa)]).unwrap();
    TokenSeal::new(keys, ISSUER, AUDIENCE).unwrap()
}

pub(crate) fn header() -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key(Algorithm::EdDsa).name()})
}

/// What an access token says that lives for 15 minutes.
pub(crate) fn claims() -> Value {
    let now = NOW.as_millis() / 1_000;
    let session = StoreKey::from_bytes([7; 20]);
    let id = TokenId::generate(session.tag(), NOW).to_string();
    json!({
        "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "exp": now + 900, "nbf": now, "iat": now,
        "jti": id, "sid": session.to_string(), "fam": id,
    })
}

pub(crate) fn refresh_claims() -> Value {
    let mut claims = claims();
    claims["jti"] = format!("refresh.{}", claims["jti"].as_str().unwrap()).into();
    claims["aud"] = ISSUER.into();
    claims
}

pub(crate) fn encode(part: &str) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

pub(crate) fn signed(header: &str, claims: &str) -> String {
    signed_by(Algorithm::EdDsa, header, claims)
}

pub(crate) fn signed_by(algorithm: Algorithm, header: &str, claims: &str) -> String {
    let (key, name) = match algorithm {
        Algorithm::EdDsa => (
            EncodingKey::from_ed_pem(ED25519_PEM.as_bytes()).unwrap(),
            Name::EdDSA,
        ),
        Algorithm::Es256 => (
            EncodingKey::from_ec_pem(P256_PEM.as_bytes()).unwrap(),
            Name::ES256,
        ),
        Algorithm::Rs256 => (
            EncodingKey::from_rsa_pem(RSA_PEM.as_bytes()).unwrap(),
            Name::RS256,
        ),
        Algorithm::Hs256 | _ => (EncodingKey::from_secret(&SECRET), Name::HS256),
    };
    with(&key, name, header, claims)
}

pub(crate) fn with_secret(secret: &[u8], header: &str, claims: &str) -> String {
    with(&EncodingKey::from_secret(secret), Name::HS256, header, claims)
}

pub(crate) fn ed25519_by(seed: [u8; 32], header: &str, claims: &str) -> String {
    let prefix = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let key = EncodingKey::from_ed_der(&[&prefix[..], &seed].concat());
    with(&key, Name::EdDSA, header, claims)
}

fn with(key: &EncodingKey, name: Name, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = crypto::sign(message.as_bytes(), key, name).unwrap();
    format!("{message}.{signature}")
}
