//! What must hold of every token that strangers send, whatever it is. The property takes raw bytes and panics where it is
//! broken; it is run by a property test, on the seeds in `fuzz/seeds/token`, and by the fuzzer (`cargo xtask fuzz`).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::Timestamp;
use serde_json::Value;

use crate::claims::{Access, Kind, Refresh};
use crate::compact;
use crate::key::TokenKey;
use crate::keys::TokenKeys;
use crate::seal::TokenSeal;
use crate::signed::Signed;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "https://api.shop.example";

/// Takes `input` for what a client sends; and for claims that our key has signed, behind a header of ours or, if there is a
/// line break, behind what stands before that.
pub fn hold(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        what_opens_was_signed(text);
    }
    for header in HEADERS {
        what_is_signed_has_one_meaning(header.as_bytes(), input);
    }
    if let Some(end) = input.iter().position(|byte| *byte == b'\n') {
        what_is_signed_has_one_meaning(&input[..end], &input[end + 1..]);
    }
}

/// There is one text for what was signed, and the signature is ours.
fn what_opens_was_signed(text: &str) {
    if compact::open(text, &OURS.keys).is_ok() {
        let message = text.rsplit_once('.').map_or(text, |(message, _)| message);
        assert_eq!(signed(message.to_owned()), text);
    }
}

/// Two readers of what our key has signed do not differ, and what is understood of it is all that there is to it.
fn what_is_signed_has_one_meaning(header: &[u8], claims: &[u8]) {
    let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let text = signed(message.join("."));
    if let Ok(opened) = compact::open(&text, &OURS.keys) {
        let by_the_book = serde_json::from_slice::<Value>(header).unwrap_or_default();
        assert_eq!(
            (&by_the_book["alg"], &by_the_book["kid"]),
            (&"HS256".into(), &OURS.name.as_str().into())
        );
        assert!(
            by_the_book["typ"]
                .as_str()
                .is_some_and(|typ| opened.is_one_of(&[typ]))
        );
        let by_the_book = serde_json::from_slice::<Value>(claims).unwrap_or_default();
        assert_eq!(Value::Object(opened.claims), by_the_book);
    }
    let accepted = [is_whole::<Access>(&text), is_whole::<Refresh>(&text)];
    assert_ne!(accepted, [true; 2], "an access token and a refresh token at once");
}

/// Whether a token is accepted; then it says nothing that is lost when it is signed anew.
fn is_whole<K: Kind + PartialEq>(text: &str) -> bool {
    let Ok(read) = OURS.seal.verify_at(&Signed::<K>::presented(text), NOW) else {
        return false;
    };
    if let Ok(anew) = OURS.seal.sign(&read) {
        let read_anew = OURS.seal.verify_at(&anew, NOW);
        assert_eq!(read_anew.ok(), Some(read));
    }
    true
}

fn signed(message: String) -> String {
    let signature = OURS.key.sign(message.as_bytes()).unwrap_or_default();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

const HEADERS: [&str; 2] = [
    r#"{"typ":"at+jwt","alg":"HS256","kid":"fuzz"}"#,
    r#"{"typ":"keycard-refresh+jwt","alg":"HS256","kid":"fuzz"}"#,
];

struct Ours {
    name: String,
    key: TokenKey,
    keys: TokenKeys,
    seal: TokenSeal,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let key = TokenKey::hs256([7; 32]).and_then(|key| key.named("fuzz"));
    let ours = key.and_then(|key| {
        let keys = TokenKeys::new([key.clone()])?;
        Ok(Ours {
            name: key.name().to_owned(),
            seal: TokenSeal::new(keys.clone(), ISSUER, AUDIENCE)?,
            key,
            keys,
        })
    });
    let Ok(ours) = ours else {
        panic!("32 bytes are a key")
    };
    ours
});

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use keycard::{StoreKey, TokenId};
    use proptest::prelude::*;
    use proptest::sample;

    use super::*;

    /// The claims of a token that is accepted, with something in the place of a part of them.
    fn nearly_right() -> impl Strategy<Value = String> {
        let odd = prop_oneof![
            Just(String::new()),
            "[\\[\\]{}\":,\\\\a-z0-9.eE-]{1,6}",
            sample::select(&["null", "\"sub\":\"eve\",", "1e400", "\\u0073ub", "[]", "{}"][..])
                .prop_map(str::to_owned),
        ];
        (any::<bool>(), any::<sample::Index>(), 0..12_usize, odd).prop_map(|(refresh, at, cut, odd)| {
            let claims = claims(refresh);
            let at = at.index(claims.len());
            let end = claims.len().min(at + cut);
            format!("{}{odd}{}", &claims[..at], &claims[end..])
        })
    }

    fn claims(refresh: bool) -> String {
        let session = StoreKey::from_bytes([7; 20]);
        let id = TokenId::from_bytes(
            [&[7; 8][..], &NOW.as_millis().to_be_bytes()[2..], &[9; 10]]
                .concat()
                .try_into()
                .unwrap(),
        );
        let (prefix, audience) = if refresh {
            ("refresh.", ISSUER)
        } else {
            ("", AUDIENCE)
        };
        let now = NOW.as_millis() / 1_000;
        format!(
            r#"{{"iss":"{ISSUER}","sub":"alice","aud":"{audience}","exp":{},"nbf":{now},"iat":{now},"jti":"{prefix}{id}","sid":"{session}","fam":"{id}","client_id":"cli","auth_time":{now},"roles":["user"],"tenant":7}}"#,
            now + 900
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn what_is_nearly_right_has_one_meaning(claims in nearly_right()) {
            hold(claims.as_bytes());
        }
    }

    /// The property is one of tokens that are accepted, too.
    #[test]
    fn what_is_right_is_accepted() {
        for (header, refresh) in HEADERS.into_iter().zip([false, true]) {
            let message = [header, &claims(refresh)].map(|part| URL_SAFE_NO_PAD.encode(part));
            let text = signed(message.join("."));
            assert_eq!(
                [is_whole::<Access>(&text), is_whole::<Refresh>(&text)],
                [!refresh, refresh]
            );
            hold(text.as_bytes());
        }
    }

    #[test]
    fn seeds_hold() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/token");
        let seeds = fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path());
        let ran = seeds.inspect(|seed| hold(&fs::read(seed).unwrap())).count();
        assert!(ran > 0, "no seeds");
    }
}
