//! Signing: an id ⇄ the text that a client holds, bound to what it is for.

mod derived;
mod keyring;
mod macs;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::keyring::{IndexKey, KeyRing};
pub(crate) use self::macs::{MAC, Macs};
use crate::id::{SessionId, decode};

/// The format of sealed texts, and their first character.
const FORMAT: u8 = b'1';
const MAC_TEXT: usize = 43;

/// What a sealed text is for; a text sealed for one purpose does not verify for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The value of a session cookie.
    Cookie,
    /// The value of a header, under its name.
    Header,
    /// What shows that a request was made by a page of the application.
    Csrf,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Header => "header",
            Self::Csrf => "csrf",
        }
    }
}

/// Signs and verifies ids with HMAC-SHA256, bound to purpose, name of the cookie or header, application and format.
///
/// The sealed text is format, id, `.`, MAC: 115 characters of `A-Za-z0-9-_.`, so nothing needs escaping.
#[derive(Clone)]
pub(crate) struct Seal(Macs);

impl Seal {
    /// The length of a sealed text in characters.
    pub(crate) const TEXT: usize = 1 + SessionId::TEXT + 1 + MAC_TEXT;

    pub(crate) fn new(ring: &KeyRing, purpose: Purpose, name: &str, application: &str) -> Self {
        Self(Macs::new(ring, purpose, name, application))
    }

    /// Whether a text has the form of a sealed one, as far as it goes: an id of this format, and a dot behind it.
    pub(crate) fn looks_like_one(text: &[u8]) -> bool {
        text.first() == Some(&FORMAT) && text.get(1 + SessionId::TEXT) == Some(&b'.')
    }

    pub(crate) fn seal(&self, id: &SessionId) -> String {
        let mut text = String::with_capacity(Self::TEXT);
        text.push(char::from(FORMAT));
        text.push_str(&id.expose_text());
        let mac = URL_SAFE_NO_PAD.encode(self.0.sign([&text]));
        text.push('.');
        text.push_str(&mac);
        text
    }

    /// The id in a sealed text, if one of the keys signed it. The MAC is verified before anything else is read.
    pub(crate) fn open(&self, sealed: impl AsRef<[u8]>) -> Option<SessionId> {
        let sealed: &[u8; Self::TEXT] = sealed.as_ref().try_into().ok()?;
        let (text, mac) = sealed.split_at(1 + SessionId::TEXT);
        let mac: [u8; MAC] = decode(mac.strip_prefix(b".")?)?;
        if !self.0.verify([text], &mac) {
            return None;
        }
        SessionId::parse(text.strip_prefix(&[FORMAT])?)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{RoutingTag, UserKey};
    use crate::key::UserId;

    fn ring(keys: &[u8]) -> KeyRing {
        KeyRing::new(keys.iter().map(|byte| [*byte; 32])).unwrap()
    }

    fn cookie(ring: &KeyRing) -> Seal {
        Seal::new(ring, Purpose::Cookie, "__Host-sid", "shop")
    }

    /// Sealed once, by the first release: each must open for ever, and to the id whose digest the records hold.
    const GOLDEN: &str = include_str!("golden-v1.txt");

    #[test]
    fn the_first_release_s_ids_open_for_ever() {
        let (key, long): (Vec<u8>, Vec<u8>) = (vec![7; 32], (0..64).collect());
        let digests = [
            0xcbcd_4d93_1374_7375_fa02_cb90_9324_016a,
            0xaf96_1376_0f72_635f_bdb4_4a5a_0a63_c39f_u128,
            0x69c5_5c90_02eb_8c7a_4e75_d0b4_9629_c4cf,
        ];
        let sealed_with = [
            (&key, Purpose::Cookie, "__Host-sid", "shop", digests[0]),
            (&long, Purpose::Cookie, "sid", "", digests[1]),
            (&key, Purpose::Cookie, "__Secure-sid", "büro", digests[2]),
            (&key, Purpose::Header, "x-session-id", "shop", digests[0]),
            (&long, Purpose::Header, "authorization", "", digests[1]),
        ];
        for (golden, (key, purpose, name, application, digest)) in GOLDEN.lines().zip(sealed_with) {
            let seal = Seal::new(&KeyRing::new([key]).unwrap(), purpose, name, application);
            let id = seal.open(golden).expect("a golden id opens");
            assert_eq!(*id.digest().as_bytes(), digest.to_be_bytes());
            assert_eq!(seal.seal(&id), golden);
        }
        assert_eq!(GOLDEN.lines().count(), sealed_with.len());
    }

    #[test]
    fn the_first_release_s_users_keep_their_index() {
        let alice = IndexKey::new([7; 32]).unwrap().user_key(&UserId::from("alice"));
        let golden = 0x4b48_3fd0_db94_2748_7ef0_ec98_61f2_0bc0_u128;
        assert_eq!(alice, UserKey::from_bytes(golden.to_be_bytes()));
    }

    #[test]
    fn a_sealed_id_opens_and_needs_no_escaping() {
        let id = SessionId::generate(RoutingTag::random());
        let sealed = cookie(&ring(&[1])).seal(&id);
        assert_eq!(sealed.len(), Seal::TEXT);
        assert!(
            sealed
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        );
        assert_eq!(cookie(&ring(&[1])).open(&sealed).unwrap().digest(), id.digest());
    }

    #[test]
    fn the_first_key_signs_and_every_key_verifies() {
        let id = SessionId::generate(RoutingTag::random());
        let old = cookie(&ring(&[1])).seal(&id);
        assert!(cookie(&ring(&[2, 1])).open(&old).is_some());
        assert!(
            cookie(&ring(&[2])).open(&old).is_none(),
            "a removed key ends what it signed"
        );
        let new = cookie(&ring(&[2, 1])).seal(&id);
        assert!(cookie(&ring(&[1])).open(&new).is_none());
    }

    #[test]
    fn a_seal_is_bound_to_name_and_application() {
        let keys = ring(&[1]);
        let sealed = cookie(&keys).seal(&SessionId::generate(RoutingTag::random()));
        for (name, application) in [
            ("__Host-adm", "shop"),
            ("__Host-sid", "blog"),
            ("__Host-sidshop", ""),
        ] {
            assert!(
                Seal::new(&keys, Purpose::Cookie, name, application)
                    .open(&sealed)
                    .is_none()
            );
        }
    }

    #[test]
    fn no_changed_character_verifies() {
        let seal = cookie(&ring(&[1]));
        let sealed = seal.seal(&SessionId::generate(RoutingTag::random()));
        for at in 0..sealed.len() {
            for other in 0..=0x7f_u8 {
                let mut bent = sealed.clone();
                bent.replace_range(at..=at, &char::from(other).to_string());
                assert!(bent == sealed || seal.open(&bent).is_none(), "{bent}");
            }
        }
        for bent in [
            "",
            ".",
            &sealed[1..],
            &sealed[..sealed.len() - 1],
            &format!("{sealed}="),
        ] {
            assert!(seal.open(bent).is_none(), "{bent}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!(
            "{:?} {:?} {:?}",
            ring(&[65]),
            cookie(&ring(&[65])),
            IndexKey::new([65; 32]).unwrap()
        );
        assert!(!shown.contains("AAA") && !shown.contains("65, 65"), "{shown}");
    }
}
