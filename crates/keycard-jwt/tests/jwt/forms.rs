//! What is no token by its form, or is signed by nobody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard_jwt::{Algorithm, TokenErrorKind, TokenKeys, TokenSeal};
use proptest::prelude::*;
use serde_json::json;

use crate::attacks::{judged, judged_claims, verify};
use crate::forge::*;

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::EdDsa,
    Algorithm::Es256,
    Algorithm::Rs256,
    Algorithm::Hs256,
];

/// A seal with a key for this algorithm, and the header of its access tokens.
fn seal_by(algorithm: Algorithm) -> (TokenSeal, String) {
    let key = key(algorithm);
    let header = json!({"typ": "at+jwt", "alg": algorithm.name(), "kid": key.name()});
    let seal = TokenSeal::new(TokenKeys::new([key]).unwrap(), ISSUER, AUDIENCE).unwrap();
    (seal, header.to_string())
}

/// What nobody has signed: signatures that are no numbers of a curve, or none at all.
#[test]
fn a_signature_of_zeros_is_none() {
    for algorithm in ALGORITHMS {
        let (seal, header) = seal_by(algorithm);
        let message = format!("{}.{}", encode(&header), encode(&claims().to_string()));
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
    for algorithm in ALGORITHMS {
        let (seal, header) = seal_by(algorithm);
        let text = signed_by(algorithm, &header, &claims().to_string());
        assert_eq!(verify(&seal, text.clone(), NOW), Ok(()), "{algorithm:?}");
        for (at, character) in text.char_indices().filter(|(_, character)| *character != '.') {
            // A signature's last character has bits beyond its last byte; elsewhere one alternative is as good as another.
            let most = if at + 1 < text.len() { 1 } else { ALPHABET.len() };
            for other in ALPHABET.chars().filter(|other| *other != character).take(most) {
                let mut bent = text.clone();
                bent.replace_range(at..=at, &other.to_string());
                let judged = verify(&seal, bent, NOW);
                assert!(judged.is_err(), "{algorithm:?}: character {at} as {other}");
            }
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
