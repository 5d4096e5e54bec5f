//! Texts that were signed once, and are signed and read so for ever: the format of claims, of headers, and the names of keys.

use keycard::{KeyRing, StoreKey, Timestamp, TokenId};
use serde_json::{Map, json};

use super::TokenSeal;
use crate::claims::{Access, Refresh, TokenClaims};
use crate::error::TokenConfigError;
use crate::key::{Algorithm, TokenKey};
use crate::keys::TokenKeys;
use crate::signed::Signed;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

/// A key, its name, and an access token that it has signed.
type Golden = (
    fn() -> Result<TokenKeys, TokenConfigError>,
    &'static str,
    &'static str,
);

const GOLDEN: [Golden; 4] = [
    (
        || TokenKeys::derived(&KeyRing::new([[7; 32]]).unwrap()),
        "rHHR25F_1Q2AfIhQPBK-Kk_MvI9TPcR88-dTF9aomaE",
        concat!(
            "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6InJISFIyNUZfMVEyQWZJaFFQQkstS2tfTXZJOVRQY1I4OC1kVEY5",
            "YW9tYUUifQ.eyJhdWQiOiJodHRwczovL2FwaS5zaG9wLmV4YW1wbGUiLCJhdXRoX3RpbWUiOjE3OTk5OTkwMDAsImNsaWVudF9pZ",
            "CI6InNob3AtY2xpIiwiZXhwIjoxODAwMDAwOTAwLCJmYW0iOiJkR0ZuZEdGbmRHRUJveGhjVUh0MGFHVWdabWx5YzNRSyIsImlhd",
            "CI6MTgwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUiLCJqdGkiOiJkR0ZuZEdGbmRHRUJveGhjVUhzQV8yVnBaM",
            "mgwSUdKNSIsIm5iZiI6MTgwMDAwMDAwMCwicm9sZXMiOlsidXNlciIsImFkbWluIl0sInNpZCI6ImRHRm5kR0ZuZEdGelpXeGxZM",
            "1J2Y25ObGJHVSIsInN1YiI6ImFsaWNlIiwidGVuYW50Ijp7ImlkIjo3LCJuYW1lIjoiWm_DqyJ9fQ.enf_LgxnyQo7SIckHuKwFj",
            "1fMM9Skh5r4mruVzLS7xIoNwVS-WoO0mE_zffvOgxVdbtFF-CRg6XJEz0e3GiDDg",
        ),
    ),
    (
        || TokenKeys::new([TokenKey::hs256([7; 32])?]),
        "GfYpjxh2FJAukSAxzjgkY4v5mFzXoMRygFy8kmXA7ME",
        concat!(
            "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiIsImtpZCI6IkdmWXBqeGgyRkpBdWtTQXh6amdrWTR2NW1GelhvTVJ5Z0Z5OGtt",
            "WEE3TUUifQ.eyJhdWQiOiJodHRwczovL2FwaS5zaG9wLmV4YW1wbGUiLCJhdXRoX3RpbWUiOjE3OTk5OTkwMDAsImNsaWVudF9pZ",
            "CI6InNob3AtY2xpIiwiZXhwIjoxODAwMDAwOTAwLCJmYW0iOiJkR0ZuZEdGbmRHRUJveGhjVUh0MGFHVWdabWx5YzNRSyIsImlhd",
            "CI6MTgwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUiLCJqdGkiOiJkR0ZuZEdGbmRHRUJveGhjVUhzQV8yVnBaM",
            "mgwSUdKNSIsIm5iZiI6MTgwMDAwMDAwMCwicm9sZXMiOlsidXNlciIsImFkbWluIl0sInNpZCI6ImRHRm5kR0ZuZEdGelpXeGxZM",
            "1J2Y25ObGJHVSIsInN1YiI6ImFsaWNlIiwidGVuYW50Ijp7ImlkIjo3LCJuYW1lIjoiWm_DqyJ9fQ.7vjYwVvOLYLMIsladr9nJd",
            "HazqoE3habCtmflp1xXSs",
        ),
    ),
    (
        || of_pem(Algorithm::Es256, include_str!("../../tests/jwt/p256.pem")),
        "gRDC5oVVQElXeYG1cFxTOhij7snO-6IhX6euS3n_Oq0",
        concat!(
            "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImdSREM1b1ZWUUVsWGVZRzFjRnhUT2hpajdzbk8tNkloWDZldVMz",
            "bl9PcTAifQ.eyJhdWQiOiJodHRwczovL2FwaS5zaG9wLmV4YW1wbGUiLCJhdXRoX3RpbWUiOjE3OTk5OTkwMDAsImNsaWVudF9pZ",
            "CI6InNob3AtY2xpIiwiZXhwIjoxODAwMDAwOTAwLCJmYW0iOiJkR0ZuZEdGbmRHRUJveGhjVUh0MGFHVWdabWx5YzNRSyIsImlhd",
            "CI6MTgwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUiLCJqdGkiOiJkR0ZuZEdGbmRHRUJveGhjVUhzQV8yVnBaM",
            "mgwSUdKNSIsIm5iZiI6MTgwMDAwMDAwMCwicm9sZXMiOlsidXNlciIsImFkbWluIl0sInNpZCI6ImRHRm5kR0ZuZEdGelpXeGxZM",
            "1J2Y25ObGJHVSIsInN1YiI6ImFsaWNlIiwidGVuYW50Ijp7ImlkIjo3LCJuYW1lIjoiWm_DqyJ9fQ.0BeXq1T6EEqEFxXBxA8LY2",
            "stD8VcvbyopbUgzaAl3VkY-KwbtDoIWt2cU2Zi08-J7fkKTeEagnVxs5uxx2J2kQ",
        ),
    ),
    (
        || of_pem(Algorithm::Rs256, include_str!("../../tests/jwt/rsa-2048.pem")),
        "J04g3_ziEyZauc0s8D5JAvaIGRxHErMXIpIIYPmXMsU",
        concat!(
            "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiIsImtpZCI6IkowNGczX3ppRXlaYXVjMHM4RDVKQXZhSUdSeEhFck1YSXBJSVlQ",
            "bVhNc1UifQ.eyJhdWQiOiJodHRwczovL2FwaS5zaG9wLmV4YW1wbGUiLCJhdXRoX3RpbWUiOjE3OTk5OTkwMDAsImNsaWVudF9pZ",
            "CI6InNob3AtY2xpIiwiZXhwIjoxODAwMDAwOTAwLCJmYW0iOiJkR0ZuZEdGbmRHRUJveGhjVUh0MGFHVWdabWx5YzNRSyIsImlhd",
            "CI6MTgwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUiLCJqdGkiOiJkR0ZuZEdGbmRHRUJveGhjVUhzQV8yVnBaM",
            "mgwSUdKNSIsIm5iZiI6MTgwMDAwMDAwMCwicm9sZXMiOlsidXNlciIsImFkbWluIl0sInNpZCI6ImRHRm5kR0ZuZEdGelpXeGxZM",
            "1J2Y25ObGJHVSIsInN1YiI6ImFsaWNlIiwidGVuYW50Ijp7ImlkIjo3LCJuYW1lIjoiWm_DqyJ9fQ.GORFdwKFaGHMWwxo0vO1kl",
            "-Sp8KqnTjPezog3h1Q4htif6QKcCS5-NfPkIaAe1TA0S7SbWOrAyGcdTAMXScyjS2z7oGe5roycDKuhWWMftbKxMvVJHmtWZMAGo",
            "_WYZvCxEhiEMoh1KJGLD-3OBWfol_Q9yuJTeTnPRGxJSKjyEU_csIpc_wFYY3Cb8TSnsCJkE0qeeqlCCtPndcSD2D0PbAii9Rs6N",
            "4U1xbQBagcSiHYN550A_ksFCB2jqv1GGUo7HbVOFuTrwekSJASWSdJRG1jmYPgAaj2HqTyzWbaEnlqIz7i9-_G2tsMYcGdAT-cG5",
            "HndBIK_IcUA3WK21CPgA",
        ),
    ),
];

