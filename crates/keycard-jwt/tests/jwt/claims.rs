//! What attackers write into claims.

use std::time::Duration;

use jsonwebtoken::{DecodingKey, Validation};
use keycard::Timestamp;
use keycard_jwt::{Access, Algorithm, Refresh, Signed, TokenErrorKind};
use serde_json::{Value, json};

use crate::attacks::{judged, judged_claims, verify};
use crate::forge::*;
use crate::world::World;

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
        ("client_id", json!(7)),
        ("client_id", json!(null)),
        ("auth_time", json!("1800000000")),
        ("auth_time", json!(253_402_300_800_u64)),
        ("auth_time", json!(-1)),
        ("auth_time", json!(null)),
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

/// A service that verifies by the JWKS alone may look at issuer and audience and at nothing else (RFC 8725 §3.12).
#[tokio::test]
async fn a_refresh_token_is_no_access_token_to_who_ignores_its_type() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let jwks = serde_json::to_value(world.tokens.jwks()).unwrap();
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks).unwrap();
    let key = DecodingKey::from_jwk(&jwks.keys[0]).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_issuer(&["https://shop"]);
    validation.set_audience(&["https://api"]);
    let accepts = |text: &str| jsonwebtoken::decode::<Value>(text, &key, &validation).map(drop);
    accepts(pair.access.expose_text()).unwrap();
    let refused = accepts(pair.refresh.expose_text()).unwrap_err();
    assert_eq!(*refused.kind(), jsonwebtoken::errors::ErrorKind::InvalidAudience);
}

/// Whatever its type says, a token for the one audience is none for the other.
#[test]
fn each_kind_of_token_has_an_audience_of_its_own() {
    let typ = "keycard-refresh+jwt";
    let refresh_header = json!({"typ": typ, "alg": "EdDSA", "kid": key(Algorithm::EdDsa).name()});
    let (mut access, mut refresh) = (claims(), refresh_claims());
    access["aud"] = ISSUER.into();
    refresh["aud"] = AUDIENCE.into();
    let access = Signed::<Access>::presented(signed(&header().to_string(), &access.to_string()));
    let refresh = Signed::<Refresh>::presented(signed(&refresh_header.to_string(), &refresh.to_string()));
    for refused in [
        seal().verify_at(&access, NOW).map(drop),
        seal().verify_at(&refresh, NOW).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), TokenErrorKind::WrongAudience);
    }
    // Nor by its audience alone: the other kind's name of a token is none of its own.
    let (mut access, mut refresh) = (claims(), refresh_claims());
    (access["jti"], refresh["jti"]) = (refresh["jti"].take(), access["jti"].take());
    let access = Signed::<Access>::presented(signed(&header().to_string(), &access.to_string()));
    let refresh = Signed::<Refresh>::presented(signed(&refresh_header.to_string(), &refresh.to_string()));
    for refused in [
        seal().verify_at(&access, NOW).map(drop),
        seal().verify_at(&refresh, NOW).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), TokenErrorKind::Claims);
    }
}
