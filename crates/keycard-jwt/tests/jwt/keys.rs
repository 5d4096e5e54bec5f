//! Keys: which ones sign, which ones verify, and which are none.

use keycard_jwt::{Access, Algorithm, Signed, TokenErrorKind, TokenKey, TokenKeys, TokenSeal};

use crate::attacks::verify;
use crate::forge::*;

#[test]
fn removing_a_key_ends_what_it_signed() {
    let text = signed(&header().to_string(), &claims().to_string());
    let (old, new) = (key(Algorithm::EdDsa), TokenKey::ed25519([9; 32]).unwrap());
    let seal = |keys: Vec<TokenKey>| TokenSeal::new(TokenKeys::new(keys).unwrap(), ISSUER, AUDIENCE).unwrap();
    assert_eq!(
        verify(&seal(vec![new.clone(), old.clone()]), text.clone(), NOW),
        Ok(())
    );
    assert_eq!(
        verify(&seal(vec![new]), text, NOW),
        Err(TokenErrorKind::UnknownKey)
    );
    assert!(TokenKeys::new([old.clone(), old]).is_err());
}

#[test]
fn keys_that_are_none_do_not_build() {
    assert!(
        TokenKey::hs256([1; 31])
            .unwrap_err()
            .to_string()
            .contains("31 bytes")
    );
    let (ed, ec, rsa) = (ED25519_PEM, P256_PEM, RSA_PEM);
    for (algorithm, pem) in [
        (Algorithm::EdDsa, ec),
        (Algorithm::EdDsa, rsa),
        (Algorithm::Es256, ed),
        (Algorithm::Es256, rsa),
        (Algorithm::Rs256, ed),
        (Algorithm::Rs256, ec),
        (Algorithm::Rs256, RSA_1024_PEM),
        (Algorithm::Rs256, RSA_PUBLIC_PEM),
        (Algorithm::Hs256, ed),
        (Algorithm::EdDsa, ""),
    ] {
        let error = TokenKey::from_pem(algorithm, pem).unwrap_err();
        assert!(!error.to_string().contains("MC4CAQ"), "{error}");
    }
    for name in ["", "a b", "../key", &"x".repeat(65)] {
        assert!(key(Algorithm::EdDsa).named(name).is_err(), "{name:?}");
    }
}

#[test]
fn neither_keys_nor_tokens_are_printed() {
    let token = Signed::<Access>::presented("secret.text");
    let shown = format!("{:?} {:?} {:?}", key(Algorithm::Hs256), seal(), token);
    assert!(!shown.contains("7, 7") && !shown.contains("secret"), "{shown}");
}