/// Signed by the first of these keys.
const REFRESH: &str = concat!(
    "eyJ0eXAiOiJrZXljYXJkLXJlZnJlc2grand0IiwiYWxnIjoiRWREU0EiLCJraWQiOiJySEhSMjVGXzFRMkFmSWhRUEJLLUtrX012",
    "STlUUGNSODgtZFRGOWFvbWFFIn0.eyJhdWQiOiJodHRwczovL3Nob3AuZXhhbXBsZSIsImV4cCI6MTgwMDAwMDkwMCwiZmFtIjoi",
    "ZEdGbmRHRm5kR0VCb3hoY1VIdDBhR1VnWm1seWMzUUsiLCJpYXQiOjE4MDAwMDAwMDAsImlzcyI6Imh0dHBzOi8vc2hvcC5leGFt",
    "cGxlIiwianRpIjoicmVmcmVzaC5kR0ZuZEdGbmRHRUJveGhjVUhzQV8yVnBaMmgwSUdKNSIsIm5iZiI6MTgwMDAwMDAwMCwic2lk",
    "IjoiZEdGbmRHRm5kR0Z6Wld4bFkzUnZjbk5sYkdVIiwic3ViIjoiYWxpY2UifQ.EFRA8BotHiphPuWF8mDip58ZpB-5siS-jNCTA",
    "V86GWbbg9eBRpM6NBOgocvlhHi1pd8royn4-GKX1HkkO6MfDA",
);

