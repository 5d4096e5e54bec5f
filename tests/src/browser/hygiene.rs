//! What every `Set-Cookie` of a careful server keeps, beyond what browsers insist on.

use http::{HeaderMap, header};

use super::jar::{MAX_AGE, MAX_ATTRIBUTE, MAX_PAIR, Prefix, SetCookie, date, max_age};
use super::response::Response;

/// Asserts that the cookies which an answer sets are clean.
///
/// # Panics
///
/// With all of [`cookie_findings`], and the request.
#[track_caller]
pub fn assert_cookie_hygiene(response: &Response) {
    let findings = cookie_findings(&response.headers);
    assert!(findings.is_empty(), "{response}: {}", findings.join("; "));
}

/// What is wrong with the `Set-Cookie` headers among these; empty when nothing is.
///
/// One cookie per name; no attribute twice; name and value within 4096 octets, attributes within 1024; a prefix
/// in its own case and with what it demands; `SameSite` named; `None` and `Partitioned` only with `Secure`;
/// dates in the preferred form, ages within 400 days; and `Cache-Control: no-store` beside any cookie.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header};
/// use keycard_tests::browser::cookie_findings;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::SET_COOKIE, HeaderValue::from_static("sid=1; SameSite=Lax"));
/// assert_eq!(cookie_findings(&headers), ["a cookie is set without `Cache-Control: no-store`"]);
/// headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
/// assert!(cookie_findings(&headers).is_empty());
/// ```
#[must_use]
pub fn cookie_findings(headers: &HeaderMap) -> Vec<String> {
    let mut findings = Vec::new();
    let mut names: Vec<&[u8]> = Vec::new();
    for value in headers.get_all(header::SET_COOKIE) {
        let Some(set) = SetCookie::parse(value.as_bytes()) else {
            findings.push("a control character in `Set-Cookie`".to_owned());
            continue;
        };
        let name = String::from_utf8_lossy(set.name).into_owned();
        if names.contains(&set.name) {
            findings.push(format!("`{name}` is set more than once"));
        }
        names.push(set.name);
        let checks = [
            size(&set),
            attributes(&set),
            prefix(&set),
            same_site(&set),
            lifetime(&set),
        ];
        findings.extend(
            checks
                .into_iter()
                .flatten()
                .map(|finding| format!("`{name}`: {finding}")),
        );
    }
    if headers.contains_key(header::SET_COOKIE) {
        findings.extend(caching(headers));
    }
    findings
}

fn size(set: &SetCookie<'_>) -> Option<String> {
    let length = set.name.len() + set.value.len();
    if set.name.is_empty() {
        Some("the cookie has no name".to_owned())
    } else {
        (length > MAX_PAIR).then(|| format!("name and value have {length} octets"))
    }
}

fn attributes(set: &SetCookie<'_>) -> Option<String> {
    set.attributes.iter().enumerate().find_map(|(at, (name, value))| {
        let shown = String::from_utf8_lossy(name);
        if set.attributes[..at]
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            Some(format!("`{shown}` stands there twice"))
        } else {
            (value.len() > MAX_ATTRIBUTE).then(|| format!("`{shown}` has {} octets", value.len()))
        }
    })
}

fn prefix(set: &SetCookie<'_>) -> Option<String> {
    let prefix = Prefix::of(set.name)?;
    let text = prefix.text();
    if !set.name.starts_with(text.as_bytes()) {
        Some(format!("the prefix is written `{text}`"))
    } else if !set.has("secure") {
        Some(format!("`{text}` without `Secure`"))
    } else if prefix.needs_http_only() && !set.has("httponly") {
        Some(format!("`{text}` without `HttpOnly`"))
    } else if prefix.needs_host() && (set.has("domain") || set.attribute("path") != Some(b"/")) {
        Some(format!("`{text}` with `Domain` or without `Path=/`"))
    } else {
        None
    }
}

fn same_site(set: &SetCookie<'_>) -> Option<String> {
    let Some(value) = set.attribute("samesite") else {
        return Some("`SameSite` is not named".to_owned());
    };
    let is_none = value.eq_ignore_ascii_case(b"none");
    if !is_none && !value.eq_ignore_ascii_case(b"lax") && !value.eq_ignore_ascii_case(b"strict") {
        Some(format!("`SameSite={}`", String::from_utf8_lossy(value)))
    } else if is_none && !set.has("secure") {
        Some("`SameSite=None` without `Secure`".to_owned())
    } else if set.has("partitioned") && !set.has("secure") {
        Some("`Partitioned` without `Secure`".to_owned())
    } else {
        None
    }
}

