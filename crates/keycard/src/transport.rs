//! Where ids travel: in a cookie, in a header of one's own, or as a bearer token.

mod told;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::told::{Told, Vary};
use crate::closing::Outgoing;
use crate::config::{ConfigError, KeycardBuilder};
use crate::cookie::read::Candidates;
use crate::cookie::{CookieSpec, read, write};
use crate::id::SessionId;
use crate::request::RequestHeaders;
use crate::seal::{KeyRing, Purpose, Seal};

/// The header in which clients that send bearer tokens are told a new one.
const TOLD_TO_BEARERS: &str = "x-session-id";

/// Headers that mean something else.
const TAKEN: [&str; 5] = ["authorization", "cache-control", "cookie", "set-cookie", "vary"];

/// Where the id of a session travels; chosen by [`transports`](KeycardBuilder::transports).
///
/// The same laws hold for each: a client is told a new id only when it changes, and that its session has ended only in
/// the answer to the request that ended it. An id that came in one place is not valid in another.
///
/// ```
#[doc = example!(builder)]
/// let keycard = builder.transports([Transport::Cookie, Transport::Header("x-session-id")]).build()?;
///
/// let headers = [("x-session-id", "")]; // by a client that keeps no cookies and has no session yet
/// let lazy = keycard.open_request(headers.as_slice(), None);
/// lazy.load().await?.login("alice");
/// # struct Names(Vec<&'static str>);
/// # impl ResponseHeaders for Names {
/// #     fn has(&self, name: &'static str) -> bool { self.0.contains(&name) }
/// #     fn values<'a>(&'a self, _: &'static str) -> impl Iterator<Item = &'a [u8]> { std::iter::empty() }
/// #     fn append(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) { self.0.push(name) }
/// #     fn replace(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) { self.0.push(name) }
/// # }
/// let mut answer = Names(Vec::new()); // the headers of the response
/// keycard.close(&lazy, Outcome::Completed).await.apply(&mut answer);
/// assert!(answer.has("x-session-id") && !answer.has("set-cookie"));
#[doc = example!(end)]
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// The [cookie](KeycardBuilder::cookie). It is present if the request has a value of its name that looks like an id.
    Cookie,
    /// A request header of this name, in lower case: `x-session-id`. A new id comes in the response header of the same
    /// name; an empty one says that the session has ended. So a client sends what it was told last.
    ///
    /// It is present if the request has the header, whatever stands in it. A client that has no id yet sends it empty.
    ///
    /// # Security
    ///
    /// The client must keep the id where no script of another site and no log sees it. Actix prints headers of one's own
    /// with a whole request (`{:?}`), bearer tokens and cookies not. Layers that are nested need different names.
    Header(&'static str),
    /// `Authorization: Bearer <id>` (RFC 6750 §2.1). A new id comes in the response header `X-Session-Id`, for
    /// `Authorization` is none; an empty one says that the session has ended.
    ///
    /// It is present if the token looks like an id, or if there is none behind `Bearer`, by which a client without an id
    /// asks for one. Other tokens, a JWT say, are left to others.
    Bearer,
}

impl Transport {
    /// The request header in which the id comes.
    const fn header(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Header(name) => name,
            Self::Bearer => "authorization",
        }
    }

    fn check(self) -> Result<(), ConfigError> {
        let Self::Header(name) = self else {
            return Ok(());
        };
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(ConfigError::new(format!(
                "the header {name:?} cannot carry ids: name it by at most 64 of a-z, 0-9 and hyphens"
            )));
        }
        if TAKEN.contains(&name) {
            return Err(ConfigError::new(format!(
                "the header {name:?} means something else: name one of your own, or choose another transport"
            )));
        }
        Ok(())
    }
}

/// Where ids travel.
impl<I> KeycardBuilder<I> {
    /// The transports of ids, in order. The first that is *present* in a request decides, without falling through: a
    /// forged header before a good cookie is an anonymous request. A client is told by the transport that decided, and
    /// by the first one if none was present. Default: [`Transport::Cookie`] alone.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.transports([Transport::Bearer, Transport::Cookie]).build()?;
    /// let session = keycard.open([]).load().await?;
    /// assert_eq!(session.user(), None);
    /// # let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    /// let error = builder.transports([Transport::Header("cookie")]).build().unwrap_err();
    /// assert!(error.to_string().contains("means something else"));
    #[doc = example!(end)]
    /// ```
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.transports = transports.into_iter().collect();
        self
    }
}

/// What a request presented, and by which transport. The texts are not verified.
pub(crate) struct Presented {
    decided_by: usize,
    by_header: bool,
    looked_at: usize,
    texts: Candidates,
}

impl Presented {
    /// Nothing, in as many places as were looked at.
    pub(crate) fn nothing(looked_at: usize) -> Self {
        Self {
            decided_by: 0,
            by_header: false,
            looked_at,
            texts: Candidates::default(),
        }
    }

