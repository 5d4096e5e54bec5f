//! Where a request was made, as far as a browser tells (Fetch Metadata; RFC 6454 §7).

use super::judge::Provenance;
use crate::config::ConfigError;
use crate::request::RequestHeaders;

/// An origin, without the port that its scheme has anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    /// Reads `https://shop.example:8443`, as browsers write it.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        let (scheme, authority) = text.split_once("://")?;
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let is_authority = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\".contains(&byte);
        let is_origin = !scheme.is_empty()
            && !authority.is_empty()
            && scheme.bytes().all(is_scheme)
            && authority.bytes().all(is_authority);
        let scheme = scheme.to_ascii_lowercase();
        is_origin.then(|| Self {
            authority: without_port(authority, &scheme),
            scheme,
        })
    }

    /// Reads what an application trusts.
    pub(super) fn configured(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text.as_bytes()).ok_or_else(|| {
            ConfigError::new(format!(
                "{text:?} is no origin: write scheme, host and port as a browser does, https://shop.example"
            ))
        })
    }

    /// Whether it is that of the host that a request asks. Where the session's cookie is `Secure`, its pages come by
    /// `https`.
    fn is_of(&self, host: &str, secure: bool) -> bool {
        let scheme_fits = self.scheme == "https" || self.scheme == "http" && !secure;
        scheme_fits && self.authority == without_port(host, &self.scheme)
    }
}

/// In lower case.
fn without_port(authority: &str, scheme: &str) -> String {
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    authority
        .strip_suffix(port)
        .unwrap_or(authority)
        .to_ascii_lowercase()
}

/// Where a request to `host` was made.
pub(super) fn provenance(
    headers: &(impl RequestHeaders + ?Sized),
    host: Option<&str>,
    secure: bool,
    trusted: &[Origin],
) -> Provenance {
    let mut origins = headers.values("origin");
    let origin = origins.next();
    let read = origin
        .filter(|_| origins.next().is_none())
        .and_then(Origin::parse);
    if read.as_ref().is_some_and(|origin| trusted.contains(origin)) {
        return Provenance::Ours;
    }
    match (headers.values("sec-fetch-site").next(), origin) {
        (Some(b"same-origin" | b"none"), _) => Provenance::Ours,
        (Some(b"cross-site" | b"same-site"), _) => Provenance::CrossSite,
        (_, None) => Provenance::Unknown,
        (_, Some(_)) => {
            let is_own = read
                .zip(host)
                .is_some_and(|(origin, host)| origin.is_of(host, secure));
            if is_own {
                Provenance::Ours
            } else {
                Provenance::OtherOrigin
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    const SHOP: Option<&str> = Some("shop.example");

    fn made(headers: Headers, host: Option<&str>, secure: bool) -> Provenance {
        let trusted = ["https://app.example:443", "capacitor://localhost"];
        let trusted = trusted.map(|origin| Origin::configured(origin).unwrap());
        provenance(headers, host, secure, &trusted)
    }

    #[test]
    fn what_the_browser_says_of_the_site_goes_before_the_origin() {
        use Provenance::{CrossSite, OtherOrigin, Ours, Unknown};
        for (site, expected) in [
            ("same-origin", [Ours; 3]),
            ("none", [Ours; 3]),
            ("same-site", [CrossSite, CrossSite, Ours]),
            ("cross-site", [CrossSite, CrossSite, Ours]),
            ("something-new", [Unknown, OtherOrigin, Ours]),
        ] {
            let origins = [None, Some("https://evil.example"), Some("https://app.example")];
            let found = origins.map(|origin| {
                let headers = origin.map(|origin| ("origin", origin)).into_iter();
                let headers: Vec<_> = headers.chain([("sec-fetch-site", site)]).collect();
                made(headers.leak(), SHOP, true)
            });
            assert_eq!(found, expected, "{site}");
        }
        assert_eq!(made(&[], SHOP, true), Unknown);
    }

    #[test]
    fn without_it_the_origin_must_be_the_host_s() {
        for (origin, host, secure) in [
            ("https://shop.example", "shop.example", true),
            ("https://shop.example", "Shop.Example:443", true),
            ("HTTPS://SHOP.example:443", "shop.example", true),
            ("http://shop.example", "shop.example:80", false),
            ("http://localhost:3000", "localhost:3000", false),
            ("https://[::1]:8443", "[::1]:8443", true),
            ("https://app.example", "shop.example", true),
            ("capacitor://localhost", "shop.example", true),
        ] {
            let headers: &'static [_] = vec![("origin", origin)].leak();
            assert_eq!(made(headers, Some(host), secure), Provenance::Ours, "{origin}");
        }
        for (origin, host, secure) in [
            ("null", SHOP, true),
            ("", SHOP, true),
            ("https://", SHOP, true),
            ("https://evil.example", SHOP, true),
            ("https://shop.example.evil.example", SHOP, true),
            ("https://evilshop.example", SHOP, true),
            ("https://shop.example:8443", SHOP, true),
            ("https://shop.example:80", SHOP, true),
            ("https://shop.example@evil.example", SHOP, true),
            ("https://evil.example/https://shop.example", SHOP, true),
            ("http://shop.example", SHOP, true),
            ("ftp://shop.example", SHOP, false),
            ("https://shop.example", None, true),
        ] {
            let headers: &'static [_] = vec![("origin", origin)].leak();
            assert_eq!(made(headers, host, secure), Provenance::OtherOrigin, "{origin}");
        }
        let twice: Headers = &[
            ("origin", "https://shop.example"),
            ("origin", "https://evil.example"),
        ];
        assert_eq!(made(twice, SHOP, true), Provenance::OtherOrigin);
    }

    #[test]
    fn what_is_no_origin_is_not_trusted() {
        for text in [
            "",
            "shop.example",
            "https://",
            "https://a.example/",
            "https://u@a.example",
            "null",
        ] {
            let error = Origin::configured(text).unwrap_err();
            assert!(error.to_string().contains("no origin"), "{text}");
        }
    }
}
