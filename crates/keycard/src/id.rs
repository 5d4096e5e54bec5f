//! Who is who: the id that a client holds, its public half (the store's key), and the key of a user.
//!
//! ```text
//! SessionId = routing tag (8) ‖ selector (12) ‖ secret (32)          what the cookie carries, base64url
//! StoreKey  = routing tag (8) ‖ selector (12)                        public: opens nothing
//! UserKey   = routing tag (8) ‖ digest (8) = HMAC(index key, user)   all sessions of a user share its tag
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

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
        let mut selector = [0; SELECTOR];
        rand::rng().fill_bytes(&mut selector);
        Self::with_new_secret(StoreKey { tag, selector })
    }

    /// A new id for a session that keeps its key.
    pub(crate) fn with_new_secret(key: StoreKey) -> Self {
        let mut secret = [0; SECRET];
        rand::rng().fill_bytes(&mut secret);
        Self { key, secret }
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
    pub(crate) fn parse(text: &str) -> Option<Self> {
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
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(REDACTED)")
    }
}

/// The first 8 bytes of a key: all keys of one user share a tag, and so a slot of a Redis Cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoutingTag([u8; TAG]);

impl RoutingTag {
    /// The tag of a session that nobody is logged in to.
    pub(crate) fn random() -> Self {
        let mut tag = [0; TAG];
        rand::rng().fill_bytes(&mut tag);
        Self(tag)
    }

    pub(crate) fn first_byte(self) -> u8 {
        self.0[0]
    }

    /// The tag as base64url without padding, 11 characters.
    #[must_use]
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for RoutingTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoutingTag({})", self.to_text())
    }
}

/// The public name of a session: the store's key, the handle in a device list, what logs show. It opens nothing.
///
/// Its text is base64url, 27 characters.
///
/// ```
/// use keycard::StoreKey;
///
/// let key = StoreKey::from_bytes([7; 20]);
/// let text = key.to_string();
/// assert_eq!(text.len(), 27);
/// assert_eq!(text.parse::<StoreKey>()?, key);
/// # Ok::<(), keycard::ParseKeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey {
    tag: RoutingTag,
    selector: [u8; SELECTOR],
}

impl StoreKey {
    /// The key with the bytes `tag ‖ selector`.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        let mut key = Self {
            tag: RoutingTag([0; TAG]),
            selector: [0; SELECTOR],
        };
        key.tag.0.copy_from_slice(&bytes[..TAG]);
        key.selector.copy_from_slice(&bytes[TAG..]);
        key
    }

    /// The bytes `tag ‖ selector`.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; TAG + SELECTOR];
        bytes[..TAG].copy_from_slice(&self.tag.0);
        bytes[TAG..].copy_from_slice(&self.selector);
        bytes
    }

    /// The part that all sessions of a user share; random for an anonymous session.
    #[must_use]
    pub fn tag(self) -> RoutingTag {
        self.tag
    }

    /// The part that tells the sessions of one tag apart.
    #[must_use]
    pub fn selector(self) -> [u8; 12] {
        self.selector
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({self})")
    }
}

impl FromStr for StoreKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        decode(text).map(Self::from_bytes).ok_or(ParseKeyError(()))
    }
}

/// The error of reading a [`StoreKey`] from text that is not 27 characters of canonical base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseKeyError(());

impl fmt::Display for ParseKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a session handle: 27 characters of base64url are expected")
    }
}

impl std::error::Error for ParseKeyError {}

/// The name under which a store indexes the sessions of a user: 16 bytes of HMAC(index key, user).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey {
    tag: RoutingTag,
    digest: [u8; TAG],
}

impl UserKey {
    /// The key with the bytes `tag ‖ digest`.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let mut key = Self {
            tag: RoutingTag([0; TAG]),
            digest: [0; TAG],
        };
        key.tag.0.copy_from_slice(&bytes[..TAG]);
        key.digest.copy_from_slice(&bytes[TAG..]);
        key
    }

    /// The tag that all sessions of the user carry.
    #[must_use]
    pub fn tag(self) -> RoutingTag {
        self.tag
    }

    /// The part that tells users with the same tag apart.
    #[must_use]
    pub fn digest(self) -> [u8; 8] {
        self.digest
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UserKey({}.{})",
            self.tag.to_text(),
            URL_SAFE_NO_PAD.encode(self.digest)
        )
    }
}

/// Eight keyed bytes that stand for a device in a user's index; all zero for a session without a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceDigest([u8; 8]);

impl DeviceDigest {
    /// The digest of a session that names no device.
    pub const NONE: Self = Self([0; 8]);

    /// A digest with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

/// A random revision of a record: whoever finds the revision that it tried to write knows that its write landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(u64);

impl Revision {
    pub(crate) fn random() -> Self {
        Self(rand::rng().next_u64())
    }

    /// The revision with these big-endian bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// The big-endian bytes, as a record's header holds them.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// Canonical base64url without padding of exactly `N` bytes.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

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
