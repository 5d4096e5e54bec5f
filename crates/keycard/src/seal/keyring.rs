//! Keys: what signs cookies now, what may still verify them, and the key of the user index.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::ConfigError;
use crate::id::{DeviceDigest, UserKey, random};
use crate::key::UserId;

/// The shortest key in bytes: the output of the hash, as RFC 2104 §3 advises.
const MIN_KEY: usize = 32;

/// The keys that sign and verify: the first signs, each verifies.
///
/// To rotate, put a new key in front and keep the old ones until the sessions that they signed have expired; removing a
/// key ends what it signed. What is signed with a key is never the key itself but an HKDF subkey for one purpose.
///
/// ```
/// use keycard::KeyRing;
///
/// let ring = KeyRing::from_base64("bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=, b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleSE=")?;
/// assert_eq!(ring.len(), 2);
/// assert!(KeyRing::from_base64("c2hvcnQ=").is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
///
/// # Security
///
/// Whoever holds a key can sign cookies, though not guess a session's secret. Keep keys out of the repository; make one
/// with `openssl rand -base64 32`.
#[derive(Clone)]
pub struct KeyRing(Vec<Secret>);

impl KeyRing {
    /// A ring of raw keys, the signing one first.
    ///
    /// ```
    /// use keycard::KeyRing;
    ///
    /// assert_eq!(KeyRing::new([[2; 32], [1; 32]])?.len(), 2);
    /// assert!(KeyRing::new([b"too short"]).is_err());
    /// # Ok::<(), keycard::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No key, or one shorter than 32 bytes.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, ConfigError> {
        let keys = keys
            .into_iter()
            .enumerate()
            .map(|(at, key)| Secret::new(key.as_ref(), &format!("signing key {}", at + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(ConfigError::new(
                "no signing key: give at least one of 32 bytes or more",
            ));
        }
        Ok(Self(keys))
    }

    /// Reads keys in standard base64 with padding, separated by commas or line breaks.
    ///
    /// # Errors
    ///
    /// No key, one that is not base64, or one shorter than 32 bytes.
    pub fn from_base64(list: &str) -> Result<Self, ConfigError> {
        let keys = list
            .split([',', '\n'])
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .enumerate()
            .map(|(at, key)| decode(key, &format!("signing key {}", at + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(keys)
    }

    /// Reads keys from an environment variable, as [`from_base64`](Self::from_base64).
    ///
    /// ```
    /// use keycard::KeyRing;
    ///
    /// let error = KeyRing::from_env("NO_SUCH_VARIABLE").unwrap_err();
    /// assert!(error.to_string().starts_with("NO_SUCH_VARIABLE is not set"));
    /// ```
    ///
    /// # Errors
    ///
    /// The variable is not set, or does not hold keys.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        from_env(variable, Self::from_base64)
    }

    /// Reads keys from a file, as [`from_base64`](Self::from_base64): one key a line, say, as secrets are mounted into
    /// containers. It is read once; a rotation takes a restart.
    ///
    /// ```
    /// use keycard::KeyRing;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("keys");
    /// std::fs::write(&path, "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=\nb2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleSE=\n")?;
    /// assert_eq!(KeyRing::from_file(&path)?.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, or does not hold keys.
    ///
    /// # Security
    ///
    /// Let nobody but the service read the file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        from_file(path.as_ref(), Self::from_base64)
    }

    /// A ring of one random key: cookies survive neither a restart nor a second server. For tests and first steps.
    #[must_use]
    pub fn random() -> Self {
        Self(vec![Secret(random::<MIN_KEY>().into())])
    }

    /// How many keys the ring holds.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a ring is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One MAC per key for what `info` names, the signing one first.
    pub(super) fn subkeys(&self, info: &str) -> Vec<Hmac<Sha256>> {
        self.0.iter().map(|key| key.mac(info)).collect()
    }

    /// The index key that goes with a single signing key; with several, which one it is must be said.
    pub(crate) fn sole_index_key(&self) -> Option<IndexKey> {
        match self.0.as_slice() {
            [key] => Some(IndexKey(key.mac(INDEX))),
            _ => None,
        }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.0.len())
    }
}

const INDEX: &str = "index";

/// The key from which routing tags and the names of users' indexes are derived. It does not rotate: with another one,
/// the sessions that users already have are no longer found under their names.
///
/// Needed only when the [`KeyRing`] holds several keys; with a single signing key it is derived from that one. Give it
/// the oldest signing key to keep the index that there was before the first rotation: see
/// [`KeycardBuilder::index_key`](crate::KeycardBuilder::index_key).
///
/// ```
/// use keycard::IndexKey;
///
/// let key = IndexKey::from_base64("b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleSE=")?;
/// assert_eq!(format!("{key:?}"), "IndexKey(REDACTED)");
/// assert!(IndexKey::new(b"too short").is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct IndexKey(Hmac<Sha256>);

impl IndexKey {
    /// The index key of these raw bytes.
    ///
    /// # Errors
    ///
    /// Fewer than 32 bytes.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self(Secret::new(key.as_ref(), "the index key")?.mac(INDEX)))
    }

    /// The index key of standard base64 with padding.
    ///
    /// # Errors
    ///
    /// Not base64, or fewer than 32 bytes.
    pub fn from_base64(key: &str) -> Result<Self, ConfigError> {
        Self::new(decode(key.trim(), "the index key")?)
    }

