//! Who is who: the id that a client holds, its public half (the store's key), and the key of a user.
//!
//! ```text
//! SessionId = routing tag (8) ‖ selector (12) ‖ secret (32)          what the cookie carries, base64url
//! StoreKey  = routing tag (8) ‖ selector (12)                        public: opens nothing
//! UserKey   = routing tag (8) ‖ digest (8) = HMAC(index key, user)   all sessions of a user share its tag
//! ```

mod keys;
mod token;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

pub use self::keys::{DeviceDigest, ParseKeyError, Revision, RoutingTag, StoreKey, UserKey};
pub use self::token::{ParseTokenIdError, TokenId};

const TAG: usize = 8;
const SELECTOR: usize = 12;
const SECRET: usize = 32;
const DIGEST: usize = 16;

/// What a client holds: the [`StoreKey`] and the secret that opens it. It never prints its secret.
///
/// # Security
///
/// 32 bytes of the secret come from a CSPRNG (ASVS 5.0 7.2.3 asks for 16). The store keeps only a digest of them, so a
/// dump of the store opens no session.
#[derive(Clone)]
pub(crate) struct SessionId {
    key: StoreKey,
    secret: [u8; SECRET],
}

impl SessionId {
    /// The length of the text form in characters.
    pub(crate) const TEXT: usize = ((TAG + SELECTOR + SECRET) * 8).div_ceil(6);

    /// A new id with a new key under `tag`.
    pub(crate) fn generate(tag: RoutingTag) -> Self {
        Self::with_new_secret(StoreKey::new(tag, random()))
    }

    /// A new id for a session that keeps its key.
    pub(crate) fn with_new_secret(key: StoreKey) -> Self {
        Self {
            key,
            secret: random(),
        }
    }

    pub(crate) fn key(&self) -> StoreKey {
        self.key
    }

    pub(crate) fn digest(&self) -> SecretDigest {
        let full = Sha256::digest(self.secret);
        let mut short = [0; DIGEST];
        short.copy_from_slice(&full[..DIGEST]);
        SecretDigest(short)
    }

    /// The text that goes into the cookie: the one way by which the secret leaves this type.
    pub(crate) fn expose_text(&self) -> String {
        let mut bytes = [0; TAG + SELECTOR + SECRET];
        bytes[..TAG + SELECTOR].copy_from_slice(&self.key.to_bytes());
        bytes[TAG + SELECTOR..].copy_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the text form; `None` for any other length, alphabet or padding.
    pub(crate) fn parse(text: impl AsRef<[u8]>) -> Option<Self> {
        let bytes: [u8; TAG + SELECTOR + SECRET] = decode(text)?;
        let (key, secret) = bytes.split_at(TAG + SELECTOR);
        Some(Self {
            key: StoreKey::from_bytes(key.try_into().ok()?),
            secret: secret.try_into().ok()?,
        })
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionId")
            .field("key", &self.key)
            .field("secret", &"REDACTED")
            .finish()
    }
}

/// The first 16 bytes of SHA-256 of an id's secret: what a record keeps of it. Compared in constant time.
#[derive(Clone, Copy)]
pub(crate) struct SecretDigest([u8; DIGEST]);

impl SecretDigest {
    pub(crate) const LEN: usize = DIGEST;

    pub(crate) fn from_bytes(bytes: [u8; DIGEST]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; DIGEST] {
        &self.0
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        let number = |digest: &Self| u128::from_ne_bytes(digest.0);
        number(self).ct_eq(&number(other)).into()
    }
}

impl Eq for SecretDigest {}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(REDACTED)")
    }
}

/// Bytes from a CSPRNG that is seeded by the operating system: the one place where randomness comes from.
#[expect(clippy::disallowed_methods, reason = "this is the source of randomness")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// Canonical base64url without padding of exactly `N` bytes.
pub(crate) fn decode<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let len = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (len == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample;

    use super::*;
    use crate::properties::many;

    proptest! {
        #![proptest_config(many())]

        /// There is one text for each id and each handle: two texts never name the same session.
        #[test]
        fn what_is_read_is_written_so(id: [u8; 26], changes in vec((0..70_usize, any::<u8>()), 0..3), len in sample::select(vec![27, 70])) {
            let mut text = URL_SAFE_NO_PAD.encode([id, id].concat()).into_bytes();
            for (at, byte) in changes {
                text[at] = byte;
            }
            text.truncate(len);
            let text = String::from_utf8_lossy(&text);
            if let Some(read) = SessionId::parse(&*text) {
                prop_assert_eq!(read.expose_text(), &*text);
            }
            if let Ok(read) = text.parse::<StoreKey>() {
                prop_assert_eq!(read.to_string(), &*text);
            }
        }
    }

    #[test]
    fn an_id_survives_its_text_form() {
        let id = SessionId::generate(RoutingTag::random());
        let text = id.expose_text();
        assert_eq!(text.len(), SessionId::TEXT);
        let read = SessionId::parse(&text).unwrap();
        assert_eq!(read.key(), id.key());
        assert_eq!(read.digest(), id.digest());
    }

    #[test]
    fn ids_of_another_length_or_alphabet_are_refused() {
        let text = SessionId::generate(RoutingTag::random()).expose_text();
        for bad in [
            String::new(),
            text[..69].to_owned(),
            format!("{text}A"),
            format!("{text}="),
            text.replace(|c: char| c.is_ascii_digit(), "+"),
            "\0".repeat(SessionId::TEXT),
        ] {
            assert!(SessionId::parse(&bad).is_none() || bad == text, "{bad:?}");
        }
    }

    #[test]
    fn non_canonical_trailing_bits_are_refused() {
        let key = StoreKey::from_bytes([0; 20]).to_string();
        let bent = format!("{}B", &key[..26]);
        assert!(bent.parse::<StoreKey>().is_err());
    }

    #[test]
    fn ids_do_not_repeat() {
        let tag = RoutingTag::random();
        let ids: HashSet<String> = (0..10_000)
            .map(|_| SessionId::generate(tag).expose_text())
            .collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn debug_shows_no_secret() {
        let id = SessionId::generate(RoutingTag::random());
        let shown = format!("{id:?} {:?}", id.digest());
        assert!(!shown.contains(&URL_SAFE_NO_PAD.encode(id.secret)[..16]));
        assert!(shown.contains("REDACTED"));
    }

    #[test]
    fn a_new_secret_keeps_the_key() {
        let id = SessionId::generate(RoutingTag::random());
        let next = SessionId::with_new_secret(id.key());
        assert_eq!(next.key(), id.key());
        assert_ne!(next.digest(), id.digest());
    }
}
