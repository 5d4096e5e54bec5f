//! A `Set-Cookie` header taken apart as RFC 6265bis section 5.6 says, before any judgement on it.

use std::time::{Duration, SystemTime};

/// The most octets of an attribute's value; an attribute with more is ignored.
pub(in crate::browser) const MAX_ATTRIBUTE: usize = 1024;
/// The longest that a cookie may live: 400 days.
pub(in crate::browser) const MAX_AGE: Duration = Duration::from_hours(400 * 24);

/// Name, value and attributes, trimmed, in the order in which they were sent.
#[derive(Debug)]
pub(in crate::browser) struct SetCookie<'h> {
    pub(in crate::browser) name: &'h [u8],
    pub(in crate::browser) value: &'h [u8],
    pub(in crate::browser) attributes: Vec<(&'h [u8], &'h [u8])>,
}

impl<'h> SetCookie<'h> {
    /// Takes the header apart; `None` when it bears a control character other than a tab.
    pub(in crate::browser) fn parse(header: &'h [u8]) -> Option<Self> {
        if header
            .iter()
            .any(|&byte| byte != b'\t' && byte.is_ascii_control())
        {
            return None;
        }
        let mut parts = header.split(|&byte| byte == b';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = split_pair(pair).unwrap_or((b"", pair.trim_ascii()));
        let attributes = parts
            .map(|part| split_pair(part).unwrap_or((part.trim_ascii(), b"")))
            .collect();
        Some(Self {
            name,
            value,
            attributes,
        })
    }

    /// The value of the last attribute of this name that is short enough to count.
    pub(in crate::browser) fn attribute(&self, name: &str) -> Option<&'h [u8]> {
        self.values(name).next()
    }

    /// Whether an attribute of this name counts, whatever its value.
    pub(in crate::browser) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    /// When the cookie ends: `Max-Age` before `Expires`, and neither past the cap. `None` for a session cookie.
    pub(super) fn expires(&self, now: SystemTime) -> Option<SystemTime> {
        let cap = now + MAX_AGE;
        let by_age = self.values("max-age").find_map(max_age).map(|age| match age {
            Duration::ZERO => SystemTime::UNIX_EPOCH,
            age => now + age.min(MAX_AGE),
        });
        by_age.or_else(|| self.values("expires").find_map(date).map(|date| date.min(cap)))
    }

    /// The values of the attributes of this name that count, the last one first.
    fn values(&self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.attributes
            .iter()
            .rev()
            .filter(move |(key, value)| {
                key.eq_ignore_ascii_case(name.as_bytes()) && value.len() <= MAX_ATTRIBUTE
            })
            .map(|&(_, value)| value)
    }
}

/// `Max-Age` in seconds, zero for what is not positive; `None` when it is no number.
pub(in crate::browser) fn max_age(value: &[u8]) -> Option<Duration> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let is_negative = digits.len() < value.len();
    let seconds = digits.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    Some(Duration::from_secs(if is_negative { 0 } else { seconds }))
}

/// The time that `Expires` names.
pub(in crate::browser) fn date(value: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?).ok()
}

/// Splits at the first `=` and trims both halves; `None` without one.
fn split_pair(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|&byte| byte == b'=')?;
    Some((part[..at].trim_ascii(), part[at + 1..].trim_ascii()))
}
