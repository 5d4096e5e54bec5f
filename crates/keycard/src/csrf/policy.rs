//! The settings of the check.

use super::judge::Provenance;
use super::origin::{self, Origin};
use crate::config::ConfigError;
use crate::request::RequestHeaders;

/// The settings of the check. The default fits an application on one origin.
///
/// ```
/// use keycard::CsrfPolicy;
///
/// let policy = CsrfPolicy::default().form_limit(1024).trust_origin("https://app.example.com")?;
/// assert_eq!(policy.clone(), policy);
/// assert!(CsrfPolicy::default().trust_origin("app.example.com/").is_err());
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfPolicy {
    trusted: Vec<Origin>,
    form_limit: usize,
}

impl CsrfPolicy {
    /// Takes requests of pages of this origin for those of the application's own, as a browser writes it:
    /// `https://app.example.com`. They need a token all the same. For pages on another host, and for the own origin behind a
    /// proxy that changes `Host`. Default: none but the host that is asked.
    ///
    /// # Errors
    ///
    /// What is no origin: without a scheme, or with a path.
    ///
    /// # Security
    ///
    /// A page that is trusted and knows a token can do all that the user can.
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        self.trusted.push(Origin::configured(origin)?);
        Ok(self)
    }

    /// How much of the body of a form is read to look for the token, in bytes. A larger one is 413, unless the token is in
    /// the header. Default: 64 KiB.
    #[must_use]
    pub fn form_limit(mut self, bytes: usize) -> Self {
        self.form_limit = bytes;
        self
    }

    pub(super) fn limit(&self) -> usize {
        self.form_limit
    }

    pub(super) fn provenance(
        &self,
        headers: &(impl RequestHeaders + ?Sized),
        host: Option<&str>,
        secure: bool,
    ) -> Provenance {
        origin::provenance(headers, host, secure, &self.trusted)
    }
}

impl Default for CsrfPolicy {
    fn default() -> Self {
        Self {
            trusted: Vec::new(),
            form_limit: 64 * 1024,
        }
    }
}
