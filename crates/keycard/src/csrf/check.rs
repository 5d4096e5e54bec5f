//! The check of a request: what an adapter tells of it, and the form that it may have to read.

use std::fmt;

use super::form;
use super::judge::{Facts, Method, Verdict, judge};
use super::{CsrfPolicy, CsrfRefusal, CsrfToken};
use crate::error::{Error, ErrorKind};
use crate::lazy::LazySession;
use crate::request::RequestHeaders;
use crate::transport::bearer;

/// A request as its check sees it. For adapters.
pub struct CsrfRequest<'a, H: ?Sized> {
    method: &'a str,
    headers: &'a H,
    authority: Option<&'a str>,
    exempt: bool,
}

impl<'a, H: RequestHeaders + ?Sized> CsrfRequest<'a, H> {
    /// A request with this method and these headers.
    #[must_use]
    pub fn new(method: &'a str, headers: &'a H) -> Self {
        Self {
            method,
            headers,
            authority: None,
            exempt: false,
        }
    }

    /// The host and port of the request's target, where it names them, as in HTTP/2. Otherwise the header `Host` does.
    #[must_use]
    pub fn authority(mut self, authority: Option<&'a str>) -> Self {
        self.authority = authority;
        self
    }

    /// Whether the application lets the request pass unchecked.
    #[must_use]
    pub fn exempt(mut self, exempt: bool) -> Self {
        self.exempt = exempt;
        self
    }

    pub(crate) fn headers(&self) -> &'a H {
        self.headers
    }

    fn host(&self) -> Option<&'a str> {
        let header = || str::from_utf8(self.headers.values("host").next()?).ok();
        self.authority.or_else(header)
    }

    fn method(&self) -> Method {
        let has = |name| self.headers.values(name).next().is_some();
        match self.method {
            "GET" if self.upgrades_to_websocket() => Method::Handshake,
            // RFC 8441 §5; no page can send the header otherwise.
            "CONNECT" if has("sec-websocket-version") => Method::Handshake,
            "GET" | "HEAD" | "OPTIONS" | "TRACE" => Method::Safe,
            _ => Method::Unsafe,
        }
    }

    fn upgrades_to_websocket(&self) -> bool {
        let upgrades = self.headers.values("upgrade");
        let mut protocols = upgrades.flat_map(|value| value.split(|byte| *byte == b','));
        protocols.any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
    }

    /// Whether the request is let in by what only a program sends: a header with its id, or a bearer token where no id
    /// came. `Basic` is not among them, for browsers remember that.
    fn is_deliberate(&self, session: &LazySession) -> bool {
        let presented = session.presented();
        let mut tokens = self.headers.values("authorization").filter_map(bearer);
        presented.is_by_header() || presented.is_empty() && tokens.any(|token| !token.is_empty())
    }

    pub(crate) fn judge(&self, session: &LazySession, policy: &CsrfPolicy, secure: bool) -> Verdict {
        judge(Facts {
            method: self.method(),
            exempt: self.exempt,
            deliberate: self.is_deliberate(session),
            provenance: policy.provenance(self.headers, self.host(), secure),
            carrier: form::carrier(self.headers),
        })
    }

    /// The token in the header.
    pub(crate) fn token(&self) -> Option<&'a [u8]> {
        self.headers.values(CsrfToken::HEADER).next()
    }
}

impl<H: ?Sized> fmt::Debug for CsrfRequest<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers hold ids.
        f.debug_struct("CsrfRequest")
            .field("method", &self.method)
            .field("authority", &self.authority)
            .field("exempt", &self.exempt)
            .finish_non_exhaustive()
    }
}

/// A form whose body decides whether the request passes: read it, check it, and hand it on as it came. For adapters; made
/// by [`LazySession::check_csrf`].
#[derive(Debug)]
#[must_use = "the request is not checked until the body is"]
pub struct CsrfForm {
    session: LazySession,
    limit: usize,
}

impl CsrfForm {
    pub(crate) fn new(session: LazySession, policy: &CsrfPolicy) -> Self {
        Self {
            session,
            limit: policy.limit(),
        }
    }

