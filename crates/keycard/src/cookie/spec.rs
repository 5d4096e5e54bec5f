//! A cookie's name and attributes. Sets of attributes that a browser would refuse do not build.

use std::fmt;

use crate::config::ConfigError;
use crate::seal::Seal;

/// The largest name and value together that browsers keep, in bytes (RFC 6265bis §5.6).
const MAX_COOKIE: usize = 4096;
/// The largest attribute value that browsers read, in bytes (RFC 6265bis §5.6).
const MAX_ATTRIBUTE: usize = 1024;

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

    /// Begins a cookie without `Secure`, for development over plain http.
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

/// Builds a [`CookieSpec`].
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
        let spec = self.spec;
        spec.check_name()?;
        spec.check_prefix()?;
        spec.check_attributes()?;
        Ok(spec)
    }
}

impl CookieSpec {
    fn check_name(&self) -> Result<(), ConfigError> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            return refuse(format_args!(
                "the cookie name {:?} is not a token: use letters, digits, - and _",
                self.name
            ));
        }
        if self.name.len() + Seal::TEXT > MAX_COOKIE {
            return refuse(format_args!(
                "the cookie name has {} bytes: name and value may have {MAX_COOKIE} together",
                self.name.len()
            ));
        }
        Ok(())
    }

    /// The prefixes of RFC 6265bis §4.1.3, which browsers compare without case.
    fn check_prefix(&self) -> Result<(), ConfigError> {
        let name = self.name.to_ascii_lowercase();
        let host = name.starts_with("__host-");
        let http = name.starts_with("__http-") || name.starts_with("__host-http-");
        if (host || http || name.starts_with("__secure-")) && !self.secure {
            return refuse(format_args!(
                "the cookie {} needs Secure by its prefix: drop the prefix, or use CookieSpec::builder",
                self.name
            ));
        }
        if http && !self.http_only {
            return refuse(format_args!(
                "the cookie {} needs HttpOnly by its prefix: drop the prefix, or insecure_readable_by_scripts",
                self.name
            ));
        }
        if host && self.domain.is_some() {
            return refuse(format_args!(
                "the cookie {} cannot have a domain: drop the domain, or name it __Secure-… instead",
                self.name
            ));
        }
        if host && self.path != "/" {
            return refuse(format_args!(
                "the cookie {} needs Path=/: drop the path, or name it __Secure-… instead",
                self.name
            ));
        }
        Ok(())
    }

    fn check_attributes(&self) -> Result<(), ConfigError> {
        if self.same_site == SameSite::None && !self.secure {
            return refuse(format_args!(
                "SameSite=None needs Secure: use CookieSpec::builder, or SameSite::Lax"
            ));
        }
        if self.partitioned && !self.secure {
            return refuse(format_args!(
                "Partitioned needs Secure: use CookieSpec::builder, or drop it"
            ));
        }
        if !is_attribute(&self.path) || !self.path.starts_with('/') {
            return refuse(format_args!(
                "the cookie path {:?} must begin with / and hold no ;",
                self.path
            ));
        }
        match &self.domain {
            Some(domain) if !is_domain(domain) => refuse(format_args!(
                "the cookie domain {domain:?} is not a host name like example.com"
            )),
            _ => Ok(()),
        }
    }
}

fn is_attribute(value: &str) -> bool {
    value.len() <= MAX_ATTRIBUTE
        && value
            .bytes()
            .all(|byte| (b' '..0x7f).contains(&byte) && byte != b';')
}

fn is_domain(domain: &str) -> bool {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    is_attribute(host)
        && !host.is_empty()
        && host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn refuse(message: fmt::Arguments<'_>) -> Result<(), ConfigError> {
    Err(ConfigError::new(message.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_browsers_refuse_do_not_build() {
        let long = "n".repeat(4096);
        let cases: [(CookieSpecBuilder, &str); 14] = [
            (CookieSpec::builder(""), "not a token"),
            (CookieSpec::builder("a b"), "not a token"),
            (CookieSpec::builder("a;b"), "not a token"),
            (CookieSpec::builder(long), "4096"),
            (
                CookieSpec::builder("__Host-sid").domain("example.com"),
                "drop the domain",
            ),
            (CookieSpec::builder("__HOST-sid").path("/app"), "Path=/"),
            (CookieSpec::insecure_http("__Host-sid"), "Secure"),
            (CookieSpec::insecure_http("__secure-sid"), "Secure"),
            (
                CookieSpec::builder("__Http-sid").insecure_readable_by_scripts(),
                "HttpOnly",
            ),
            (
                CookieSpec::builder("__Host-Http-sid").insecure_readable_by_scripts(),
                "HttpOnly",
            ),
            (
                CookieSpec::insecure_http("sid").same_site(SameSite::None),
                "SameSite=None",
            ),
            (CookieSpec::insecure_http("sid").partitioned(true), "Partitioned"),
            (CookieSpec::builder("sid").path("app"), "must begin with /"),
            (CookieSpec::builder("sid").domain("exa mple"), "host name"),
        ];
        for (builder, expected) in cases {
            let name = builder.spec.name.clone();
            let error = builder.build().expect_err(&name).to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn sets_that_browsers_keep_build() {
        for builder in [
            CookieSpec::builder("__Host-sid")
                .same_site(SameSite::None)
                .partitioned(true),
            CookieSpec::builder("__Secure-sid")
                .domain("example.com")
                .path("/app"),
            CookieSpec::builder("__Host-Http-sid"),
            CookieSpec::insecure_http("sid").same_site(SameSite::Strict),
        ] {
            let name = builder.spec.name.clone();
            builder.build().expect(&name);
        }
    }
}
