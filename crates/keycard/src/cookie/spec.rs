//! A cookie's name and attributes.

use crate::config::ConfigError;

/// With which cross-site requests a cookie is sent (RFC 6265bis §5.6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// Only with requests of the same site; links from elsewhere arrive without a session.
    Strict,
    /// Also when a link from elsewhere is followed. The default.
    #[default]
    Lax,
    /// With every request; needs `Secure`.
    None,
}

/// A session cookie's name and attributes.
///
/// The default is `__Host-sid` with `Secure; HttpOnly; SameSite=Lax; Path=/`, which no other host and no plain-http page
/// can plant (ASVS 5.0 3.3.1–3.3.4).
///
/// ```
/// use keycard::{CookieSpec, SameSite};
///
/// assert_eq!(CookieSpec::default().name(), "__Host-sid");
///
/// let shared = CookieSpec::builder("__Secure-sid").domain("example.com").same_site(SameSite::Strict).build()?;
/// assert_eq!(shared.name(), "__Secure-sid");
///
/// let refused = CookieSpec::builder("__Host-sid").domain("example.com").build().unwrap_err();
/// assert!(refused.to_string().contains("__Secure-"));
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSpec {
    pub(super) name: String,
    pub(super) domain: Option<String>,
    pub(super) path: String,
    pub(super) same_site: SameSite,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) partitioned: bool,
}

impl CookieSpec {
    /// Begins a cookie of this name, with the default attributes.
    ///
    /// ```
    /// use keycard::CookieSpec;
    ///
    /// assert_eq!(CookieSpec::builder("__Host-sid").build()?, CookieSpec::default());
    /// # Ok::<(), keycard::ConfigError>(())
    /// ```
    pub fn builder(name: impl Into<String>) -> CookieSpecBuilder {
        CookieSpecBuilder {
            spec: Self {
                name: name.into(),
                domain: None,
                path: "/".to_owned(),
                same_site: SameSite::default(),
                secure: true,
                http_only: true,
                partitioned: false,
            },
        }
    }

    /// Begins a cookie without `Secure`, for development over plain http. Its name can have no prefix.
    ///
    /// ```
    /// use keycard::CookieSpec;
    ///
    /// assert!(CookieSpec::insecure_http("sid").build().is_ok());
    /// assert!(CookieSpec::insecure_http("__Host-sid").build().is_err());
    /// ```
    ///
    /// # Security
    ///
    /// The cookie travels in the clear and any page on the network path can read and plant it. Never in production.
    pub fn insecure_http(name: impl Into<String>) -> CookieSpecBuilder {
        let mut builder = Self::builder(name);
        builder.spec.secure = false;
        builder
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Default for CookieSpec {
    fn default() -> Self {
        Self::builder("__Host-sid").spec
    }
}

/// Builds a [`CookieSpec`]; begun with [`CookieSpec::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct CookieSpecBuilder {
    spec: CookieSpec,
}

impl CookieSpecBuilder {
    /// The domain whose hosts share the cookie. Default: this host alone.
    ///
    /// ```
    /// use keycard::CookieSpec;
    ///
    /// assert!(CookieSpec::builder("__Secure-sid").domain("example.com").build().is_ok());
    /// assert!(CookieSpec::builder("__Host-sid").domain("example.com").build().is_err());
    /// ```
    ///
    /// # Security
    ///
    /// Every host below the domain is sent the cookie and can overwrite it: the weakest of them decides how safe
    /// sessions are. A forgotten or rented sub-domain can take sessions over, or put a user into someone else's. Name the
    /// narrowest domain that will do, and none where one host is enough.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.spec.domain = Some(domain.into());
        self
    }

    /// The path under which the cookie is sent. Default: `/`.
    ///
    /// ```
    /// use keycard::CookieSpec;
    ///
    /// assert!(CookieSpec::builder("__Secure-sid").path("/app").build().is_ok());
    /// assert!(CookieSpec::builder("__Secure-sid").path("app").build().is_err());
    /// ```
    ///
    /// # Security
    ///
    /// A path does not protect applications of one host from each other: the pages of all paths are one origin.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.spec.path = path.into();
        self
    }

    /// With which cross-site requests the cookie is sent. Default: [`SameSite::Lax`].
    ///
    /// ```
    /// use keycard::{CookieSpec, SameSite};
    ///
    /// assert!(CookieSpec::builder("__Host-sid").same_site(SameSite::None).build().is_ok());
    /// assert!(CookieSpec::insecure_http("sid").same_site(SameSite::None).build().is_err());
    /// ```
    ///
    /// # Security
    ///
    /// With [`None`](SameSite::None) any page of the web can send requests in the name of the user: check where each one
    /// comes from. [`Lax`](SameSite::Lax) holds that off for other methods than `GET`, so let no `GET` change anything.
    /// Neither `Lax` nor [`Strict`](SameSite::Strict) holds off sub-domains, which are the same site.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.spec.same_site = same_site;
        self
    }

    /// A cookie jar of its own for each top-level site that embeds this one (CHIPS). Default: no.
    ///
    /// ```
    /// use keycard::{CookieSpec, SameSite};
    ///
    /// let embedded = |cookie: keycard::CookieSpecBuilder| cookie.same_site(SameSite::None).partitioned(true).build();
    /// assert!(embedded(CookieSpec::builder("__Host-sid")).is_ok());
    /// assert!(embedded(CookieSpec::insecure_http("sid")).is_err(), "it needs Secure");
    /// ```
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.spec.partitioned = partitioned;
        self
    }

    /// Leaves `HttpOnly` out, so that scripts of the page can read the cookie.
    ///
    /// ```
    /// use keycard::CookieSpec;
    ///
    /// let readable = CookieSpec::builder("__Host-sid").insecure_readable_by_scripts().build()?;
    /// assert_ne!(readable, CookieSpec::default());
    /// # Ok::<(), keycard::ConfigError>(())
    /// ```
    ///
    /// # Security
    ///
    /// Any script that runs in the page, an injected one too, can then take the session away.
    pub fn insecure_readable_by_scripts(mut self) -> Self {
        self.spec.http_only = false;
        self
    }

    /// Checks the attributes against each other.
    ///
    /// # Errors
    ///
    /// A set that browsers refuse or ignore; the message says what to change.
    pub fn build(self) -> Result<CookieSpec, ConfigError> {
        self.spec.check()?;
        Ok(self.spec)
    }
}
