//! What a request tells of its client. It is read when the session is opened, and judged when somebody asks.

mod address;
mod binding;
mod fingerprint;
mod forwarded;
mod proxies;
mod settings;
mod text;

use std::fmt;
use std::net::IpAddr;

pub use self::address::{ClientAddress, IpPrecision};
pub use self::binding::IpPrefix;
pub(crate) use self::binding::{Binding, BoundAddress};
pub use self::fingerprint::Fingerprint;
pub use self::proxies::TrustedProxies;
pub(crate) use self::settings::ClientSettings;
use self::text::UserAgent;
use crate::device::Device;
use crate::record::Metadata;
use crate::seal::IndexKey;

/// A framework's request headers, as far as [`Keycard::open_request`](crate::Keycard::open_request) reads them.
///
/// Lists of names and values are such headers too, for tests.
///
/// ```
/// use keycard::RequestHeaders;
///
/// let headers = [("cookie", "theme=dark"), ("accept", "*/*"), ("cookie", "lang=en")];
/// let cookies: Vec<&[u8]> = headers.as_slice().values("cookie").collect();
/// assert_eq!(cookies, [&b"theme=dark"[..], b"lang=en"]);
/// ```
pub trait RequestHeaders {
    /// The values of the headers of this name, in the order in which they came. The name is in lower case.
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]>;
}

impl<N: AsRef<str>, V: AsRef<[u8]>> RequestHeaders for [(N, V)] {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        let named = self.iter().filter(move |(other, _)| other.as_ref() == name);
        named.map(|(_, value)| value.as_ref())
    }
}

/// What was copied from a request. Nothing of it is on the heap: most requests never ask for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestFacts {
    ip: Option<IpAddr>,
    user_agent: Option<UserAgent>,
    fingerprint: Option<Fingerprint>,
}

impl RequestFacts {
    pub(crate) fn read(
        headers: &(impl RequestHeaders + ?Sized),
        peer: Option<IpAddr>,
        settings: &ClientSettings,
        key: &IndexKey,
    ) -> Self {
        let user_agent = || headers.values("user-agent").next().map(UserAgent::read);
        Self {
            ip: peer.map(|peer| settings.client_ip(peer, headers)),
            user_agent: settings.user_agent.then(user_agent).flatten(),
            fingerprint: settings.fingerprint.then(|| Fingerprint::of(headers, key)),
        }
    }
}

/// The client of a request, as far as the request tells; it comes from [`Session::client`](crate::Session::client).
///
/// ```
#[doc = example!(keycard)]
/// let headers = [("user-agent", "curl/8.9")];
/// let lazy = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
/// let client = lazy.client();
/// assert_eq!(client.address().unwrap().to_string(), "203.0.113.7");
/// assert_eq!(client.user_agent().as_deref(), Some("curl/8.9"));
#[doc = example!(end)]
/// ```
///
/// # Security
///
/// All but the address is the client's own word. Escape it where it is shown.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    facts: &'a RequestFacts,
    settings: &'a ClientSettings,
    key: &'a IndexKey,
}

impl<'a> Client<'a> {
    pub(crate) fn new(facts: &'a RequestFacts, settings: &'a ClientSettings, key: &'a IndexKey) -> Self {
        Self { facts, settings, key }
    }

    /// The address of the client: the peer's, or what [trusted proxies](crate::KeycardBuilder::trusted_proxies) tell.
    /// `None` where the adapter knows no peer. An IPv4 address that is mapped into IPv6 is an IPv4 address.
    ///
    /// It is exact whatever [`client_address`](crate::KeycardBuilder::client_address) says, for limits per client.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.facts.ip
    }

    /// The address as it may be kept, by [`client_address`](crate::KeycardBuilder::client_address).
    #[must_use]
    pub fn address(&self) -> Option<ClientAddress> {
        ClientAddress::kept(self.facts.ip?, self.settings.precision, self.key)
    }

    /// What the client calls itself: at most 256 bytes, without control characters, and with U+FFFD for what is not
    /// UTF-8. `None` if it says nothing, or if [`user_agent`](crate::KeycardBuilder::user_agent) is off.
    #[must_use]
    pub fn user_agent(&self) -> Option<String> {
        self.facts.user_agent.as_ref()?.text()
    }

    /// Where the client is, by [`locate`](crate::KeycardBuilder::locate), which is asked anew each time: at most 64
    /// bytes, without control characters.
    #[must_use]
    pub fn location(&self) -> Option<String> {
        self.settings.location(self.facts.ip?)
    }

    /// What is kept of the client, and of the device that it is on.
    pub(crate) fn metadata(&self, device: Option<Device>) -> Metadata {
        Metadata {
            user_agent: self.user_agent().map(Into::into),
            address: self.address().map(|address| address.to_bytes().into()),
            location: self.location().map(Into::into),
            device,
        }
    }

    /// What the client's headers have in common with those of its other requests, if
    /// [`fingerprint`](crate::KeycardBuilder::fingerprint) is on.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.facts.fingerprint
    }
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As exact as the application wants it kept, for logs are kept too.
        f.debug_struct("Client")
            .field("address", &self.address())
            .field("user_agent", &self.user_agent())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
