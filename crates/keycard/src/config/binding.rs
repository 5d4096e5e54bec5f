//! The settings of what sessions are bound to.

use super::KeycardBuilder;
use crate::policy::Drift;
use crate::request::IpPrefix;

/// What the sessions of users are bound to. Guests' are bound to nothing.
impl<I> KeycardBuilder<I> {
    /// Binds users' sessions to the network from which they logged in, and says what becomes of a request from another
    /// one. Default: not bound.
    ///
    /// A session is bound by a login, also by one that waits for a further factor, and anew by each further factor and
    /// each re-authentication; sessions from before this was set, or from before another prefix was, are bound by the next
    /// of these. The session keeps a keyed digest of the network and no address; with another
    /// [index key](Self::index_key) each session counts as one from elsewhere. Each load of a session from elsewhere is
    /// told to the observer.
    ///
    /// A request whose address is not known comes from elsewhere, unless that of the login was not known either. One whose
    /// forwarding header is malformed comes from the proxy.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.bind_address(IpPrefix::new(24, 64)?, Drift::StepUp).build()?;
    /// let headers = [("host", "shop.example")];
    /// let home = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into())).load().await?;
    /// home.login("alice");
    /// home.commit().await?;
    /// assert_eq!(home.user(), Some("alice".into()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// It stops who has stolen an id and uses it from elsewhere; not who shares the user's network, or is on their
    /// device. Honest users move too: phones between networks, some providers' customers from request to request. Hence
    /// [`Drift::Report`] is the default to begin with, and [`Drift::End`] for closed networks.
    /// Behind proxies that are not [trusted](Self::trusted_proxies) all clients have one address, and nothing is bound.
    /// The OWASP Session Management Cheat Sheet ("Binding the Session ID to Other User Properties") takes this for a way
    /// to detect attacks, and for no defence on its own.
    pub fn bind_address(mut self, prefix: IpPrefix, drift: Drift) -> Self {
        self.rules.binding.address = Some((prefix, drift));
        self
    }

    /// Binds users' sessions to the [fingerprint](crate::Fingerprint) of the client with which they logged in, and says
    /// what becomes of a request with another one. Default: not bound.
    ///
    /// When it is bound is as for [`bind_address`](Self::bind_address). The fingerprint of each request is then taken,
    /// whatever [`fingerprint`](Self::fingerprint) says.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.bind_fingerprint(Drift::Report).build()?;
    /// let headers = [("user-agent", "curl/8.9")];
    /// assert!(keycard.open_request(headers.as_slice(), None).client().fingerprint().is_some());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Whoever steals an id can send the same headers with it, so this finds careless thieves only. Honest browsers change
    /// theirs with each update.
    pub fn bind_fingerprint(mut self, drift: Drift) -> Self {
        self.rules.binding.fingerprint = Some(drift);
        self
    }
}
