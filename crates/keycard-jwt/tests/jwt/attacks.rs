//! What attackers write into headers: each is refused, and for the reason for which it must be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::Timestamp;
use keycard_jwt::{Access, Algorithm, Refresh, Signed, TokenErrorKind, TokenKey, TokenKeys, TokenSeal};
use serde_json::{Value, json};

use crate::forge::*;

pub(crate) fn verify(
    seal: &TokenSeal,
    text: impl Into<Box<str>>,
    now: Timestamp,
) -> Result<(), TokenErrorKind> {
    let token = Signed::<Access>::presented(text);
    seal.verify_at(&token, now)
        .map(drop)
        .map_err(|error| error.kind())
}

/// What becomes of a token that the first key signs, over this header and these claims.
pub(crate) fn judged(header: &Value, claims: &str) -> Result<(), TokenErrorKind> {
    verify(&seal(), signed(&header.to_string(), claims), NOW)
}

pub(crate) fn judged_claims(claims: &Value) -> Result<(), TokenErrorKind> {
    judged(&header(), &claims.to_string())
}

#[test]
fn what_the_forge_makes_is_accepted_unless_something_is_wrong_with_it() {
    assert_eq!(judged_claims(&claims()), Ok(()));
    for algorithm in [
        Algorithm::EdDsa,
        Algorithm::Es256,
        Algorithm::Rs256,
        Algorithm::Hs256,
    ] {
        let key = key(algorithm);
        let keys = TokenKeys::new([key.clone()]).unwrap();
        let seal = TokenSeal::new(keys, ISSUER, AUDIENCE).unwrap();
        let header = json!({"typ": "at+jwt", "alg": algorithm.name(), "kid": key.name()});
        let text = signed_by(algorithm, &header.to_string(), &claims().to_string());
        assert_eq!(verify(&seal, text, NOW), Ok(()), "{algorithm:?}");
    }
}

#[test]
fn none_is_no_algorithm() {
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let mut header = header();
        header["alg"] = none.into();
        let unsigned = format!(
            "{}.{}.",
            encode(&header.to_string()),
            encode(&claims().to_string())
        );
        assert_eq!(
            verify(&seal(), unsigned, NOW),
            Err(TokenErrorKind::UnknownKey),
            "{none}"
        );
        assert_eq!(
            judged(&header, &claims().to_string()),
            Err(TokenErrorKind::UnknownKey),
            "{none}"
        );
    }
}

/// The classic: a public key, which anybody has, is taken for the secret of HS256.
#[test]
fn a_public_key_is_no_secret() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        let keys = TokenKeys::new([key(algorithm)]).unwrap();
        let jwks = serde_json::to_value(keys.jwks()).unwrap();
        let seal = TokenSeal::new(keys, ISSUER, AUDIENCE).unwrap();
        let public = &jwks["keys"][0];
        let header = json!({"typ": "at+jwt", "alg": "HS256", "kid": public["kid"]});
        let texts = ["x", "n"].into_iter().filter_map(|name| public[name].as_str());
        let bytes = texts.clone().map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
        for secret in bytes.chain(texts.map(|text| text.as_bytes().to_vec())) {
            let text = with_secret(&secret, &header.to_string(), &claims().to_string());
            assert_eq!(
                verify(&seal, text, NOW),
                Err(TokenErrorKind::UnknownKey),
                "{algorithm:?}"
            );
        }
    }
}

/// One key, one algorithm: a key of the same set does not verify what another one is named for.
#[test]
fn the_algorithm_is_that_of_the_key_that_is_named() {
    let (ours, other) = (key(Algorithm::EdDsa), key(Algorithm::Hs256));
    let keys = TokenKeys::new([ours.clone(), other.clone()]).unwrap();
    let seal = TokenSeal::new(keys, ISSUER, AUDIENCE).unwrap();
    for (alg, kid, by, expected) in [
        ("HS256", other.name(), Algorithm::Hs256, Ok(())),
        (
            "EdDSA",
            other.name(),
            Algorithm::Hs256,
            Err(TokenErrorKind::UnknownKey),
        ),
        (
            "HS256",
            ours.name(),
            Algorithm::Hs256,
            Err(TokenErrorKind::UnknownKey),
        ),
        (
            "EdDSA",
            ours.name(),
            Algorithm::Hs256,
            Err(TokenErrorKind::Signature),
        ),
        (
            "HS512",
            other.name(),
            Algorithm::Hs256,
            Err(TokenErrorKind::UnknownKey),
        ),
        (
            "hs256",
            other.name(),
            Algorithm::Hs256,
            Err(TokenErrorKind::UnknownKey),
        ),
    ] {
        let header = json!({"typ": "at+jwt", "alg": alg, "kid": kid});
        let text = signed_by(by, &header.to_string(), &claims().to_string());
        assert_eq!(verify(&seal, text, NOW), expected, "{alg} {kid}");
    }
}

