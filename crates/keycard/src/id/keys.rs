//! The public names: of sessions, of users, of devices, of a record's revisions. None of them opens anything.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{SELECTOR, TAG, decode, random};

/// The first 8 bytes of a key: all keys of one user share a tag, and so a slot of a Redis Cluster.
///
/// ```
/// use keycard::StoreKey;
///
/// assert_eq!(StoreKey::from_bytes([7; 20]).tag().to_text(), "BwcHBwcHBwc");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoutingTag(pub(super) [u8; TAG]);

impl RoutingTag {
    /// The tag of a session that nobody is logged in to.
    pub(crate) fn random() -> Self {
        Self(random())
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
    /// The key of these two parts.
    #[must_use]
    pub const fn new(tag: RoutingTag, selector: [u8; 12]) -> Self {
        Self { tag, selector }
    }

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
///
/// ```
/// let error = "no handle".parse::<keycard::StoreKey>().unwrap_err();
/// assert!(error.to_string().contains("27 characters"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseKeyError(());

impl fmt::Display for ParseKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a session handle: 27 characters of base64url are expected")
    }
}

impl std::error::Error for ParseKeyError {}

/// The name under which a store indexes the sessions of a user: 16 bytes of HMAC(index key, user). It comes from
/// [`Keycard::user_key`](crate::Keycard::user_key).
///
/// ```
/// use keycard::UserKey;
///
/// let user = UserKey::from_bytes(*b"tagtagtadigestdi");
/// assert_eq!((user.tag().to_text().as_str(), user.digest()), ("dGFndGFndGE", *b"digestdi"));
/// assert_eq!(UserKey::from_bytes(user.to_bytes()), user);
/// ```
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

    /// The bytes `tag ‖ digest`.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 2 * TAG];
        bytes[..TAG].copy_from_slice(&self.tag.0);
        bytes[TAG..].copy_from_slice(&self.digest);
        bytes
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
///
/// ```
/// use keycard::DeviceDigest;
///
/// assert_eq!(DeviceDigest::from_bytes([0; 8]), DeviceDigest::NONE);
/// ```
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
///
/// ```
/// use keycard::Revision;
///
/// assert_eq!(Revision::from_bytes(*b"revision").to_bytes(), *b"revision");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(u64);

impl Revision {
    pub(crate) fn random() -> Self {
        Self::from_bytes(random())
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