    /// Whether it came in a header that no browser adds by itself.
    pub(crate) fn is_by_header(&self) -> bool {
        self.by_header
    }

    /// Whether nothing came that could be an id.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// The transports of an application, each with the seal of its ids.
pub(crate) struct Transports {
    carriers: Vec<(Transport, Seal)>,
    cookie: CookieSpec,
    /// The request headers, as `Vary` names them.
    names: Arc<[&'static str]>,
}

impl Transports {
    pub(crate) fn new(
        transports: &[Transport],
        cookie: CookieSpec,
        keys: &KeyRing,
        application: &str,
    ) -> Result<Self, ConfigError> {
        if transports.is_empty() {
            return Err(ConfigError::new(
                "ids have no transport: name one, or leave the setting out for cookies",
            ));
        }
        for (at, transport) in transports.iter().enumerate() {
            transport.check()?;
            if transports[..at].contains(transport) {
                return Err(ConfigError::new(format!(
                    "the transport {transport:?} stands twice"
                )));
            }
        }
        let seal = |transport: Transport| match transport {
            Transport::Cookie => Seal::new(keys, Purpose::Cookie, cookie.name(), application),
            Transport::Header(_) | Transport::Bearer => {
                Seal::new(keys, Purpose::Header, transport.header(), application)
            }
        };
        let vary = |transport: &Transport| match transport {
            Transport::Cookie => "Cookie",
            Transport::Header(name) => name,
            Transport::Bearer => "Authorization",
        };
        Ok(Self {
            carriers: transports.iter().map(|each| (*each, seal(*each))).collect(),
            names: transports.iter().map(vary).collect(),
            cookie,
        })
    }

    pub(crate) fn cookie(&self) -> &CookieSpec {
        &self.cookie
    }

    /// The request headers in which ids come, in lower case.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &'static str> {
        self.carriers.iter().map(|(transport, _)| transport.header())
    }

    pub(crate) fn read(&self, headers: &(impl RequestHeaders + ?Sized)) -> Presented {
        for (at, (transport, _)) in self.carriers.iter().enumerate() {
            if let Some(texts) = self.texts(*transport, headers) {
                return Presented {
                    decided_by: at,
                    by_header: *transport != Transport::Cookie,
                    looked_at: at + 1,
                    texts,
                };
            }
        }
        Presented::nothing(self.carriers.len())
    }

    /// What could be ids; `None` if the transport is not present.
    fn texts(&self, transport: Transport, headers: &(impl RequestHeaders + ?Sized)) -> Option<Candidates> {
        let values = headers.values(transport.header());
        match transport {
            Transport::Cookie => {
                let texts = read::candidates(values, self.cookie.name());
                (!texts.is_empty()).then_some(texts)
            }
            Transport::Header(_) => if_any(values.map(<[u8]>::trim_ascii)),
            Transport::Bearer => if_any(
                values
                    .filter_map(bearer)
                    .filter(|token| token.is_empty() || Seal::looks_like_one(token)),
            ),
        }
    }

    /// The ids that were sealed for the place where they came.
    pub(crate) fn open(&self, presented: &Presented) -> impl Iterator<Item = SessionId> {
        let (_, seal) = &self.carriers[presented.decided_by];
        presented.texts.iter().filter_map(|text| seal.open(text))
    }

    /// The response header that tells the client, and its value.
    pub(crate) fn tell(&self, presented: &Presented, outgoing: &Outgoing) -> Told {
        let (transport, seal) = &self.carriers[presented.decided_by];
        let header = match transport {
            Transport::Cookie => "set-cookie",
            Transport::Header(name) => name,
            Transport::Bearer => TOLD_TO_BEARERS,
        };
        let value = match (transport, outgoing) {
            (Transport::Cookie, Outgoing::Set { id, max_age }) => {
                write::set(&self.cookie, &seal.seal(id), *max_age)
            }
            (Transport::Cookie, Outgoing::Remove) => write::removal(&self.cookie),
            (_, Outgoing::Set { id, .. }) => seal.seal(id),
            (_, Outgoing::Remove) => String::new(),
        };
        Told { header, value }
    }

    pub(crate) fn vary(&self, presented: &Presented) -> Vary {
        Vary {
            names: Arc::clone(&self.names),
            looked_at: presented.looked_at,
        }
    }
}

/// What could be ids among values, if there are any values at all.
fn if_any<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Candidates> {
    let mut values = values.peekable();
    values.peek()?;
    Some(read::sealed(values))
}

/// The token of an `Authorization` header of the scheme `Bearer`, or nothing where none stands.
pub(crate) fn bearer(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let end = value
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(value.len());
    let (scheme, token) = value.split_at(end);
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
}

impl fmt::Debug for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let carriers = self.carriers.iter().map(|(transport, _)| transport);
        f.debug_list().entries(carriers).finish()
    }
}

#[cfg(test)]
mod tests;
