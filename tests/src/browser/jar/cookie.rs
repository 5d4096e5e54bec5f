//! A cookie as the jar keeps it.

use std::borrow::Cow;
use std::time::SystemTime;

/// When a cookie accompanies requests that another site starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only on safe top-level navigations.
    Lax,
    /// Always.
    None,
    /// The server named nothing: as `Lax`, but for two minutes also on navigations that are not safe.
    Unset,
}

/// A stored cookie. Times are those of the jar's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags that RFC 6265bis section 5.7 names"
)]
pub struct Cookie {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) domain: String,
    pub(super) path: Vec<u8>,
    pub(super) host_only: bool,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) partitioned: bool,
    pub(super) same_site: SameSite,
    pub(super) expires: Option<SystemTime>,
    pub(super) created: SystemTime,
    /// Tells apart what was created at one reading of the clock.
    pub(super) serial: u64,
}

impl Cookie {
    /// A cookie to plant with [`Jar::set_raw`](super::Jar::set_raw): of this host alone, for every path,
    /// without flags, until the browser closes.
    #[must_use]
    pub fn planted(name: &str, value: impl AsRef<[u8]>, host: &str) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            value: value.as_ref().to_vec(),
            domain: host.to_ascii_lowercase(),
            path: b"/".to_vec(),
            host_only: true,
            secure: false,
            http_only: false,
            partitioned: false,
            same_site: SameSite::None,
            expires: None,
            created: SystemTime::UNIX_EPOCH,
            serial: 0,
        }
    }

    /// The same cookie for every host below its own too, as a sibling domain would set it.
    #[must_use]
    pub fn on_subdomains(self) -> Self {
        Self {
            host_only: false,
            ..self
        }
    }

    /// The same cookie for this path alone.
    #[must_use]
    pub fn at_path(self, path: &str) -> Self {
        Self {
            path: path.as_bytes().to_vec(),
            ..self
        }
    }

    /// The same cookie, kept until `time`.
    #[must_use]
    pub fn until(self, time: SystemTime) -> Self {
        Self {
            expires: Some(time),
            ..self
        }
    }

    /// The name; empty for a nameless cookie.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// The value as text.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }

    /// The value as it was sent.
    #[must_use]
    pub fn value_bytes(&self) -> &[u8] {
        &self.value
    }

    /// The host, or the domain that the server named.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether only the very host that set it gets it back.
    #[must_use]
    pub fn is_host_only(&self) -> bool {
        self.host_only
    }

    /// The path below which it is sent.
    #[must_use]
    pub fn path(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.path)
    }

    /// Whether it is kept from plain http.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether scripts cannot see it.
    #[must_use]
    pub fn is_http_only(&self) -> bool {
        self.http_only
    }

    /// Whether it is kept apart for each top-level site.
    #[must_use]
    pub fn is_partitioned(&self) -> bool {
        self.partitioned
    }

    /// When it goes with requests of other sites.
    #[must_use]
    pub fn same_site(&self) -> SameSite {
        self.same_site
    }

    /// When it ends; `None` for a session cookie, which ends when the browser closes.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// When a cookie of its identity was first stored.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        self.created
    }

    /// Whether both are one cookie: the newer takes the older one's place.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.name == other.name
            && self.domain == other.domain
            && self.path == other.path
            && self.host_only == other.host_only
            && self.partitioned == other.partitioned
    }

    /// Whether it has ended at `now`.
    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
