//! What a user proves who they are with.

use std::borrow::Cow;
use std::fmt;

/// An authentication factor by its name in the registry of authentication method references (RFC 8176 §2).
///
/// ```
/// use keycard::Factor;
///
/// const BADGE: Factor = Factor::new("badge"); // one of the application's own
/// assert_eq!((Factor::PASSWORD.as_str(), BADGE.as_str()), ("pwd", "badge"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Factor(Cow<'static, str>);

impl Factor {
    /// A password (`pwd`).
    pub const PASSWORD: Self = Self::new("pwd");
    /// A one-time password, such as TOTP (`otp`).
    pub const OTP: Self = Self::new("otp");
    /// A text message to a known number (`sms`).
    pub const SMS: Self = Self::new("sms");
    /// A key held in hardware, such as a security key (`hwk`).
    pub const HARDWARE_KEY: Self = Self::new("hwk");
    /// A key held in software, such as a synced passkey (`swk`).
    pub const SOFTWARE_KEY: Self = Self::new("swk");

    /// A factor of this name, which is written into each session that it was proved in.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A factor as a record names it.
    pub(crate) fn read(name: &str) -> Self {
        let known = [
            Self::PASSWORD,
            Self::OTP,
            Self::SMS,
            Self::HARDWARE_KEY,
            Self::SOFTWARE_KEY,
        ];
        let known = known.into_iter().find(|known| known.as_str() == name);
        known.unwrap_or_else(|| Self(Cow::Owned(name.to_owned())))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Factor({:?})", self.as_str())
    }
}
