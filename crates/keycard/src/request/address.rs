//! How exactly the address of a client is kept.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hmac::Mac as _;

use crate::seal::IndexKey;

/// How exactly the addresses of clients are kept with their sessions; chosen by
/// [`client_address`](crate::KeycardBuilder::client_address).
///
/// ```
#[doc = example!(builder)]
/// let keycard = builder.client_address(IpPrecision::Truncated).build()?;
/// let headers = [("host", "shop.example")];
/// let lazy = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
/// assert_eq!(lazy.client().address().unwrap().to_string(), "203.0.113.0/24");
#[doc = example!(end)]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IpPrecision {
    /// The whole address.
    #[default]
    Exact,
    /// The network: 24 bits of an IPv4 address, 48 of an IPv6 address.
    Truncated,
    /// Eight keyed bytes: whether two addresses are the same, and nothing else.
    ///
    /// # Security
    ///
    /// Whoever holds the index key can try all IPv4 addresses.
    Hashed,
    /// Not at all.
    None,
}

/// The address of a client, as exactly as the application keeps it. It is shown as an address, a network, or
/// `hashed:` and 16 hexadecimal digits.
///
/// ```
/// use keycard::ClientAddress;
///
/// let address = ClientAddress::from_bytes(&[24, 203, 0, 113]).unwrap();
/// assert_eq!(address.to_string(), "203.0.113.0/24");
/// assert_eq!(address.to_bytes(), [24, 203, 0, 113]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(Kept);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    V4([u8; 4]),
    V6([u8; 16]),
    V4Network([u8; 3]),
    V6Network([u8; 6]),
    Hash([u8; 8]),
}

/// What the bytes begin with: the number of the protocol, or that of the bits which are kept.
mod tag {
    pub(super) const V4: u8 = 4;
    pub(super) const V6: u8 = 6;
    pub(super) const V4_NETWORK: u8 = 24;
    pub(super) const V6_NETWORK: u8 = 48;
    pub(super) const HASH: u8 = 64;
}

impl ClientAddress {
    pub(super) fn kept(ip: IpAddr, precision: IpPrecision, key: &IndexKey) -> Option<Self> {
        Some(Self(match (precision, ip) {
            (IpPrecision::Exact, IpAddr::V4(ip)) => Kept::V4(ip.octets()),
            (IpPrecision::Exact, IpAddr::V6(ip)) => Kept::V6(ip.octets()),
            (IpPrecision::Truncated, IpAddr::V4(ip)) => Kept::V4Network(first(ip.octets())),
            (IpPrecision::Truncated, IpAddr::V6(ip)) => Kept::V6Network(first(ip.octets())),
            (IpPrecision::Hashed, ip) => Kept::Hash(key.digest("address", |mac| match ip {
                IpAddr::V4(ip) => mac.update(&ip.octets()),
                IpAddr::V6(ip) => mac.update(&ip.octets()),
            })),
            (IpPrecision::None, _) => return None,
        }))
    }

    /// The address in 4 to 17 bytes.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let (tag, bytes): (u8, &[u8]) = match &self.0 {
            Kept::V4(bytes) => (tag::V4, bytes),
            Kept::V6(bytes) => (tag::V6, bytes),
            Kept::V4Network(bytes) => (tag::V4_NETWORK, bytes),
            Kept::V6Network(bytes) => (tag::V6_NETWORK, bytes),
            Kept::Hash(bytes) => (tag::HASH, bytes),
        };
        [&[tag], bytes].concat()
    }

    /// The address in these bytes; `None` if they are no address that this version knows.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, bytes) = bytes.split_first()?;
        Some(Self(match *tag {
            tag::V4 => Kept::V4(bytes.try_into().ok()?),
            tag::V6 => Kept::V6(bytes.try_into().ok()?),
            tag::V4_NETWORK => Kept::V4Network(bytes.try_into().ok()?),
            tag::V6_NETWORK => Kept::V6Network(bytes.try_into().ok()?),
            tag::HASH => Kept::Hash(bytes.try_into().ok()?),
            _ => return None,
        }))
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kept::V4(ip) => Ipv4Addr::from(ip).fmt(f),
            Kept::V6(ip) => Ipv6Addr::from(ip).fmt(f),
            Kept::V4Network([a, b, c]) => write!(f, "{}/24", Ipv4Addr::new(a, b, c, 0)),
            Kept::V6Network(network) => {
                let mut ip = [0; 16];
                ip[..network.len()].copy_from_slice(&network);
                write!(f, "{}/48", Ipv6Addr::from(ip))
            }
            Kept::Hash(hash) => write!(f, "hashed:{:016x}", u64::from_be_bytes(hash)),
        }
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientAddress({self})")
    }
}

