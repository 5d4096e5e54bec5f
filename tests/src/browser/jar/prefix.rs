//! Cookie name prefixes and what each demands of the cookie that bears it.

/// A prefix that browsers recognise, in whatever case it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::browser) enum Prefix {
    Secure,
    Host,
    Http,
    HostHttp,
}

impl Prefix {
    /// `__Host-Http-` stands before `__Host-`, which is a prefix of it.
    const ALL: [Self; 4] = [Self::HostHttp, Self::Host, Self::Http, Self::Secure];

    /// The prefix that `text` begins with.
    pub(in crate::browser) fn of(text: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|prefix| {
            let prefix = prefix.text().as_bytes();
            text.get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        })
    }

    /// The prefix in the case in which servers should write it.
    pub(in crate::browser) fn text(self) -> &'static str {
        match self {
            Self::Secure => "__Secure-",
            Self::Host => "__Host-",
            Self::Http => "__Http-",
            Self::HostHttp => "__Host-Http-",
        }
    }

    /// Whether the cookie must be `HttpOnly`; every prefix asks for `Secure`.
    pub(in crate::browser) fn needs_http_only(self) -> bool {
        matches!(self, Self::Http | Self::HostHttp)
    }

    /// Whether the cookie must be of one host and of the whole of it: no `Domain`, and `Path=/`.
    pub(in crate::browser) fn needs_host(self) -> bool {
        matches!(self, Self::Host | Self::HostHttp)
    }
}

#[cfg(test)]
mod tests {
    use super::Prefix;

    #[test]
    fn prefixes_are_recognised_in_any_case() {
        for (name, prefix) in [
            ("__Secure-sid", Some(Prefix::Secure)),
            ("__HOST-sid", Some(Prefix::Host)),
            ("__host-http-sid", Some(Prefix::HostHttp)),
            ("__Http-sid", Some(Prefix::Http)),
            ("__Host", None),
            ("_Host-sid", None),
            ("", None),
        ] {
            assert_eq!(Prefix::of(name.as_bytes()), prefix, "{name}");
        }
    }
}
