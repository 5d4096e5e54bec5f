//! The cookie of a visitor who has no session, beside the session's.

use super::{CookieSpec, SameSite};

/// In lower case, as browsers compare them; the longer before what they begin with.
const PREFIXES: [&str; 4] = ["__host-http-", "__host-", "__http-", "__secure-"];

impl CookieSpec {
    /// The cookie to which CSRF tokens are bound where there is no session: named after this one, of this host alone, and
    /// gone with the browser. Where the session's is sent with each request from elsewhere, so is this; and no less
    /// often than by a link that is followed, or each such link would replace it under forms that are open.
    pub(crate) fn for_visitors(&self) -> Self {
        let lower = self.name.to_ascii_lowercase();
        let prefix = PREFIXES.iter().find(|prefix| lower.starts_with(**prefix));
        let name = self.name.get(prefix.map_or(0, |prefix| prefix.len())..);
        let host = if self.secure { "__Host-" } else { "" };
        Self {
            name: format!("{host}{}-csrf", name.unwrap_or_default()),
            domain: None,
            path: "/".to_owned(),
            same_site: match self.same_site {
                SameSite::None => SameSite::None,
                SameSite::Strict | SameSite::Lax => SameSite::Lax,
            },
            secure: self.secure,
            http_only: true,
            partitioned: self.partitioned,
        }
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_s_cookie_is_named_after_the_session_s_and_bound_to_the_host() {
        let named = |name: &str| {
            let builder = CookieSpec::builder(name).same_site(SameSite::Strict);
            builder.build().unwrap().for_visitors()
        };
        for (session, visitor) in [
            ("__Host-sid", "__Host-sid-csrf"),
            ("__Secure-office", "__Host-office-csrf"),
            ("__HOST-HTTP-Sid", "__Host-Sid-csrf"),
            ("__Http-sid", "__Host-sid-csrf"),
            ("sid", "__Host-sid-csrf"),
        ] {
            let spec = named(session);
            assert_eq!(spec, CookieSpec::builder(visitor).build().unwrap(), "{session}");
        }
    }

    #[test]
    fn it_goes_where_the_session_s_goes() {
        let shared = CookieSpec::builder("__Secure-sid")
            .domain("example.com")
            .path("/app")
            .same_site(SameSite::None)
            .partitioned(true)
            .insecure_readable_by_scripts();
        let expected = CookieSpec::builder("__Host-sid-csrf")
            .same_site(SameSite::None)
            .partitioned(true);
        assert_eq!(shared.build().unwrap().for_visitors(), expected.build().unwrap());
        let plain = CookieSpec::insecure_http("sid").build().unwrap().for_visitors();
        assert_eq!(plain, CookieSpec::insecure_http("sid-csrf").build().unwrap());
    }
}
