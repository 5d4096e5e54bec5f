//! What browsers refuse: sets of attributes that no browser would keep do not build.

use std::fmt;

use super::{CookieSpec, SameSite};
use crate::config::ConfigError;
use crate::seal::Seal;

/// The largest name and value together that browsers keep, in bytes (RFC 6265bis §5.6).
const MAX_COOKIE: usize = 4096;
/// The largest attribute value that browsers read, in bytes (RFC 6265bis §5.6).
const MAX_ATTRIBUTE: usize = 1024;

impl CookieSpec {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.check_name()?;
        self.check_prefix()?;
        self.check_attributes()
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            return refuse(format_args!(
                "the cookie name {:?} is not a token: use letters, digits, - and _",
                self.name
            ));
        }
        if self.name.len() + Seal::TEXT > MAX_COOKIE {
            return refuse(format_args!(
                "the cookie name has {} bytes: name and value may have {MAX_COOKIE} together",
                self.name.len()
            ));
        }
        Ok(())
    }

    /// The prefixes of RFC 6265bis §4.1.3, which browsers compare without case.
    fn check_prefix(&self) -> Result<(), ConfigError> {
        let name = self.name.to_ascii_lowercase();
        let host = name.starts_with("__host-");
        let http = name.starts_with("__http-") || name.starts_with("__host-http-");
        if (host || http || name.starts_with("__secure-")) && !self.secure {
            return refuse(format_args!(
                "the cookie {} needs Secure by its prefix: drop the prefix, or use CookieSpec::builder",
                self.name
            ));
        }
        if http && !self.http_only {
            return refuse(format_args!(
                "the cookie {} needs HttpOnly by its prefix: drop the prefix, or insecure_readable_by_scripts",
                self.name
            ));
        }
        if host && self.domain.is_some() {
            return refuse(format_args!(
                "the cookie {} cannot have a domain: drop the domain, or name it __Secure-… instead",
                self.name
            ));
        }
        if host && self.path != "/" {
            return refuse(format_args!(
                "the cookie {} needs Path=/: drop the path, or name it __Secure-… instead",
                self.name
            ));
        }
        Ok(())
    }

    fn check_attributes(&self) -> Result<(), ConfigError> {
        if self.same_site == SameSite::None && !self.secure {
            return refuse(format_args!(
                "SameSite=None needs Secure: use CookieSpec::builder, or SameSite::Lax"
            ));
        }
        if self.partitioned && !self.secure {
            return refuse(format_args!(
                "Partitioned needs Secure: use CookieSpec::builder, or drop it"
            ));
        }
        if !is_attribute(&self.path) || !self.path.starts_with('/') {
            return refuse(format_args!(
                "the cookie path {:?} must begin with / and hold no ;",
                self.path
            ));
        }
        match &self.domain {
            Some(domain) if !is_domain(domain) => refuse(format_args!(
                "the cookie domain {domain:?} is not a host name like example.com"
            )),
            _ => Ok(()),
        }
    }
}

fn is_attribute(value: &str) -> bool {
    value.len() <= MAX_ATTRIBUTE
        && value
            .bytes()
            .all(|byte| (b' '..0x7f).contains(&byte) && byte != b';')
}

fn is_domain(domain: &str) -> bool {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    is_attribute(host)
        && !host.is_empty()
        && host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn refuse(message: fmt::Arguments<'_>) -> Result<(), ConfigError> {
    Err(ConfigError::new(message.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::CookieSpecBuilder;

    #[test]
    fn sets_that_browsers_refuse_do_not_build() {
        let long = "n".repeat(4096);
        let cases: [(CookieSpecBuilder, &str); 14] = [
            (CookieSpec::builder(""), "not a token"),
            (CookieSpec::builder("a b"), "not a token"),
            (CookieSpec::builder("a;b"), "not a token"),
            (CookieSpec::builder(long), "4096"),
            (
                CookieSpec::builder("__Host-sid").domain("example.com"),
                "drop the domain",
            ),
            (CookieSpec::builder("__HOST-sid").path("/app"), "Path=/"),
            (CookieSpec::insecure_http("__Host-sid"), "Secure"),
            (CookieSpec::insecure_http("__secure-sid"), "Secure"),
            (
                CookieSpec::builder("__Http-sid").insecure_readable_by_scripts(),
                "HttpOnly",
            ),
            (
                CookieSpec::builder("__Host-Http-sid").insecure_readable_by_scripts(),
                "HttpOnly",
            ),
            (
                CookieSpec::insecure_http("sid").same_site(SameSite::None),
                "SameSite=None",
            ),
            (CookieSpec::insecure_http("sid").partitioned(true), "Partitioned"),
            (CookieSpec::builder("sid").path("app"), "must begin with /"),
            (CookieSpec::builder("sid").domain("exa mple"), "host name"),
        ];
        for (builder, expected) in cases {
            let shown = format!("{builder:?}");
            let error = builder.build().expect_err(&shown).to_string();
            assert!(error.contains(expected), "{shown}: {error}");
        }
    }

    #[test]
    fn sets_that_browsers_keep_build() {
        for builder in [
            CookieSpec::builder("__Host-sid")
                .same_site(SameSite::None)
                .partitioned(true),
            CookieSpec::builder("__Secure-sid")
                .domain("example.com")
                .path("/app"),
            CookieSpec::builder("__Host-Http-sid"),
            CookieSpec::insecure_http("sid").same_site(SameSite::Strict),
        ] {
            let shown = format!("{builder:?}");
            builder.build().expect(&shown);
        }
    }
}
