//! The headers that a response gets from its session.

use std::borrow::Cow;

use keycard::ResponseHeaders;

#[derive(Debug, Default)]
pub(crate) struct Headers(Vec<(&'static str, String)>);

impl Headers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(other, _)| *other == name);
        let (_, first) = found.next()?;
        assert!(found.next().is_none(), "two headers of the name {name}");
        Some(first)
    }

    pub(crate) fn set_cookie(&self) -> Option<&str> {
        self.header("set-cookie")
    }

    /// Name and value of the cookie that is set, as a browser sends them.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.set_cookie()?.split(';').next()
    }
}

impl ResponseHeaders for Headers {
    fn has(&self, name: &'static str) -> bool {
        self.values(name).next().is_some()
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value.as_bytes())
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.push((name, value.into_owned()));
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.retain(|(other, _)| *other != name);
        self.append(name, value);
    }
}