fn first<const N: usize, const ALL: usize>(bytes: [u8; ALL]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::properties::many;

    fn kept(ip: &str, precision: IpPrecision) -> Option<ClientAddress> {
        ClientAddress::kept(ip.parse().unwrap(), precision, &IndexKey::new([7; 32]).unwrap())
    }

    #[test]
    fn each_precision_keeps_what_it_says() {
        let table = [
            ("203.0.113.7", IpPrecision::Exact, "203.0.113.7", 5),
            ("203.0.113.7", IpPrecision::Truncated, "203.0.113.0/24", 4),
            ("203.0.113.7", IpPrecision::Hashed, "hashed:208c5d6b5942b0d8", 9),
            ("2001:db8:1:2::3", IpPrecision::Exact, "2001:db8:1:2::3", 17),
            ("2001:db8:1:2::3", IpPrecision::Truncated, "2001:db8:1::/48", 7),
            (
                "2001:db8:1:2::3",
                IpPrecision::Hashed,
                "hashed:e7a57cea969926b8",
                9,
            ),
        ];
        for (ip, precision, shown, len) in table {
            let address = kept(ip, precision).unwrap();
            assert_eq!(address.to_string(), shown, "{ip} {precision:?}");
            assert_eq!(address.to_bytes().len(), len, "{ip} {precision:?}");
            assert_eq!(kept(ip, IpPrecision::None), None);
        }
    }

    #[test]
    fn a_hash_tells_addresses_apart_and_depends_on_the_key() {
        let hashed = |ip| kept(ip, IpPrecision::Hashed);
        assert_eq!(hashed("203.0.113.7"), hashed("203.0.113.7"));
        assert_ne!(hashed("203.0.113.7"), hashed("203.0.113.8"));
        let ip = [203, 0, 113, 7].into();
        let another = ClientAddress::kept(ip, IpPrecision::Hashed, &IndexKey::new([8; 32]).unwrap());
        assert_ne!(another, hashed("203.0.113.7"));
    }

    #[test]
    fn bytes_of_the_first_release_are_read_for_ever() {
        let golden: [(&[u8], &str); 5] = [
            (&[4, 203, 0, 113, 7], "203.0.113.7"),
            (
                &[6, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                "2001:db8::1",
            ),
            (&[24, 203, 0, 113], "203.0.113.0/24"),
            (&[48, 0x20, 1, 0xd, 0xb8, 0, 1], "2001:db8:1::/48"),
            (&[64, 0, 1, 2, 3, 4, 5, 6, 7], "hashed:0001020304050607"),
        ];
        for (bytes, shown) in golden {
            assert_eq!(ClientAddress::from_bytes(bytes).unwrap().to_string(), shown);
        }
        for unknown in [
            &[][..],
            &[4],
            &[4, 1, 2, 3],
            &[4, 1, 2, 3, 4, 5],
            &[5, 1, 2, 3, 4],
        ] {
            assert_eq!(ClientAddress::from_bytes(unknown), None, "{unknown:?}");
        }
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn bytes_have_one_meaning(tag in proptest::sample::select(vec![4, 6, 24, 48, 64, 0]), rest: Vec<u8>) {
            let bytes = [&[tag], &rest[..]].concat();
            if let Some(address) = ClientAddress::from_bytes(&bytes) {
                prop_assert_eq!(address.to_bytes(), bytes);
            }
        }
    }
}
