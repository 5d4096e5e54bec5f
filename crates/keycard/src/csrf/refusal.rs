//! Why a request is refused that may not have been made by a page of the application.

use std::fmt;

use crate::auth::Denied;
use crate::error::{Error, ErrorKind};

/// Why the check refuses a request. Its text is for developers, and holds no secret.
///
/// ```
/// use keycard::CsrfRefusal;
///
/// let refusal = CsrfRefusal::CrossSite;
/// assert_eq!(refusal.status(), 403);
/// assert_eq!(refusal.to_json(), r#"{"error":"the request comes from another site","reason":"cross_site"}"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsrfRefusal {
    /// The browser says so, by `Sec-Fetch-Site`, and its `Origin` is none that is trusted.
    CrossSite,
    /// The `Origin` is neither the host that is asked nor one that is trusted.
    OtherOrigin,
    /// There is no token.
    TokenMissing,
    /// There is none in the header, and fields of `multipart/form-data` are not looked for it.
    TokenInMultipart,
    /// There is one that is not of this session or visitor: forged, or of a page from before a login or a logout.
    TokenInvalid,
    /// The body that may hold it is larger than what is read of it. 413.
    BodyTooLarge,
}

impl CsrfRefusal {
    /// In the order of their numbers, which metrics count by.
    #[cfg(feature = "metrics")]
    pub(crate) const NAMES: [&'static str; 6] = [
        Self::CrossSite.name(),
        Self::OtherOrigin.name(),
        Self::TokenMissing.name(),
        Self::TokenInMultipart.name(),
        Self::TokenInvalid.name(),
        Self::BodyTooLarge.name(),
    ];

    /// The HTTP status: 403, or 413 for a body that is too large.
    #[must_use]
    pub fn status(self) -> u16 {
        Error::from(self).status()
    }

    /// A name for programs, as the default answer tells it: `cross_site`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrossSite => "cross_site",
            Self::OtherOrigin => "other_origin",
            Self::TokenMissing => "token_missing",
            Self::TokenInMultipart => "token_in_multipart",
            Self::TokenInvalid => "token_invalid",
            Self::BodyTooLarge => "body_too_large",
        }
    }

    /// The body that adapters answer with by default.
    #[must_use]
    pub fn to_json(self) -> String {
        format!(r#"{{"error":"{self}","reason":"{}"}}"#, self.name())
    }
}

impl fmt::Display for CsrfRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CrossSite => "the request comes from another site",
            Self::OtherOrigin => "the request comes from another origin than this server's",
            Self::TokenMissing => {
                "the CSRF token is missing: send it in the header X-CSRF-Token, or in the field csrf_token of a form"
            }
            Self::TokenInMultipart => {
                "the CSRF token is missing: with multipart/form-data it must come in the header X-CSRF-Token"
            }
            Self::TokenInvalid => "the CSRF token is not of this session: load the page again",
            Self::BodyTooLarge => {
                "the form is too large to look for its CSRF token: send that in the header X-CSRF-Token"
            }
        })
    }
}

impl std::error::Error for CsrfRefusal {}

impl From<CsrfRefusal> for Error {
    fn from(refusal: CsrfRefusal) -> Self {
        let kind = if refusal == CsrfRefusal::BodyTooLarge {
            ErrorKind::BodyTooLarge
        } else {
            ErrorKind::Csrf
        };
        Self::caused_by(kind, "the CSRF check refuses the request", refusal)
    }
}

impl Error {
    /// Why a request was refused, if the CSRF check did so.
    #[must_use]
    pub fn csrf_refusal(&self) -> Option<CsrfRefusal> {
        std::error::Error::source(self)?.downcast_ref().copied()
    }

    /// What somebody is told who is kept out.
    pub(crate) fn json(&self) -> Option<String> {
        let refusal = || self.csrf_refusal().map(CsrfRefusal::to_json);
        self.denied().map(Denied::to_json).or_else(refusal)
    }

    /// The error of who asks for a token where no check is.
    pub(crate) fn csrf_layer_missing() -> Self {
        Self::new(
            ErrorKind::LayerMissing,
            "no CSRF check on this route, so its token would protect nothing: add the CSRF layer outside of it, and inside \
             of the session layer",
        )
    }

    /// The error of a visitor who would need a cookie for a token.
    pub(crate) fn no_visitor_cookie() -> Self {
        Self::new(
            ErrorKind::Closed,
            "the response has begun, so that the cookie which a CSRF token needs can no longer be sent",
        )
    }
}
