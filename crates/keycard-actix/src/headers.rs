//! The headers of a request and of a response, as the core reads and writes them.

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use keycard::{RequestHeaders, ResponseHeaders};

pub(crate) struct Received<'a>(pub(crate) &'a HeaderMap);

impl RequestHeaders for Received<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        let values = match constant(name) {
            Some(name) => self.0.get_all(name),
            None => self.0.get_all(name),
        };
        values.map(HeaderValue::as_bytes)
    }
}

pub(crate) struct Headers<'a>(pub(crate) &'a mut HeaderMap);

impl ResponseHeaders for Headers<'_> {
    fn has(&self, name: &'static str) -> bool {
        self.0.contains_key(named(name))
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0.get_all(named(name)).map(HeaderValue::as_bytes)
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        let value = match value {
            Cow::Borrowed(text) => Ok(HeaderValue::from_static(text)),
            Cow::Owned(text) => HeaderValue::try_from(text),
        };
        // The core writes visible ASCII only, so nothing is lost here.
        if let Ok(mut value) = value {
            // Or `Debug` would print the id, and HPACK index it.
            value.set_sensitive(!matches!(name, "cache-control" | "vary"));
            self.0.append(named(name), value);
        }
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.remove(named(name));
        self.append(name, value);
    }
}

/// The constant of a name of which every request has a look-up: one that is spelled is parsed each time.
fn constant(name: &str) -> Option<HeaderName> {
    Some(match name {
        "authorization" => header::AUTHORIZATION,
        "cache-control" => header::CACHE_CONTROL,
        "cookie" => header::COOKIE,
        "set-cookie" => header::SET_COOKIE,
        "user-agent" => header::USER_AGENT,
        "vary" => header::VARY,
        _ => return None,
    })
}

fn named(name: &'static str) -> HeaderName {
    constant(name).unwrap_or_else(|| HeaderName::from_static(name))
}
