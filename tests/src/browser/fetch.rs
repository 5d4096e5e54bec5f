//! One fetch as the cookie rules see it: what is asked for, how, and from which site.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::origin::{Origin, Scheme};

/// The site that a cross-site request comes from.
const ELSEWHERE: &str = "https://elsewhere.example";

/// What the jar must know of a request to choose its cookies and to judge those of its answer.
///
/// A fetch is from the same site and not a navigation (what a script of the page does) unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Fetch {
    origin: Origin,
    method: Method,
    target: String,
    cross_site: bool,
    navigation: bool,
    silent: bool,
}

impl Fetch {
    /// A request for `target` (path and query) by a page of the same site.
    #[must_use]
    pub fn new(origin: Origin, method: Method, target: &str) -> Self {
        Self {
            origin,
            method,
            target: target.to_owned(),
            cross_site: false,
            navigation: false,
            silent: false,
        }
    }

    /// The same request, started by a page of another site.
    #[must_use]
    pub fn cross_site(self) -> Self {
        Self {
            cross_site: true,
            ..self
        }
    }

    /// The same request as a top-level navigation: a link that is followed, a form that is sent.
    #[must_use]
    pub fn navigation(self) -> Self {
        Self {
            navigation: true,
            ..self
        }
    }

    /// The same request by a program, which says nothing of where it was made.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { silent: true, ..self }
    }

    /// The origin that is asked.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Path and query, as they stand in the request line.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// Whether a page of another site started the request.
    #[must_use]
    pub fn is_cross_site(&self) -> bool {
        self.cross_site
    }

    /// Whether the request is a top-level navigation.
    #[must_use]
    pub fn is_navigation(&self) -> bool {
        self.navigation
    }

    /// Adds `Host`, `Origin` and the `Sec-Fetch-*` headers that a browser sends, where the caller set none.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        let mut add = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.entry(name).or_insert(value);
            }
        };
        add(header::HOST, &self.origin.authority());
        if self.silent {
            return;
        }
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        if !is_read || (self.cross_site && !self.navigation) {
            let own = self.origin.to_string();
            add(header::ORIGIN, if self.cross_site { ELSEWHERE } else { &own });
        }
        if self.origin.scheme() == Scheme::Https || self.origin.is_loopback() {
            let (mode, dest) = if self.navigation {
                ("navigate", "document")
            } else {
                ("cors", "empty")
            };
            let site = if self.cross_site {
                "cross-site"
            } else {
                "same-origin"
            };
            add(HeaderName::from_static("sec-fetch-site"), site);
            add(HeaderName::from_static("sec-fetch-mode"), mode);
            add(HeaderName::from_static("sec-fetch-dest"), dest);
        }
    }
}

impl std::fmt::Display for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}{} at {}",
            self.method,
            self.origin,
            self.target,
            self.origin.address()
        )
    }
}
