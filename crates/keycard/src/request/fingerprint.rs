//! What the requests of one browser have in common.

use hmac::Mac;

use super::RequestHeaders;
use crate::seal::IndexKey;

const HEADERS: [&str; 3] = ["user-agent", "accept-language", "accept-encoding"];

/// A keyed digest of the headers `User-Agent`, `Accept-Language` and `Accept-Encoding`: the same for each request of one
/// browser until that is updated or set up anew. Without the index key it tells nothing about the headers.
///
/// ```
/// use keycard::Fingerprint;
///
/// assert_eq!(Fingerprint::from_bytes([7; 16]).to_bytes(), [7; 16]);
/// ```
///
/// # Security
///
/// Whoever steals an id can send the same headers with it. That they differ is a sign; that they agree is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; Self::LEN]);

impl Fingerprint {
    pub(crate) const LEN: usize = 16;

    pub(super) fn of(headers: &(impl RequestHeaders + ?Sized), key: &IndexKey) -> Self {
        Self(key.digest("fingerprint", |mac| {
            for name in HEADERS {
                feed(mac, headers.values(name));
            }
        }))
    }

    /// The fingerprint with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// With their lengths and an end no two lists of values give the same bytes: no header is not an empty one.
fn feed<'a>(mac: &mut impl Mac, values: impl Iterator<Item = &'a [u8]>) {
    for value in values {
        let len = u64::try_from(value.len()).unwrap_or(u64::MAX);
        mac.update(&len.to_be_bytes());
        mac.update(value);
    }
    mac.update(&u64::MAX.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = [(&'static str, &'static str)];

    fn of(headers: &Headers) -> [u8; 16] {
        Fingerprint::of(headers, &IndexKey::new([7; 32]).unwrap()).to_bytes()
    }

    #[test]
    fn each_of_three_headers_counts_and_no_other() {
        let browser = [
            ("user-agent", "Firefox"),
            ("accept-language", "de"),
            ("accept-encoding", "gzip, br"),
        ];
        let with = |name, value| {
            let mut other = browser;
            other[HEADERS.iter().position(|header| *header == name).unwrap()].1 = value;
            of(&other)
        };
        for name in HEADERS {
            assert_ne!(with(name, "other"), of(&browser), "{name}");
        }
        let more: Vec<_> = [("accept", "*/*"), ("cookie", "a=b")]
            .into_iter()
            .chain(browser)
            .collect();
        assert_eq!(of(&more), of(&browser));
        let another_key = Fingerprint::of(browser.as_slice(), &IndexKey::new([8; 32]).unwrap());
        assert_ne!(another_key.to_bytes(), of(&browser));
    }

    #[test]
    fn no_two_sets_of_headers_look_alike() {
        let sets: [&Headers; 9] = [
            &[],
            &[("user-agent", "")],
            &[("user-agent", ""), ("user-agent", "")],
            &[("accept-language", "")],
            &[("user-agent", "ab")],
            &[("accept-language", "ab")],
            &[("user-agent", "a"), ("user-agent", "b")],
            &[("user-agent", "a"), ("accept-language", "b")],
            &[("user-agent", "a"), ("accept-encoding", "b")],
        ];
        for (at, one) in sets.iter().enumerate() {
            for other in &sets[..at] {
                assert_ne!(of(one), of(other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_first_release_s_fingerprints_are_those_of_every_other() {
        let curl = [("user-agent", "curl/8.9")];
        assert_eq!(
            u128::from_be_bytes(of(&curl)),
            0xcdd4_4f84_6306_9232_6aaf_bb21_28eb_b938
        );
    }
}
