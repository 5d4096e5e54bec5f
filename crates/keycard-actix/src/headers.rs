//! The headers of a request and of a response, as the core reads and writes them.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use keycard::{RequestHeaders, ResponseHeaders};

pub(crate) struct Received<'a>(pub(crate) &'a HeaderMap);

impl RequestHeaders for Received<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0.get_all(name).map(HeaderValue::as_bytes)
    }
}

pub(crate) struct Headers<'a>(pub(crate) &'a mut HeaderMap);

impl ResponseHeaders for Headers<'_> {
    fn has(&self, name: &'static str) -> bool {
        self.0.contains_key(name)
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0.get_all(name).map(HeaderValue::as_bytes)
    }

    fn append(&mut self, name: &'static str, value: &str) {
        // The core writes visible ASCII only, so nothing is lost here.
        if let Ok(mut value) = HeaderValue::from_str(value) {
            // Or `Debug` would print the id, and HPACK index it.
            value.set_sensitive(!matches!(name, "cache-control" | "vary"));
            self.0.append(HeaderName::from_static(name), value);
        }
    }

    fn replace(&mut self, name: &'static str, value: &str) {
        self.0.remove(name);
        self.append(name, value);
    }
}