fn of_pem(algorithm: Algorithm, pem: &str) -> Result<TokenKeys, TokenConfigError> {
    TokenKeys::new([TokenKey::from_pem(algorithm, pem)?])
}

fn claims<K>(details: K) -> TokenClaims<K> {
    let id = |random: &[u8; 10]| {
        let millis = &NOW.as_millis().to_be_bytes()[2..];
        TokenId::from_bytes([b"tagtagta", millis, random].concat().try_into().unwrap())
    };
    TokenClaims {
        user: "alice".into(),
        session: StoreKey::from_bytes(*b"tagtagtaselectorsele"),
        id: id(b"\0\xffeight by"),
        family: id(b"the first\n"),
        expires: Timestamp::from_millis(1_800_000_900_000),
        details,
    }
}

fn access() -> TokenClaims<Access> {
    claims(Access {
        client: Some("shop-cli".to_owned()),
        authenticated_at: Some(Timestamp::from_millis(1_799_999_000_000)),
        roles: ["user", "admin"].map(str::to_owned).to_vec(),
        own: Map::from_iter([("tenant".to_owned(), json!({"id": 7, "name": "Zo\u{eb}"}))]),
    })
}

fn seal(keys: TokenKeys) -> TokenSeal {
    TokenSeal::new(keys, "https://shop.example", "https://api.shop.example").unwrap()
}

#[test]
fn access_tokens_are_read_and_signed_as_ever() {
    for (keys, name, text) in GOLDEN {
        let keys = keys().unwrap();
        let key = keys.signing().unwrap();
        let (algorithm, named) = (key.algorithm(), key.name().to_owned());
        let seal = seal(keys);
        let signed = seal.sign(&access()).unwrap();
        assert_eq!(named, name, "{algorithm:?}");
        let read = seal.verify_at(&Signed::<Access>::presented(text), NOW).unwrap();
        assert_eq!(read, access(), "{algorithm:?}");
        // ECDSA signs with a number that is new each time.
        let same = if algorithm == Algorithm::Es256 {
            |text: &str| text.rsplit_once('.').unwrap().0.to_owned()
        } else {
            str::to_owned
        };
        assert_eq!(same(signed.expose_text()), same(text), "{algorithm:?}");
    }
}

#[test]
fn refresh_tokens_are_read_and_signed_as_ever() {
    let seal = seal(GOLDEN[0].0().unwrap());
    let signed = seal.sign(&claims(Refresh)).unwrap();
    let read = seal
        .verify_at(&Signed::<Refresh>::presented(REFRESH), NOW)
        .unwrap();
    assert_eq!(read, claims(Refresh));
    assert_eq!(signed.expose_text(), REFRESH);
}
