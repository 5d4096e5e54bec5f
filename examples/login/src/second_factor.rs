//! The second factor: codes of an authenticator app.

use std::fmt;
use std::time::Duration;

use keycard::Timestamp;
use totp_rs::{Builder, Secret};

/// The secret that a user's authenticator app makes codes of: six digits, others each 30 seconds (RFC 6238). It is not
/// shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecondFactor(&'static str);

impl SecondFactor {
    /// For how long a code is right: for its own 30 seconds and those before and after, since clocks differ.
    pub(crate) const RIGHT_FOR: Duration = Duration::from_secs(90);

    /// A secret in base32, as apps take it.
    pub(crate) const fn new(secret: &'static str) -> Self {
        Self(secret)
    }

    /// The 30 seconds that the code belongs to, counted from 1970 on; `None` if it is not right now.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let secret = Secret::try_from_base32(self.0).ok()?;
        // Not `build`, which asks for 128 bits: the secret that every guide tries apps with has 80.
        let totp = Builder::new().with_secret(secret).build_noncompliant();
        totp.check(code, now.as_millis() / 1_000)
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactor(REDACTED)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let factor = SecondFactor::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let step_of = |code, seconds: u64| factor.step_of(code, Timestamp::from_millis(seconds * 1_000));
        assert_eq!(step_of("287082", 59), Some(1));
        assert_eq!(step_of("081804", 1_111_111_109), Some(37_037_036));
        for (seconds, right) in [(0, true), (89, true), (90, false)] {
            assert_eq!(step_of("287082", seconds).is_some(), right, "{seconds}");
        }
        for wrong in ["287083", "87082", "0287082", "+87082", ""] {
            assert_eq!(step_of(wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", SecondFactor::new("JBSWY3DPEHPK3PXP"));
        assert_eq!(shown, "SecondFactor(REDACTED)");
    }
}
