//! The cookie that the end of a request sets, for requests that were not made over the wire.

use std::borrow::Cow;

use keycard::{Closing, ResponseHeaders};

/// The value of the `Set-Cookie` header, if there is one.
#[must_use]
pub fn set_cookie(closing: &Closing) -> Option<String> {
    let mut header = SetCookie::default();
    closing.apply(&mut header);
    header.0
}

#[derive(Default)]
struct SetCookie(Option<String>);

impl ResponseHeaders for SetCookie {
    fn has(&self, _: &'static str) -> bool {
        false
    }

    fn values<'a>(&'a self, _: &'static str) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        if name == "set-cookie" {
            self.0 = Some(value.into_owned());
        }
    }

    fn replace(&mut self, _: &'static str, _: Cow<'static, str>) {}
}
