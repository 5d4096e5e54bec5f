//! Which client a request comes from, where proxies stand between.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::RequestHeaders;
use super::forwarded::{forwarded_for, from_the_right, node};
use crate::config::ConfigError;

/// The proxies before the application, and the one header in which they tell the client's address; for
/// [`trusted_proxies`](crate::KeycardBuilder::trusted_proxies).
///
/// The header is read from the right, hop by hop, to the first address that is no proxy of the list: that is the client.
/// Whatever stands further left is anybody's claim. If the peer itself is no such proxy, it is the client, and the header
/// is not read. A hop that is no address (`unknown`, an empty element, junk) ends the walk, and the proxy that wrote it
/// counts as the client; so does the last of the hops if all of them are proxies. Of several lines of the header the last
/// one is the rightmost.
///
/// ```
#[doc = example!(builder)]
/// let proxies = TrustedProxies::x_forwarded_for(["10.0.0.0/8"])?;
/// let keycard = builder.trusted_proxies(proxies).build()?;
///
/// let headers = [("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.0.0.2")];
/// let ip = |peer: [u8; 4]| keycard.open_request(headers.as_slice(), Some(peer.into())).client().ip();
/// assert_eq!(ip([10, 0, 0, 1]), Some([203, 0, 113, 7].into()));
/// assert_eq!(ip([198, 51, 100, 9]), Some([198, 51, 100, 9].into()), "whoever is no proxy tells nothing");
#[doc = example!(end)]
/// ```
///
/// # Security
///
/// Name the header that the proxies *write*, and no other: one that they pass on unread is the client's own. A network
/// of the list from which clients come directly lets them choose their address.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: String,
    syntax: Syntax,
}

#[derive(Clone, Copy, Debug)]
enum Syntax {
    Nodes,
    Forwarded,
    OneNode,
}

impl TrustedProxies {
    /// Proxies that append to `X-Forwarded-For`, with these addresses or networks (`10.0.0.0/8`, `2001:db8::/32`).
    ///
    /// # Errors
    ///
    /// No network, or one that is none: with bits beyond its prefix, say, or so wide that it holds every address.
    pub fn x_forwarded_for(networks: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Self::new("x-forwarded-for".to_owned(), Syntax::Nodes, networks)
    }

    /// Proxies that append to `Forwarded` (RFC 7239).
    ///
    /// ```
    /// use keycard::TrustedProxies;
    ///
    /// assert!(TrustedProxies::forwarded(["192.0.2.1", "2001:db8::/32"]).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// As [`x_forwarded_for`](Self::x_forwarded_for).
    pub fn forwarded(networks: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Self::new("forwarded".to_owned(), Syntax::Forwarded, networks)
    }

    /// Proxies that set a header of this name to the one address of the client, such as `CF-Connecting-IP` or
    /// `X-Real-IP`. If it comes twice, the proxy counts as the client.
    ///
    /// ```
    /// use keycard::TrustedProxies;
    ///
    /// assert!(TrustedProxies::single_address("CF-Connecting-IP", ["173.245.48.0/20"]).is_ok());
    /// let error = TrustedProxies::single_address("X-Real-IP", ["173.245.48.1/20"]).unwrap_err();
    /// assert!(error.to_string().contains("write 173.245.48.0/20"));
    /// ```
    ///
    /// # Errors
    ///
    /// A name that no header can have, and as [`x_forwarded_for`](Self::x_forwarded_for).
    pub fn single_address(
        header: &str,
        networks: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, ConfigError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if header.is_empty() || !header.bytes().all(allowed) {
            return Err(ConfigError::new(format!("{header:?} is no name of a header")));
        }
        Self::new(header.to_ascii_lowercase(), Syntax::OneNode, networks)
    }

    fn new(
        header: String,
        syntax: Syntax,
        networks: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, ConfigError> {
        let networks = networks
            .into_iter()
            .map(|text| network(text.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if networks.is_empty() {
            return Err(ConfigError::new(
                "no trusted proxy: name its address or network, or leave the setting out",
            ));
        }
        Ok(Self {
            networks,
            header,
            syntax,
        })
    }

    /// The client of a request that came from `peer`.
    pub(super) fn client(&self, peer: IpAddr, headers: &(impl RequestHeaders + ?Sized)) -> IpAddr {
        let mut lines = headers.values(&self.header);
        match self.syntax {
            Syntax::Nodes => self.walk(peer, hops(lines, node)),
            Syntax::Forwarded => self.walk(peer, hops(lines, forwarded_for)),
            Syntax::OneNode => {
                let only = lines.next().filter(|_| lines.next().is_none());
                self.walk(peer, only.and_then(node).map(Some).into_iter())
            }
        }
    }

    /// To the first address that is no proxy, or that is followed by no address.
    fn walk(&self, peer: IpAddr, mut hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut client = peer;
        while self.trusts(client)
            && let Some(Some(hop)) = hops.next()
        {
            client = hop;
        }
        client
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

fn hops<'a>(
    lines: impl DoubleEndedIterator<Item = &'a [u8]>,
    read: fn(&[u8]) -> Option<IpAddr>,
) -> impl Iterator<Item = Option<IpAddr>> {
    lines.rev().flat_map(|line| from_the_right(line, b',')).map(read)
}

fn network(text: &str) -> Result<IpNet, ConfigError> {
    let text = text.trim();
    let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = unmapped(parsed.map_err(|_| {
        ConfigError::new(format!(
            "{text:?} is no network: write an address, or one with a prefix as in 10.0.0.0/8"
        ))
    })?);
    if network.prefix_len() == 0 {
        return Err(ConfigError::new(format!(
            "{text} holds every address, so that every client could choose its own: name the networks of the proxies"
        )));
    }
    if network.addr() != network.network() {
        return Err(ConfigError::new(format!(
            "{text} has bits beyond its prefix: write {}",
            network.trunc()
        )));
    }
    Ok(network)
}

/// The IPv4 network that is mapped into IPv6, as clients' addresses are taken for what they are mapped from.
fn unmapped(network: IpNet) -> IpNet {
    let prefix = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), prefix) {
        (IpAddr::V4(ip), Some(prefix)) => Ipv4Net::new(ip, prefix).map_or(network, IpNet::V4),
        _ => network,
    }
}

#[cfg(test)]
mod tests;
