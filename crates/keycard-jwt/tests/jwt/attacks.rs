//! What attackers send in place of tokens: each is refused, and for the reason for which it must be.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::Timestamp;
use keycard_jwt::{Access, Algorithm, Refresh, Signed, TokenErrorKind, TokenKey, TokenKeys, TokenSeal};
use proptest::prelude::*;
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
fn judged(header: &Value, claims: &str) -> Result<(), TokenErrorKind> {
    verify(&seal(), signed(&header.to_string(), claims), NOW)
}

fn judged_claims(claims: &Value) -> Result<(), TokenErrorKind> {
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

/// What nobody has signed: signatures that are no numbers of a curve, or none at all.
#[test]
fn a_signature_of_zeros_is_none() {
    for algorithm in [
        Algorithm::EdDsa,
        Algorithm::Es256,
        Algorithm::Rs256,
        Algorithm::Hs256,
    ] {
        let key = key(algorithm);
        let header = json!({"typ": "at+jwt", "alg": algorithm.name(), "kid": key.name()});
        let seal = TokenSeal::new(TokenKeys::new([key]).unwrap(), ISSUER, AUDIENCE).unwrap();
        let message = format!(
            "{}.{}",
            encode(&header.to_string()),
            encode(&claims().to_string())
        );
        for length in [0, 1, 32, 64, 256] {
            for byte in [0, 0xff] {
                let signature = URL_SAFE_NO_PAD.encode(vec![byte; length]);
                assert_eq!(
                    verify(&seal, format!("{message}.{signature}"), NOW),
                    Err(TokenErrorKind::Signature),
                    "{algorithm:?}: {length} times {byte}"
                );
            }
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
            Err(TokenErrorKind::Claims),
            Err(TokenErrorKind::WrongKind),
        ),
        (
            "keycard-refresh+jwt",
            claims().to_string(),
            Err(TokenErrorKind::WrongKind),
            Err(TokenErrorKind::Claims),
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
fn issuer_and_audience_must_be_ours() {
    use TokenErrorKind::{WrongAudience, WrongIssuer};
    for (name, value, expected) in [
        ("iss", json!("https://evil.example"), Err(WrongIssuer)),
        ("iss", json!([ISSUER]), Err(WrongIssuer)),
        ("iss", json!(null), Err(WrongIssuer)),
        ("iss", json!(format!("{ISSUER}/")), Err(WrongIssuer)),
        ("aud", json!("https://other.example"), Err(WrongAudience)),
        ("aud", json!([]), Err(WrongAudience)),
        ("aud", json!(null), Err(WrongAudience)),
        ("aud", json!({ AUDIENCE: true }), Err(WrongAudience)),
        ("aud", json!(["https://other.example", AUDIENCE]), Ok(())),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(judged_claims(&claims), expected, "{name}: {value}");
    }
}

#[test]
fn a_token_is_valid_from_its_first_second_to_its_last() {
    use TokenErrorKind::{Expired, NotYetValid};
    let exact = seal().leeway(Duration::ZERO).unwrap();
    let (exact, lenient) = (&exact, &seal());
    let text = signed(&header().to_string(), &claims().to_string());
    let at = |seconds: i64| {
        let millis = i64::try_from(NOW.as_millis()).unwrap() + seconds * 1_000;
        Timestamp::from_millis(u64::try_from(millis).unwrap())
    };
    for (seal, seconds, expected) in [
        (exact, -1, Err(NotYetValid)),
        (exact, 0, Ok(())),
        (exact, 899, Ok(())),
        (exact, 900, Err(Expired)),
        (lenient, -6, Err(NotYetValid)),
        (lenient, -5, Ok(())),
        (lenient, 904, Ok(())),
        (lenient, 905, Err(Expired)),
        (lenient, 1_000_000_000, Err(Expired)),
    ] {
        assert_eq!(
            verify(seal, text.clone(), at(seconds)),
            expected,
            "after {seconds} s"
        );
    }
    // Before there was a clock: nothing underflows.
    assert_eq!(verify(exact, text, Timestamp::from_millis(0)), Err(NotYetValid));
    assert!(exact.clone().leeway(Duration::from_secs(301)).is_err());
}

#[test]
fn numbers_that_are_no_dates_are_refused() {
    for number in [
        "1e400",
        "1e18",
        "18446744073709551615",
        "18446744073709551616",
        "253402300800",
        "-1",
        "1.8e9",
        "1800000900.5",
        "\"1800000900\"",
        "null",
        "[1800000900]",
        "NaN",
        "9".repeat(400).as_str(),
    ] {
        for name in ["exp", "nbf", "iat"] {
            let old = format!("\"{name}\":{}", claims()[name]);
            let text = claims()
                .to_string()
                .replace(&old, &format!("\"{name}\":{number}"));
            assert_ne!(text, claims().to_string());
            let judged = judged(&header(), &text);
            assert_eq!(judged, Err(TokenErrorKind::Claims), "{name}: {number}");
        }
    }
}

#[test]
fn a_name_stands_once() {
    let whole = claims().to_string();
    for (name, value) in claims().as_object().unwrap() {
        for twice in [format!("{{\"{name}\":{value},"), format!("{{\"{name}\":null,")] {
            let text = whole.replacen('{', &twice, 1);
            assert_eq!(judged(&header(), &text), Err(TokenErrorKind::Claims), "{name}");
        }
    }
    for own in [
        "{\"tenant\":1,\"tenant\":2,",
        "{\"sub\":\"bob\",\"\\u0073ub\":\"eve\",",
    ] {
        assert_eq!(
            judged(&header(), &whole.replacen('{', own, 1)),
            Err(TokenErrorKind::Claims)
        );
    }
    let header = header().to_string();
    for name in ["alg", "kid", "typ"] {
        let twice = header.replacen('{', &format!("{{\"{name}\":\"none\","), 1);
        assert_eq!(
            verify(&seal(), signed(&twice, &whole), NOW),
            Err(TokenErrorKind::Malformed),
            "{name}"
        );
    }
}

#[test]
fn no_claim_may_be_missing_or_disagree() {
    for name in ["sub", "exp", "nbf", "iat", "jti", "sid", "fam"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(judged_claims(&claims), Err(TokenErrorKind::Claims), "{name}");
    }
    for (name, value) in [
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sid", json!("BwcHBwcHBwcHBwcHBwcHBwcHBwc=")),
        ("sid", json!(keycard::StoreKey::from_bytes([8; 20]).to_string())),
        ("jti", json!("1")),
        ("iat", json!(NOW.as_millis() / 1_000 - 1)),
        ("roles", json!("admin")),
        ("roles", json!([1])),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(
            judged_claims(&claims),
            Err(TokenErrorKind::Claims),
            "{name}: {value}"
        );
    }
    for no_object in ["[]", "null", "\"\"", "7", "", "{", "{}x"] {
        assert_eq!(
            judged(&header(), no_object),
            Err(TokenErrorKind::Claims),
            "{no_object}"
        );
    }
}

#[test]
fn what_must_be_understood_is_refused() {
    for crit in [json!(["b64"]), json!(["exp"]), json!([])] {
        let mut header = header();
        header["crit"] = crit;
        header["b64"] = false.into();
        assert_eq!(
            judged(&header, &claims().to_string()),
            Err(TokenErrorKind::Malformed)
        );
    }
}

#[test]
fn only_the_compact_form_is_a_token() {
    let text = signed(&header().to_string(), &claims().to_string());
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("three parts")
    };
    let flat = json!({"protected": header, "payload": claims, "signature": signature});
    let general = json!({"payload": claims, "signatures": [{"protected": header, "signature": signature}]});
    for odd in [
        flat.to_string(),
        general.to_string(),
        String::new(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}..{signature}"),
        format!("{text}."),
        format!(".{text}"),
        format!("{text}.{signature}.{signature}"),
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}="),
        text.replacen('.', "=.", 1),
        text.replace('-', "+").replace('_', "/") + "+",
        format!("{header}.{claims}.\u{e9}"),
    ] {
        assert!(verify(&seal(), odd.clone(), NOW).is_err(), "{odd}");
    }
}

/// A byte has more than one base64 text if bits beyond it may be set: then a list of tokens by their text is passed by.
#[test]
fn there_is_one_text_for_each_token() {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = signed(&header().to_string(), &claims().to_string());
    let signature = text.rfind('.').unwrap() + 1;
    for (at, character) in text.char_indices().filter(|(_, character)| *character != '.') {
        // Of header and claims one alternative is as good as another; a signature's last bits need them all.
        let most = if at < signature { 1 } else { ALPHABET.len() };
        for other in ALPHABET.chars().filter(|other| *other != character).take(most) {
            let mut bent = text.clone();
            bent.replace_range(at..=at, &other.to_string());
            assert!(verify(&seal(), bent, NOW).is_err(), "character {at} as {other}");
        }
    }
}

#[test]
fn an_oversized_token_is_not_even_read() {
    let mut claims = claims();
    claims["padding"] = "x".repeat(1_000).into();
    assert_eq!(judged_claims(&claims), Ok(()));
    claims["padding"] = "x".repeat(TokenSeal::MAX_LEN).into();
    assert_eq!(judged_claims(&claims), Err(TokenErrorKind::Malformed));
    let deep = "[".repeat(1_000);
    assert!(judged(&header(), &deep).is_err());
    assert_eq!(
        verify(&seal(), "A".repeat(10_000_000), NOW),
        Err(TokenErrorKind::Malformed)
    );
}

proptest! {
    /// Whatever stands there, it is an answer and no panic; and only what our key has signed is accepted.
    #[test]
    fn any_text_is_refused(text in "[A-Za-z0-9_.\\-=]{0,200}|\\PC{0,50}") {
        prop_assert!(verify(&seal(), text, NOW).is_err());
    }
}
