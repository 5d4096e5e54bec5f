//! What clients send. A value that could be read is valid, so nothing needs to be checked after it.

use std::fmt;
use std::time::Duration;

use keycard_jwt::{Refresh, Signed};
use serde::Deserialize;
use serde_json::Value;

use crate::accounts::Password;
use crate::data_key::DataKey;
use crate::device::NamedDevice;

/// The most bytes of a request's body: twice what a session can hold.
pub const BODY_LIMIT: usize = 128 * 1024;

/// `POST /login`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Login {
    pub(crate) email: String,
    pub(crate) password: Password,
    #[serde(default)]
    pub(crate) remember_me: bool,
    pub(crate) device: Option<NamedDevice>,
}

/// `POST /mfa/verify`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Verify {
    pub(crate) code: String,
}

/// `POST /reauth`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Reauthenticate {
    pub(crate) password: Password,
}

/// `POST /token/refresh`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct RefreshTokens {
    pub(crate) refresh_token: Signed<Refresh>,
}

/// `POST /token/revoke`: an access or a refresh token (RFC 7009). `Tokens::revoke` finds out which; until then the type keeps it
/// out of logs.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub struct RevokeToken {
    #[serde(alias = "refresh_token", alias = "access_token")]
    pub(crate) token: Signed<Refresh>,
}

/// `PUT /session/data`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Put {
    pub(crate) key: DataKey,
    pub(crate) value: Value,
}

/// `POST /session/increment`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Increment {
    pub(crate) key: DataKey,
    #[serde(default = "one")]
    pub(crate) by: i64,
    #[serde(default)]
    pub(crate) delay_ms: Delay,
}

fn one() -> i64 {
    1
}

/// `POST /slow-set?key=K&ms=N`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct SlowSet {
    pub(crate) key: DataKey,
    pub(crate) ms: Delay,
}

/// How long an action waits between reading the session and writing to it: whole milliseconds, at most 5 seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct Delay(Duration);

impl Delay {
    const LONGEST_MS: u64 = 5_000;

    /// The time to wait.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl TryFrom<u64> for Delay {
    type Error = InvalidDelay;

    fn try_from(ms: u64) -> Result<Self, InvalidDelay> {
        if ms > Self::LONGEST_MS {
            return Err(InvalidDelay);
        }
        Ok(Self(Duration::from_millis(ms)))
    }
}

/// The delay is longer than 5 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidDelay;

impl fmt::Display for InvalidDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the delay is longer than {} ms", Delay::LONGEST_MS)
    }
}

impl std::error::Error for InvalidDelay {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;

    fn refusal<T: DeserializeOwned + fmt::Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let request: Increment = serde_json::from_str(r#"{"key": "n"}"#).unwrap();
        assert_eq!((request.by, request.delay_ms), (1, Delay::default()));
        let request: Increment = serde_json::from_str(r#"{"key": "n", "by": -2, "delay_ms": 5000}"#).unwrap();
        assert_eq!(
            (request.by, request.delay_ms.duration()),
            (-2, Duration::from_secs(5))
        );
    }

    #[test]
    fn a_refusal_names_the_reason() {
        for (json, reason) in [
            (r#"{"by": 1}"#, "missing field `key`"),
            (r#"{"key": ""}"#, "the key is empty"),
            (r#"{"key": "app.x"}"#, "the application's own"),
            (r#"{"key": 7}"#, "expected a string"),
            (r#"{"key": "n", "by": 1.5}"#, "expected i64"),
            (r#"{"key": "n", "delay_ms": 5001}"#, "longer than 5000 ms"),
            (r#"{"key": "n", "delay_ms": -1}"#, "expected u64"),
            (r#"{"key": "n", "amount": 1}"#, "unknown field `amount`"),
        ] {
            let refusal = refusal::<Increment>(json);
            assert!(refusal.contains(reason), "{json}: {refusal}");
        }
    }

    #[test]
    fn a_value_may_be_null_but_not_missing() {
        let request: Put = serde_json::from_str(r#"{"key": "k", "value": null}"#).unwrap();
        assert_eq!(request.value, Value::Null);
        assert!(refusal::<Put>(r#"{"key": "k"}"#).contains("missing field `value`"));
    }

    #[test]
    fn a_login_may_be_remembered_and_name_its_device() {
        let login = |fields: &str| format!(r#"{{"email": "a", "password": "b"{fields}}}"#);
        let plain: Login = serde_json::from_str(&login("")).unwrap();
        assert!(!plain.remember_me && plain.device.is_none());
        let device = r#", "remember_me": true, "device": {"id": "7f3a", "name": "Phone", "type": "phone"}"#;
        let named: Login = serde_json::from_str(&login(device)).unwrap();
        let device = named.device.unwrap().0;
        assert!(named.remember_me);
        assert_eq!(
            (device.id(), device.name(), device.device_type()),
            ("7f3a", Some("Phone"), Some("phone"))
        );

        let long = "x".repeat(257);
        for (fields, reason) in [
            (r#", "remember_me": "yes""#.to_owned(), "expected a boolean"),
            (r#", "remember": true"#.to_owned(), "unknown field `remember`"),
            (r#", "device": "phone""#.to_owned(), "expected an object"),
            (r#", "device": {}"#.to_owned(), "missing field `id`"),
            (r#", "device": {"id": ""}"#.to_owned(), "id is empty"),
            (
                r#", "device": {"id": "a", "os": "b"}"#.to_owned(),
                "unknown field `os`",
            ),
            (format!(r#", "device": {{"id": "{long}"}}"#), "id has 257 bytes"),
            (
                format!(r#", "device": {{"id": "a", "name": "{long}"}}"#),
                "name has 257 bytes",
            ),
            (
                format!(r#", "device": {{"id": "a", "type": "{long}"}}"#),
                "type has 257 bytes",
            ),
        ] {
            let refusal = refusal::<Login>(&login(&fields));
            assert!(refusal.contains(reason), "{fields}: {refusal}");
        }
    }
}
