//! Where a request goes, and which site the browser believes it is on.

use std::net::SocketAddr;

/// A place that a [`Browser`](super::Browser) can talk to.
///
/// Whatever starts a server in a test implements this once; an [`Origin`] and a bare address do already.
pub trait Server {
    /// The origin whose pages this server answers.
    fn origin(&self) -> Origin;
}

impl Server for SocketAddr {
    fn origin(&self) -> Origin {
        Origin::at(*self)
    }
}

impl Server for Origin {
    fn origin(&self) -> Origin {
        self.clone()
    }
}

/// The scheme that the jar's rules are applied for. The connection itself is always plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `http`: a `Secure` cookie is neither stored nor sent.
    Http,
    /// `https`.
    Https,
}

/// Scheme and host as the browser sees them, and the address that it really connects to.
///
/// An origin may pretend a name and `https`, so that `Secure`, `__Host-` and `Domain` cookies are tested
/// without TLS. Two origins of one name and different addresses are two servers behind one balancer.
///
/// ```
/// use keycard_tests::browser::Origin;
///
/// let shop = Origin::at(([127, 0, 0, 1], 3000).into()).named("Shop.example").https();
/// assert_eq!(shop.to_string(), "https://shop.example");
/// assert_eq!(shop.address().port(), 3000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    name: Option<String>,
    address: SocketAddr,
}

impl Origin {
    /// Plain `http` at this address, with the address as its host.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            scheme: Scheme::Http,
            name: None,
            address,
        }
    }

    /// The same server under a host name, on its scheme's usual port.
    #[must_use]
    pub fn named(self, host: &str) -> Self {
        Self {
            name: Some(host.to_ascii_lowercase()),
            ..self
        }
    }

    /// The same server as if it were reached over TLS.
    #[must_use]
    pub fn https(self) -> Self {
        Self {
            scheme: Scheme::Https,
            ..self
        }
    }

    /// The scheme that the jar's rules are applied for.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host without a port, in lower case: what cookies are matched against.
    #[must_use]
    pub fn host(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.address.ip().to_string())
    }

    /// The text of the `Host` header: the name, or the address with its port.
    #[must_use]
    pub fn authority(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.address.to_string())
    }

    /// The address that is connected to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the host is `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.name {
            Some(name) => name == "localhost" || name.ends_with(".localhost"),
            None => self.address.ip().is_loopback(),
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}
