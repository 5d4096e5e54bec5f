//! Settings that cannot work.

use std::fmt;

/// A setting that cannot work, found when the configuration is built. The message says what to change.
///
/// ```
/// let error = keycard::KeyRing::new([[7; 16]]).unwrap_err();
/// assert!(error.to_string().starts_with("signing key 1 has 16 bytes: use at least 32"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
}

impl ConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
