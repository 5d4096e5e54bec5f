//! What an attempt took, in a form that can be kept until the login is complete.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::Scope;
use crate::clock::Timestamp;
use crate::store::{Refund, ThrottleKey, Window};

/// What an [`Attempt`](super::Attempt) took: which windows count it, and since when. A login that takes more than one request
/// keeps it in its session, for [`forgive`](super::Throttles::forgive).
///
/// It holds keyed digests and a time, neither account nor address; in a session 66 bytes at most.
///
/// ```
#[doc = example!(session)]
/// # use keycard::auth::throttle::{Receipt, Throttles};
/// # let client: std::net::IpAddr = "192.0.2.7".parse()?;
/// const LOGIN_ATTEMPT: Key<Receipt> = Key::new("app.login_attempt");
///
/// let throttles = Throttles::new(&keycard, MemoryStore::new());
/// let attempt = throttles.login("carol@example.com", client).await?;
/// session.insert(LOGIN_ATTEMPT, &attempt.receipt())?;
/// assert_eq!(session.get(LOGIN_ATTEMPT)?, Some(attempt.receipt()));
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub(super) Refund);

impl Receipt {
    /// What was taken from the windows of these scopes, and what of it a success gives back.
    pub(super) fn of(scopes: &[Scope], windows: &[Window], reserved: Timestamp) -> Self {
        let mut refund = Refund::new(Vec::new(), Vec::new(), reserved);
        for (scope, window) in scopes.iter().zip(windows) {
            let keys = if scope.is_forgiven() {
                &mut refund.cleared
            } else {
                &mut refund.keys
            };
            keys.push(window.key);
        }
        Self(refund)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.keys.is_empty() && self.0.cleared.is_empty()
    }
}

impl Serialize for Receipt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As numbers, for which formats need less room than for lists of bytes.
        let numbers = |keys: &[ThrottleKey]| -> Vec<u128> {
            let bytes = keys.iter().map(|key| key.to_bytes());
            bytes.map(u128::from_be_bytes).collect()
        };
        let Refund {
            keys,
            cleared,
            reserved,
        } = &self.0;
        (reserved.as_millis(), numbers(keys), numbers(cleared)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (reserved, keys, cleared) = <(u64, Vec<u128>, Vec<u128>)>::deserialize(deserializer)?;
        let windows = |numbers: Vec<u128>| {
            let bytes = numbers.into_iter().map(u128::to_be_bytes);
            bytes.map(ThrottleKey::from_bytes).collect()
        };
        let reserved = Timestamp::from_millis(reserved);
        Ok(Self(Refund::new(windows(keys), windows(cleared), reserved)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_small_and_comes_back_as_it_was() {
        let key = |byte| ThrottleKey::from_bytes([byte; 16]);
        let now = Timestamp::from_millis(1_800_000_000_000);
        for (keys, cleared) in [
            (vec![key(0xff), key(0)], vec![key(0x80)]),
            (vec![], vec![key(1)]),
            (vec![], vec![]),
        ] {
            let receipt = Receipt(Refund::new(keys, cleared, now));
            let packed = rmp_serde::to_vec_named(&receipt).unwrap();
            assert!(packed.len() <= 66, "{} bytes", packed.len());
            assert_eq!(rmp_serde::from_slice::<Receipt>(&packed).unwrap(), receipt);
            let text = serde_json::to_string(&receipt).unwrap();
            assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
        }
    }
}