    /// How much of the body is to be read at most, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Checks the token in a body that was read to its end.
    ///
    /// # Errors
    ///
    /// [`Csrf`](ErrorKind::Csrf).
    pub fn check(&self, body: &[u8]) -> Result<(), Error> {
        match form::token(body) {
            Some(token) => self.session.check_csrf_token(&token),
            None => Err(self.session.refuse(CsrfRefusal::TokenMissing)),
        }
    }

    /// The error of a body that goes on behind the limit: [`BodyTooLarge`](ErrorKind::BodyTooLarge).
    #[must_use]
    pub fn too_large(&self) -> Error {
        self.session.refuse(CsrfRefusal::BodyTooLarge)
    }

    /// The error of a body that broke off: [`InvalidInput`](ErrorKind::InvalidInput).
    #[must_use]
    pub fn unreadable(&self) -> Error {
        Error::new(
            ErrorKind::InvalidInput,
            "the body of a form broke off before its CSRF token was found",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyRing, Keycard, Transport, store::memory::MemoryStore};

    type Headers<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn what_a_method_may_do_is_told_by_its_name_and_by_what_it_upgrades_to() {
        let method = |name: &str, headers: Headers<'_>| CsrfRequest::new(name, headers).method();
        for safe in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            assert_eq!(method(safe, &[]), Method::Safe);
        }
        for other in ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "get", "QUERY", ""] {
            assert_eq!(method(other, &[]), Method::Unsafe, "{other}");
        }
        assert_eq!(method("GET", &[("upgrade", "h2c, WebSocket")]), Method::Handshake);
        assert_eq!(method("GET", &[("upgrade", "h2c")]), Method::Safe);
        assert_eq!(method("POST", &[("upgrade", "websocket")]), Method::Unsafe);
        assert_eq!(
            method("CONNECT", &[("sec-websocket-version", "13")]),
            Method::Handshake
        );
    }

    #[test]
    fn the_target_s_authority_goes_before_the_header() {
        let headers: Headers<'_> = &[("host", "shop.example")];
        let request = CsrfRequest::new("POST", headers);
        assert_eq!(request.host(), Some("shop.example"));
        assert_eq!(
            request.authority(Some("other.example")).host(),
            Some("other.example")
        );
        let nothing: Headers<'_> = &[];
        assert_eq!(CsrfRequest::new("POST", nothing).host(), None);
    }

    #[tokio::test]
    async fn what_no_browser_adds_by_itself_needs_no_token() {
        let keycard = |transports: &[Transport]| {
            let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
            builder.transports(transports.iter().copied()).build().unwrap()
        };
        let header = Transport::Header("x-session-id");
        let id = format!("__Host-sid={}", "x".repeat(115));
        let cookie = ("cookie", id.as_str());
        for (transports, headers, expected) in [
            (&[Transport::Cookie][..], vec![], false),
            (&[Transport::Cookie], vec![cookie], false),
            (&[Transport::Cookie], vec![("authorization", "Bearer x")], true),
            (
                &[Transport::Cookie],
                vec![("authorization", "Bearer x"), cookie],
                false,
            ),
            (&[Transport::Cookie], vec![("authorization", "Bearer")], false),
            (&[Transport::Cookie], vec![("authorization", "Basic eDp5")], false),
            (&[Transport::Cookie], vec![("x-session-id", "x")], false),
            (&[header], vec![("x-session-id", "")], true),
            (&[header], vec![], false),
            (
                &[header, Transport::Cookie],
                vec![("x-session-id", "junk"), cookie],
                true,
            ),
            (
                &[Transport::Cookie, header],
                vec![("x-session-id", "junk"), cookie],
                false,
            ),
            (&[Transport::Bearer], vec![("authorization", "bearer")], true),
        ] {
            let session = keycard(transports).open_request(headers.as_slice(), None);
            let request = CsrfRequest::new("POST", headers.as_slice());
            assert_eq!(
                request.is_deliberate(&session),
                expected,
                "{transports:?} {headers:?}"
            );
        }
    }
}