#[test]
fn a_key_is_looked_up_among_ours_and_nowhere_else() {
    let kid = header()["kid"].as_str().unwrap().to_owned();
    for odd in [
        String::new(),
        "../../../../dev/null".to_owned(),
        "/proc/self/environ".to_owned(),
        format!("{kid}\0"),
        format!(" {kid}"),
        kid.to_uppercase(),
        "' OR '1'='1".to_owned(),
        "x".repeat(1_000),
    ] {
        let mut header = header();
        header["kid"] = odd.clone().into();
        assert_eq!(
            judged(&header, &claims().to_string()),
            Err(TokenErrorKind::UnknownKey),
            "{odd:?}"
        );
    }
    for odd in [json!(null), json!(7), json!([kid]), json!({})] {
        let mut header = header();
        header["kid"] = odd;
        assert_eq!(
            judged(&header, &claims().to_string()),
            Err(TokenErrorKind::Malformed)
        );
    }
}

/// A key that comes with the token is not asked for, neither by value nor by address.
#[test]
fn keys_that_a_token_brings_are_ignored() {
    let stranger = TokenKey::ed25519([66; 32]).unwrap();
    let jwks = serde_json::to_value(TokenKeys::new([stranger]).unwrap().jwks()).unwrap();
    for (name, value) in [
        ("jwk", jwks["keys"][0].clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut header = header();
        header[name] = value;
        let text = ed25519_by([66; 32], &header.to_string(), &claims().to_string());
        assert_eq!(
            verify(&seal(), text, NOW),
            Err(TokenErrorKind::Signature),
            "{name}"
        );
        assert_eq!(
            judged(&header, &claims().to_string()),
            Ok(()),
            "{name} beside our own key"
        );
    }
}

#[test]
fn a_type_is_not_swapped() {
    let seal = seal();
    let refresh = refresh_claims().to_string();
    for (typ, claims, access, renews) in [
        (
            "at+jwt",
            claims().to_string(),
            Ok(()),
            Err(TokenErrorKind::WrongKind),
        ),
        (
            "application/AT+JWT",
            claims().to_string(),
            Ok(()),
            Err(TokenErrorKind::WrongKind),
        ),
        (
            "keycard-refresh+jwt",
            refresh.clone(),
            Err(TokenErrorKind::WrongKind),
            Ok(()),
        ),
        (
            "at+jwt",
            refresh,
            Err(TokenErrorKind::WrongAudience),
            Err(TokenErrorKind::WrongKind),
        ),
        (
            "keycard-refresh+jwt",
            claims().to_string(),
            Err(TokenErrorKind::WrongKind),
            Err(TokenErrorKind::WrongAudience),
        ),
        (
            "JWT",
            claims().to_string(),
            Err(TokenErrorKind::WrongKind),
            Err(TokenErrorKind::WrongKind),
        ),
        (
            "logout+jwt",
            claims().to_string(),
            Err(TokenErrorKind::WrongKind),
            Err(TokenErrorKind::WrongKind),
        ),
    ] {
        let mut header = header();
        header["typ"] = typ.into();
        let text = signed(&header.to_string(), &claims);
        assert_eq!(verify(&seal, text.clone(), NOW), access, "{typ} {claims}");
        let as_refresh = seal.verify_at(&Signed::<Refresh>::presented(text), NOW);
        assert_eq!(
            as_refresh.map(drop).map_err(|error| error.kind()),
            renews,
            "{typ} {claims}"
        );
    }
    let mut untyped = header();
    untyped.as_object_mut().unwrap().remove("typ");
    assert_eq!(
        judged(&untyped, &claims().to_string()),
        Err(TokenErrorKind::Malformed)
    );
}

#[test]
fn what_must_be_understood_is_refused() {
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!(null)] {
        let mut header = header();
        header["crit"] = crit;
        header["b64"] = false.into();
        assert_eq!(
            judged(&header, &claims().to_string()),
            Err(TokenErrorKind::Malformed)
        );
    }
}

/// A list of the values that a header has, in their order, is none: by their names alone they are told apart.
#[test]
fn a_header_is_an_object() {
    let kid = key(Algorithm::EdDsa).name().to_owned();
    for header in [
        json!(["at+jwt", "EdDSA", kid, null]),
        json!(["at+jwt", "EdDSA", kid]),
        json!("at+jwt"),
    ] {
        let text = signed(&header.to_string(), &claims().to_string());
        assert_eq!(
            verify(&seal(), text, NOW),
            Err(TokenErrorKind::Malformed),
            "{header}"
        );
    }
}
