//! Whose attempts are counted, as the store knows it: keyed digests, so that neither accounts nor addresses stand there.

use std::net::IpAddr;

use hmac::Mac as _;

use super::limits::Scope;
use crate::seal::IndexKey;
use crate::store::ThrottleKey;

/// The window of these parts. Each is preceded by its length, so that no two lists are one text.
pub(super) fn key(index_key: &IndexKey, what: &str, parts: &[&[u8]]) -> ThrottleKey {
    ThrottleKey::from_bytes(index_key.digest("throttle", |mac| {
        for part in [what.as_bytes()].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
    }))
}

/// What a login is counted per. All clients that have no address count as one to an account.
pub(super) fn login<'a>(account: &'a str, client: Option<&'a [u8]>) -> Vec<(Scope, Vec<&'a [u8]>)> {
    let account = account.as_bytes();
    let mut subjects = vec![
        (Scope::AccountAndClient, vec![account, client.unwrap_or_default()]),
        (Scope::Account, vec![account]),
    ];
    subjects.extend(client.map(|client| (Scope::Client, vec![client])));
    subjects
}

/// What counts as one client: an IPv4 address, or the /64 that an IPv6 address is in, since whoever has one address of it
/// has all of them.
pub(super) fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
        let network = |text: &str| network(text.parse().unwrap());
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::1", "::2", true),
        ] {
            assert_eq!(network(one) == network(other), same, "{one} and {other}");
        }
    }

    #[test]
    fn no_two_subjects_share_a_window() {
        let index_key = |byte| IndexKey::new([byte; 32]).unwrap();
        let (one, other) = (index_key(1), index_key(2));
        let keys = [
            key(&one, "a", &[b"bc"]),
            key(&other, "a", &[b"bc"]),
            key(&one, "ab", &[b"c"]),
            key(&one, "a", &[b"b", b"c"]),
            key(&one, "a", &[b"bc", b""]),
            key(&one, "abc", &[]),
        ];
        for (at, this) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(this), "{at}");
        }
        assert_eq!(key(&one, "a", &[b"bc"]), keys[0]);
    }
}