fn lifetime(set: &SetCookie<'_>) -> Option<String> {
    if let Some(value) = set.attribute("max-age")
        && max_age(value).is_none_or(|age| age > MAX_AGE)
    {
        return Some(format!("`Max-Age={}`", String::from_utf8_lossy(value)));
    }
    let value = set.attribute("expires")?;
    let is_preferred = date(value).is_some_and(|date| httpdate::fmt_http_date(date).as_bytes() == value);
    (!is_preferred).then(|| format!("`Expires={}`", String::from_utf8_lossy(value)))
}

fn caching(headers: &HeaderMap) -> Option<String> {
    let values = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let directives: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    if directives
        .iter()
        .any(|directive| directive.eq_ignore_ascii_case("no-store"))
    {
        None
    } else {
        Some("a cookie is set without `Cache-Control: no-store`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::cookie_findings;

    fn findings(cookies: &[&str], cache: Option<&'static str>) -> String {
        let cookies = cookies
            .iter()
            .map(|cookie| (header::SET_COOKIE, HeaderValue::from_str(cookie).unwrap()));
        let cache = cache.map(|cache| (header::CACHE_CONTROL, HeaderValue::from_static(cache)));
        let mut headers = HeaderMap::new();
        headers.extend(cookies.chain(cache).collect::<Vec<(HeaderName, HeaderValue)>>());
        cookie_findings(&headers).join("; ")
    }

    #[test]
    fn clean_cookies_pass() {
        for cookie in [
            "__Host-sid=v1.abc; HttpOnly; SameSite=Lax; Secure; Path=/",
            "__Host-sid=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "__Host-Http-sid=1; HttpOnly; SameSite=Strict; Secure; Path=/",
            "__Secure-sid=1; SameSite=None; Secure; Partitioned; Domain=shop.example",
            "sid=1; SameSite=Lax; Max-Age=34560000",
        ] {
            assert_eq!(findings(&[cookie], Some("private, No-Store")), "", "{cookie}");
        }
        assert_eq!(
            findings(&[], None),
            "",
            "nothing is asked of an answer without cookies"
        );
    }

    #[test]
    fn each_fault_is_found() {
        let long = format!("sid={}; SameSite=Lax", "x".repeat(4094));
        let wide = format!("sid=1; SameSite=Lax; Path=/{}", "x".repeat(1024));
        for (cookie, finding) in [
            ("=1; SameSite=Lax", "the cookie has no name"),
            (long.as_str(), "name and value have 4097 octets"),
            (wide.as_str(), "`Path` has 1025 octets"),
            ("sid=1; Path=/; path=/; SameSite=Lax", "`path` stands there twice"),
            (
                "__host-sid=1; SameSite=Lax; Secure; Path=/",
                "the prefix is written `__Host-`",
            ),
            ("__Host-sid=1; SameSite=Lax; Path=/", "`__Host-` without `Secure`"),
            (
                "__Host-sid=1; SameSite=Lax; Secure; Path=/a",
                "`__Host-` with `Domain` or without `Path=/`",
            ),
            (
                "__Host-sid=1; SameSite=Lax; Secure; Path=/; Domain=a.b",
                "`__Host-` with `Domain` or",
            ),
            (
                "__Http-sid=1; SameSite=Lax; Secure",
                "`__Http-` without `HttpOnly`",
            ),
            ("sid=1", "`SameSite` is not named"),
            ("sid=1; SameSite=Laxer", "`SameSite=Laxer`"),
            ("sid=1; SameSite=None", "`SameSite=None` without `Secure`"),
            (
                "sid=1; SameSite=Lax; Partitioned",
                "`Partitioned` without `Secure`",
            ),
            ("sid=1; SameSite=Lax; Max-Age=34560001", "`Max-Age=34560001`"),
            ("sid=1; SameSite=Lax; Max-Age=soon", "`Max-Age=soon`"),
            (
                "sid=1; SameSite=Lax; Expires=Sunday, 06-Nov-94 08:49:37 GMT",
                "`Expires=Sunday",
            ),
        ] {
            let found = findings(&[cookie], Some("no-store"));
            assert!(found.contains(finding), "{cookie}: {found}");
        }
    }

    #[test]
    fn a_name_is_set_once_and_never_stored_by_caches() {
        let twice = findings(
            &["sid=1; SameSite=Lax", "sid=; SameSite=Lax; Max-Age=0"],
            Some("no-store"),
        );
        assert_eq!(twice, "`sid` is set more than once");
        for cache in [None, Some("private"), Some("no-cache=\"Set-Cookie\"")] {
            assert!(
                findings(&["sid=1; SameSite=Lax"], cache).contains("no-store"),
                "{cache:?}"
            );
        }
    }
}
