//! Domain and path matching, RFC 6265bis sections 5.1.3 and 5.1.4.

use std::net::IpAddr;

/// Whether `host` is `domain` or a name below it; an address matches only itself. Both in lower case.
pub(super) fn domain_match(host: &str, domain: &str) -> bool {
    host == domain
        || (host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
            && host.parse::<IpAddr>().is_err())
}

/// Whether a request for `path` gets a cookie of `cookie_path`.
pub(super) fn path_match(path: &[u8], cookie_path: &[u8]) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with(b"/") || rest.starts_with(b"/"))
}

/// The path of a cookie that names none: the directory of the page that set it.
pub(super) fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(end) if end > 0 && path.starts_with('/') => &path[..end],
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_matches_itself_and_what_is_below_it() {
        for (host, domain, matches) in [
            ("shop.example", "shop.example", true),
            ("a.b.shop.example", "shop.example", true),
            ("shop.example", "a.shop.example", false),
            ("badshop.example", "shop.example", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "0.0.1", false),
        ] {
            assert_eq!(domain_match(host, domain), matches, "{host} against {domain}");
        }
    }

    #[test]
    fn a_path_matches_whole_segments() {
        for (path, cookie_path, matches) in [
            ("/", "/", true),
            ("/shop/cart", "/", true),
            ("/shop/cart", "/shop", true),
            ("/shop/cart", "/shop/", true),
            ("/shop", "/shop", true),
            ("/shop", "/shop/", false),
            ("/shopping", "/shop", false),
            ("/Shop", "/shop", false),
        ] {
            assert_eq!(
                path_match(path.as_bytes(), cookie_path.as_bytes()),
                matches,
                "{path} against {cookie_path}"
            );
        }
    }

    #[test]
    fn the_default_path_is_the_directory_of_the_page() {
        for (path, default) in [
            ("", "/"),
            ("/", "/"),
            ("/login", "/"),
            ("/shop/cart", "/shop"),
            ("/shop/", "/shop"),
            ("x/y", "/"),
        ] {
            assert_eq!(default_path(path), default, "{path}");
        }
    }
}
