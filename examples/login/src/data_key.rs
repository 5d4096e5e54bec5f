//! The names under which clients keep data in their sessions.

use std::fmt;

use keycard::Named;
use serde::{Deserialize, Serialize};

const LONGEST: usize = 128;
/// Names that begin so are the application's own.
const RESERVED: &str = "app.";

/// A name that a client may use: 1 to 128 bytes of UTF-8, and none of the application's own.
///
/// ```
/// use login_domain::{DataKey, InvalidKey};
///
/// assert!(DataKey::try_from("theme").is_ok());
/// assert_eq!(DataKey::try_from(""), Err(InvalidKey::Empty));
/// assert_eq!(DataKey::try_from("app.pending"), Err(InvalidKey::Reserved));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct DataKey(String);

impl TryFrom<String> for DataKey {
    type Error = InvalidKey;

    fn try_from(key: String) -> Result<Self, InvalidKey> {
        if key.is_empty() {
            Err(InvalidKey::Empty)
        } else if key.starts_with(RESERVED) {
            Err(InvalidKey::Reserved)
        } else if key.len() > LONGEST {
            Err(InvalidKey::TooLong)
        } else if key.contains(char::REPLACEMENT_CHARACTER) {
            Err(InvalidKey::NotText)
        } else {
            Ok(Self(key))
        }
    }
}

impl TryFrom<&str> for DataKey {
    type Error = InvalidKey;

    fn try_from(key: &str) -> Result<Self, InvalidKey> {
        Self::try_from(key.to_owned())
    }
}

impl<T> Named<T> for &DataKey {
    fn name(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for DataKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a name is not a [`DataKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKey {
    /// It has no bytes.
    Empty,
    /// It has more than 128 bytes.
    TooLong,
    /// It is one of the application's own.
    Reserved,
    /// It holds U+FFFD, which stands for bytes that are not UTF-8: different keys would become one.
    NotText,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the key is empty"),
            Self::TooLong => write!(f, "the key is longer than {LONGEST} bytes"),
            Self::NotText => f.write_str("the key is not UTF-8"),
            Self::Reserved => write!(f, "keys that begin with `{RESERVED}` are the application's own"),
        }
    }
}

impl std::error::Error for InvalidKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_128_bytes_and_is_not_the_applications_own() {
        for key in ["a", "app", "apple", "App.x", "ключ", "a/b c", &"k".repeat(128)] {
            assert_eq!(DataKey::try_from(key).unwrap().as_ref(), key);
        }
        assert_eq!(DataKey::try_from(""), Err(InvalidKey::Empty));
        assert_eq!(DataKey::try_from("k".repeat(129)), Err(InvalidKey::TooLong));
        assert_eq!(DataKey::try_from("a\u{fffd}"), Err(InvalidKey::NotText));
        assert_eq!(DataKey::try_from("app."), Err(InvalidKey::Reserved));
        assert_eq!(DataKey::try_from("app.mfa"), Err(InvalidKey::Reserved));
    }
}
