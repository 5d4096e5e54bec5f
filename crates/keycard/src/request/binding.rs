//! What of a client a session may be bound to.

use std::net::IpAddr;

use hmac::Mac as _;
use ipnet::IpNet;

use super::{Fingerprint, RequestFacts};
use crate::config::ConfigError;
use crate::policy::BindingRules;
use crate::seal::IndexKey;

/// How many bits of a client's address count, for [`KeycardBuilder::bind_address`](crate::KeycardBuilder::bind_address).
///
/// ```
/// use keycard::IpPrefix;
///
/// assert!(IpPrefix::new(24, 64).is_ok());
/// let error = IpPrefix::new(0, 64).unwrap_err();
/// assert!(error.to_string().contains("1 to 32 bits of an IPv4 address"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpPrefix {
    v4: u8,
    v6: u8,
}

impl IpPrefix {
    /// The whole address. A device that has IPv6 changes it each day or sooner (RFC 8981 §3.8).
    pub const EXACT: Self = Self { v4: 32, v6: 128 };

    /// The first `v4` bits of an IPv4 address, and the first `v6` bits of an IPv6 address.
    ///
    /// # Errors
    ///
    /// No bits at all, which is to say every address, or more than an address has.
    pub fn new(v4: u8, v6: u8) -> Result<Self, ConfigError> {
        Self::of_bits([v4, v6]).ok_or_else(|| {
            ConfigError::new(format!(
                "a prefix of {v4} and {v6} bits cannot be compared: choose 1 to 32 bits of an IPv4 address and 1 to \
                 128 bits of an IPv6 address"
            ))
        })
    }

    fn of_bits([v4, v6]: [u8; 2]) -> Option<Self> {
        ((1..=32).contains(&v4) && (1..=128).contains(&v6)).then_some(Self { v4, v6 })
    }

    fn network(self, ip: IpAddr) -> Option<IpAddr> {
        let bits = if ip.is_ipv4() { self.v4 } else { self.v6 };
        IpNet::new(ip, bits).ok().map(|net| net.network())
    }
}

/// A keyed digest of the network that a client is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BoundAddress {
    pub(crate) prefix: IpPrefix,
    pub(crate) digest: [u8; 16],
}

impl BoundAddress {
    /// How many bytes it takes.
    pub(crate) const LEN: usize = 18;

    /// No address is as good as an address of its own: who comes without one is not where they were.
    fn of(ip: Option<IpAddr>, prefix: IpPrefix, key: &IndexKey) -> Self {
        let digest = key.digest("bound address", |mac| {
            match ip.and_then(|ip| prefix.network(ip)) {
                Some(IpAddr::V4(network)) => mac.update(&network.octets()),
                Some(IpAddr::V6(network)) => mac.update(&network.octets()),
                None => {}
            }
        });
        Self { prefix, digest }
    }

    /// The bits of the prefix, then the digest.
    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.prefix.v4;
        bytes[1] = self.prefix.v6;
        bytes[2..].copy_from_slice(&self.digest);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bits, digest) = bytes.split_first_chunk()?;
        Some(Self {
            prefix: IpPrefix::of_bits(*bits)?,
            digest: digest.try_into().ok()?,
        })
    }
}

/// What a session is bound to, or what its client shows now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) address: Option<BoundAddress>,
    pub(crate) fingerprint: Option<Fingerprint>,
}

impl Binding {
    /// What the rules bind sessions to, of this request.
    pub(crate) fn of(facts: &RequestFacts, rules: BindingRules, key: &IndexKey) -> Self {
        let address = rules.address;
        Self {
            address: address.map(|(prefix, _)| BoundAddress::of(facts.ip, prefix, key)),
            fingerprint: facts.fingerprint.filter(|_| rules.fingerprint.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(ip: &str, v4: u8, v6: u8) -> [u8; 16] {
        let ip = (ip != "-").then(|| ip.parse().unwrap());
        let prefix = IpPrefix::new(v4, v6).unwrap();
        BoundAddress::of(ip, prefix, &IndexKey::new([7; 32]).unwrap()).digest
    }

    #[test]
    fn the_bits_of_the_prefix_count_and_no_others() {
        for (one, other, (v4, v6), same) in [
            ("203.0.113.7", "203.0.113.7", (32, 128), true),
            ("203.0.113.7", "203.0.113.6", (32, 128), false),
            ("203.0.113.7", "203.0.113.6", (31, 128), true),
            ("203.0.113.7", "203.0.113.5", (31, 128), false),
            ("203.0.113.7", "203.0.113.255", (24, 64), true),
            ("203.0.113.7", "203.0.112.7", (24, 64), false),
            ("203.0.113.7", "129.0.0.1", (1, 1), true),
            ("203.0.113.7", "127.0.0.1", (1, 1), false),
            ("2001:db8:1:2::3", "2001:db8:1:2:f::", (24, 64), true),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", (24, 64), false),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", (24, 63), true),
            ("2001:db8::1", "2001:db8::2", (32, 128), false),
            ("::cb00:7107", "203.0.113.7", (32, 128), false),
            ("-", "-", (24, 64), true),
            ("-", "0.0.0.0", (24, 64), false),
            ("-", "::", (24, 64), false),
        ] {
            let equal = bound(one, v4, v6) == bound(other, v4, v6);
            assert_eq!(equal, same, "{one} and {other} of {v4}, {v6} bits");
        }
    }

    #[test]
    fn a_prefix_has_at_least_a_bit_and_at_most_an_address() {
        for (v4, v6, allowed) in [
            (1, 1, true),
            (32, 128, true),
            (0, 64, false),
            (33, 64, false),
            (24, 0, false),
            (24, 129, false),
        ] {
            assert_eq!(IpPrefix::new(v4, v6).is_ok(), allowed, "{v4}, {v6}");
        }
    }

    #[test]
    fn another_index_key_gives_another_digest() {
        let ip = Some([203, 0, 113, 7].into());
        let other = BoundAddress::of(ip, IpPrefix::EXACT, &IndexKey::new([8; 32]).unwrap());
        assert_ne!(other.digest, bound("203.0.113.7", 32, 128));
    }

    #[test]
    fn the_first_release_s_digests_are_those_of_every_other() {
        assert_eq!(
            u128::from_be_bytes(bound("203.0.113.7", 24, 64)),
            0x55ca_ba5e_b8cf_cff2_73bf_8a66_3991_f8ba
        );
    }
}