    /// Reads the index key from an environment variable, as [`from_base64`](Self::from_base64).
    ///
    /// # Errors
    ///
    /// The variable is not set, or does not hold a key.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        from_env(variable, Self::from_base64)
    }

    /// Reads the index key from a file, as [`from_base64`](Self::from_base64).
    ///
    /// # Errors
    ///
    /// The file cannot be read, or does not hold a key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        from_file(path.as_ref(), Self::from_base64)
    }

    pub(crate) fn user_key(&self, user: &UserId) -> UserKey {
        let mut mac = self.0.clone();
        mac.update(user.as_str().as_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        UserKey::from_bytes(short)
    }

    /// A keyed digest of what is fed, of at most 32 bytes, for another purpose than naming users.
    pub(crate) fn digest<const N: usize>(
        &self,
        purpose: &str,
        feed: impl FnOnce(&mut Hmac<Sha256>),
    ) -> [u8; N] {
        let mut mac = self.0.clone();
        // No user's id begins with this byte, which is not UTF-8.
        mac.update(b"\xff");
        mac.update(purpose.as_bytes());
        feed(&mut mac);
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|at| full[at])
    }

    /// What stands for a device in the index of its user: two users' devices with the same id have nothing in common.
    pub(crate) fn device(&self, user: UserKey, id: &str) -> DeviceDigest {
        DeviceDigest::from_bytes(self.digest("device", |mac| {
            mac.update(&user.to_bytes());
            mac.update(id.as_bytes());
        }))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(REDACTED)")
    }
}

fn from_env<T>(variable: &str, read: impl Fn(&str) -> Result<T, ConfigError>) -> Result<T, ConfigError> {
    let text = std::env::var(variable).map_err(|_| {
        ConfigError::new(format!(
            "{variable} is not set: set it to a key made with `openssl rand -base64 32`"
        ))
    })?;
    read(&text).map_err(|error| ConfigError::new(format!("{variable}: {error}")))
}

fn from_file<T>(path: &Path, read: impl Fn(&str) -> Result<T, ConfigError>) -> Result<T, ConfigError> {
    let file = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::new(format!("cannot read {file}: {error}")))?;
    read(&text).map_err(|error| ConfigError::new(format!("{file}: {error}")))
}

#[derive(Clone)]
struct Secret(Box<[u8]>);

impl Secret {
    fn new(key: &[u8], what: &str) -> Result<Self, ConfigError> {
        if key.len() < MIN_KEY {
            return Err(ConfigError::new(format!(
                "{what} has {} bytes: use at least {MIN_KEY}, as `openssl rand -base64 32` makes",
                key.len()
            )));
        }
        Ok(Self(key.into()))
    }

    fn mac(&self, info: &str) -> Hmac<Sha256> {
        let mut subkey = hmac::digest::Key::<Hmac<Sha256>>::default();
        let expanded = Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(&[b"keycard/v1/", info.as_bytes()], &mut subkey);
        debug_assert!(expanded.is_ok(), "one block is always available");
        Hmac::new(&subkey)
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, ConfigError> {
    STANDARD.decode(text).map_err(|_| {
        ConfigError::new(format!(
            "{what} is not standard base64 with padding: make one with `openssl rand -base64 32`"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::NamedTempFile;

    fn file(content: &str) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    /// What the keys sign the same text with: equal rings sign and verify alike.
    fn signatures(ring: &KeyRing) -> Vec<[u8; 32]> {
        let macs = ring.subkeys("test").into_iter();
        macs.map(|mac| mac.finalize().into_bytes().into()).collect()
    }

    #[test]
    fn a_file_holds_keys_however_its_lines_end() {
        let (new, old) = (STANDARD.encode([2; 32]), STANDARD.encode([1; 32]));
        let expected = signatures(&KeyRing::new([[2; 32], [1; 32]]).unwrap());
        for content in [
            format!("{new}\n{old}\n"),
            format!("{new}\n{old}"),
            format!("{new}\r\n\r\n{old}\r\n"),
            format!("  {new}, {old}\n"),
        ] {
            let ring = KeyRing::from_file(file(&content)).unwrap();
            assert_eq!(signatures(&ring), expected, "{content:?}");
        }
    }

    #[test]
    fn a_file_holds_the_index_key_with_or_without_a_line_end() {
        let (alice, encoded) = (UserId::from("alice"), STANDARD.encode([1; 32]));
        let expected = IndexKey::new([1; 32]).unwrap().user_key(&alice);
        for content in [encoded.clone(), format!("{encoded}\n")] {
            let key = IndexKey::from_file(file(&content)).unwrap();
            assert_eq!(key.user_key(&alice), expected);
        }
        let two = format!("{encoded}\n{encoded}\n");
        let error = IndexKey::from_file(file(&two)).unwrap_err().to_string();
        assert!(
            error.contains("the index key is not") && !error.contains(&encoded),
            "{error}"
        );
    }

    #[test]
    fn a_file_without_keys_is_named_and_not_quoted() {
        let missing = KeyRing::from_file("/no/such/file").unwrap_err().to_string();
        assert!(missing.contains("cannot read /no/such/file"), "{missing}");
        let key = STANDARD.encode([1; 32]);
        for (content, expected) in [
            (String::new(), "no signing key"),
            (format!("{key}\nhunter2\n"), "signing key 2 is not"),
            (format!("{key}\n{}\n", &key[..20]), "signing key 2 has 15 bytes"),
        ] {
            let error = KeyRing::from_file(file(&content)).unwrap_err().to_string();
            let path = std::env::temp_dir().display().to_string();
            assert!(error.starts_with(&path) && error.contains(expected), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains(&key[..20]),
                "{error}"
            );
        }
    }
}
