//! `Set-Cookie`: setting and removing share every attribute, or a browser would keep what it was told to remove.

use std::time::Duration;

use cookie::Cookie;

use super::{CookieSpec, SameSite};

/// The header value that hands out `value`; with `max_age` the cookie outlives the browser.
pub(crate) fn set(spec: &CookieSpec, value: &str, max_age: Option<Duration>) -> String {
    let mut cookie = with_attributes(spec, value);
    if let Some(max_age) = max_age {
        cookie.set_max_age(seconds(max_age));
    }
    cookie.to_string()
}

/// The header value that removes the cookie: no value, `Max-Age=0`.
pub(crate) fn removal(spec: &CookieSpec) -> String {
    let mut cookie = with_attributes(spec, "");
    cookie.set_max_age(cookie::time::Duration::ZERO);
    cookie.to_string()
}

fn with_attributes<'a>(spec: &'a CookieSpec, value: &'a str) -> Cookie<'a> {
    let mut cookie = Cookie::build((spec.name.as_str(), value))
        .path(spec.path.as_str())
        .secure(spec.secure)
        .http_only(spec.http_only)
        .partitioned(spec.partitioned)
        .same_site(match spec.same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        })
        .build();
    if let Some(domain) = &spec.domain {
        cookie.set_domain(domain.as_str());
    }
    cookie
}

fn seconds(span: Duration) -> cookie::time::Duration {
    cookie::time::Duration::seconds(i64::try_from(span.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_cookie_has_every_protection_and_no_age() {
        assert_eq!(
            set(&CookieSpec::default(), "v", None),
            "__Host-sid=v; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
    }

    #[test]
    fn a_persistent_cookie_has_its_age_in_seconds() {
        let header = set(
            &CookieSpec::default(),
            "v",
            Some(Duration::from_millis(2_592_000_999)),
        );
        assert!(header.contains("; Max-Age=2592000"), "{header}");
    }

    #[test]
    fn removal_repeats_every_attribute() {
        let spec = CookieSpec::builder("__Secure-sid")
            .domain("example.com")
            .path("/app")
            .same_site(SameSite::None)
            .partitioned(true)
            .build()
            .unwrap();
        let strip = |header: String| {
            let mut attributes: Vec<String> = header.split("; ").skip(1).map(str::to_owned).collect();
            attributes.retain(|attribute| !attribute.starts_with("Max-Age"));
            attributes.sort();
            attributes
        };
        assert_eq!(strip(removal(&spec)), strip(set(&spec, "v", None)));
        assert!(removal(&spec).starts_with("__Secure-sid=;"));
        assert!(removal(&spec).contains("Max-Age=0"));
    }
}
