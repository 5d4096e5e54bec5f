//! The keys of one purpose: what they have signed verifies for nothing else.

use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{KeyRing, Purpose};
use crate::id::random;

pub(crate) const MAC: usize = 32;

/// HMAC-SHA256 with each key of a ring, bound to purpose, name and application.
#[derive(Clone)]
pub(crate) struct Macs {
    /// Already fed with everything but what is signed; the first signs.
    keys: Vec<Hmac<Sha256>>,
}

impl Macs {
    pub(crate) fn new(ring: &KeyRing, purpose: Purpose, name: &str, application: &str) -> Self {
        let mut keys = ring.subkeys(purpose.label());
        for mac in &mut keys {
            for part in ["keycard/v1", purpose.label(), name, application] {
                feed(mac, part.as_bytes());
            }
        }
        Self { keys }
    }

    /// The MAC of these parts by the first key.
    pub(crate) fn sign<P: AsRef<[u8]>>(&self, parts: impl IntoIterator<Item = P>) -> [u8; MAC] {
        let signing = self.keys.first();
        // A ring is never empty. If it were, what is signed would verify nowhere.
        signing.map_or_else(random, |key| over(key, parts).finalize().into_bytes().into())
    }

    /// Whether one of the keys signed these parts so.
    pub(crate) fn verify<P: AsRef<[u8]>>(
        &self,
        parts: impl IntoIterator<Item = P> + Clone,
        mac: &[u8; MAC],
    ) -> bool {
        let mut keys = self.keys.iter();
        keys.any(|key| over(key, parts.clone()).verify_slice(mac).is_ok())
    }
}

impl fmt::Debug for Macs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Macs({} keys)", self.keys.len())
    }
}

fn over<P: AsRef<[u8]>>(key: &Hmac<Sha256>, parts: impl IntoIterator<Item = P>) -> Hmac<Sha256> {
    let mut mac = key.clone();
    for part in parts {
        feed(&mut mac, part.as_ref());
    }
    mac
}

/// Feeds a part with its length in front, so that no two lists of parts give the same bytes.
fn feed(mac: &mut Hmac<Sha256>, part: &[u8]) {
    let len = u16::try_from(part.len()).unwrap_or(u16::MAX);
    mac.update(&len.to_be_bytes());
    mac.update(part);
}
