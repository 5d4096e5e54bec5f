//! What an application wants to know of its clients.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::text::clean;
use super::{IpPrecision, RequestHeaders, TrustedProxies};
use crate::config::KeycardBuilder;

const MAX_LOCATION: usize = 64;

type Locate = dyn Fn(IpAddr) -> Option<String> + Send + Sync;

#[derive(Clone)]
pub(crate) struct ClientSettings {
    pub(super) proxies: Option<TrustedProxies>,
    pub(super) precision: IpPrecision,
    pub(super) user_agent: bool,
    pub(crate) fingerprint: bool,
    pub(super) locate: Option<Arc<Locate>>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            proxies: None,
            precision: IpPrecision::Exact,
            user_agent: true,
            fingerprint: false,
            locate: None,
        }
    }
}

impl ClientSettings {
    pub(super) fn client_ip(&self, peer: IpAddr, headers: &(impl RequestHeaders + ?Sized)) -> IpAddr {
        let peer = peer.to_canonical();
        let proxies = self.proxies.as_ref();
        proxies.map_or(peer, |proxies| proxies.client(peer, headers))
    }

    pub(super) fn location(&self, ip: IpAddr) -> Option<String> {
        let locate = self.locate.as_ref()?;
        clean(&locate(ip)?, MAX_LOCATION)
    }
}

/// What is known of clients.
impl<I> KeycardBuilder<I> {
    /// The proxies before the application, which tell the addresses of clients. Default: none, and the peer is the client.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let proxies = TrustedProxies::forwarded(["10.0.0.0/8"])?;
    /// let keycard = builder.trusted_proxies(proxies).build()?;
    /// let headers = [("forwarded", "for=203.0.113.7;proto=https")];
    /// let lazy = keycard.open_request(headers.as_slice(), Some([10, 0, 0, 1].into()));
    /// assert_eq!(lazy.client().ip(), Some([203, 0, 113, 7].into()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// See [`TrustedProxies`]. Without this all clients behind a proxy have its address.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.client.proxies = Some(proxies);
        self
    }

    /// How exactly the address of a user's client is kept with the session. Default: [`IpPrecision::Exact`].
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.client_address(IpPrecision::None).build()?;
    /// let headers = [("host", "shop.example")];
    /// let lazy = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
    /// assert_eq!(lazy.client().address(), None);
    #[doc = example!(end)]
    /// ```
    pub fn client_address(mut self, precision: IpPrecision) -> Self {
        self.client.precision = precision;
        self
    }

    /// Whether what a user's client calls itself is kept with the session. Default: yes, for a list of devices.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.user_agent(false).build()?;
    /// let headers = [("user-agent", "curl/8.9")];
    /// let lazy = keycard.open_request(headers.as_slice(), None);
    /// assert_eq!(lazy.client().user_agent(), None);
    #[doc = example!(end)]
    /// ```
    pub fn user_agent(mut self, kept: bool) -> Self {
        self.client.user_agent = kept;
        self
    }

    /// Whether the [fingerprint](crate::Fingerprint) of each request is taken, which costs a microsecond or less.
    /// Default: no.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.fingerprint(true).build()?;
    /// let of = |user_agent| {
    ///     let headers = [("user-agent", user_agent)];
    ///     keycard.open_request(headers.as_slice(), None).client().fingerprint()
    /// };
    /// assert!(of("curl/8.9").is_some() && of("curl/8.9") != of("curl/8.10"));
    #[doc = example!(end)]
    /// ```
    pub fn fingerprint(mut self, taken: bool) -> Self {
        self.client.fingerprint = taken;
        self
    }

    /// Says where an address is, for lists of devices: a name of at most 64 bytes. Default: nothing does. It is given the
    /// whole address, however exactly that is kept, and must not block: look it up in memory.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.locate(|ip| ip.is_loopback().then(|| "here".to_owned())).build()?;
    /// let headers = [("host", "shop.example")];
    /// let lazy = keycard.open_request(headers.as_slice(), Some([127, 0, 0, 1].into()));
    /// assert_eq!(lazy.client().location().as_deref(), Some("here"));
    #[doc = example!(end)]
    /// ```
    pub fn locate(mut self, locate: impl Fn(IpAddr) -> Option<String> + Send + Sync + 'static) -> Self {
        self.client.locate = Some(Arc::new(locate));
        self
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("proxies", &self.proxies)
            .field("precision", &self.precision)
            .field("user_agent", &self.user_agent)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
