//! What the end of a request means for its response.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::csrf::CsrfClosing;
use crate::error::Error;
use crate::id::SessionId;
use crate::transport::{Presented, Told, Transports, Vary};

/// What the client must be told about its id.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    /// This id from now on.
    Set {
        id: SessionId,
        max_age: Option<std::time::Duration>,
    },
    /// The session has ended.
    Remove,
}

/// What an adapter does to a response when its request has ended; made by [`Keycard::close`](crate::Keycard::close).
///
/// ```
#[doc = example!(keycard)]
/// let lazy = keycard.open([]);
/// assert!(keycard.close(&lazy, Outcome::Completed).await.is_empty(), "nobody asked for the session");
#[doc = example!(end)]
/// ```
#[must_use = "the response lacks its cookie until the closing is applied"]
pub struct Closing {
    told: Option<Told>,
    /// Of a request that used the session.
    vary: Option<Vary>,
    error: Option<Error>,
    /// Of a request whose session could not be read: its answer holds for this moment alone.
    degraded: bool,
    csrf: CsrfClosing,
}

impl Closing {
    /// Nothing to do: the request did not use the session.
    pub(crate) const UNUSED: Self = Self {
        told: None,
        vary: None,
        error: None,
        degraded: false,
        csrf: CsrfClosing::NONE,
    };

    pub(crate) fn new(
        outgoing: Option<&Outgoing>,
        error: Option<Error>,
        transports: &Transports,
        presented: &Presented,
    ) -> Self {
        Self {
            told: outgoing.map(|outgoing| transports.tell(presented, outgoing)),
            vary: Some(transports.vary(presented)),
            error,
            ..Self::UNUSED
        }
    }

    /// No cookie comes of it. What was shown in place of an id came in a header of the same kind.
    pub(crate) fn of_stand_in(error: Option<Error>) -> Self {
        Self {
            vary: Some(Vary::credentials()),
            error,
            ..Self::UNUSED
        }
    }

    /// This one, and that of a stand-in.
    pub(crate) fn beside(self, stand_in: Self) -> Self {
        Self {
            told: self.told,
            vary: self.vary.into_iter().chain(stand_in.vary).reduce(Vary::and),
            error: self.error.or(stand_in.error),
            degraded: self.degraded || stand_in.degraded,
            csrf: self.csrf,
        }
    }

    pub(crate) fn degraded(self, degraded: bool) -> Self {
        Self { degraded, ..self }
    }

    /// With the cookie of a visitor. A response with a token depends on what the browser shows.
    pub(crate) fn with_csrf(self, csrf: CsrfClosing) -> Self {
        let shown = (!csrf.is_empty()).then(Vary::cookie);
        Self {
            vary: self.vary.into_iter().chain(shown).reduce(Vary::and),
            csrf,
            ..self
        }
    }

    /// Why the response must be replaced: the session could not be committed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether the response stays as it is: the request did not use the session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_none() && self.vary.is_none() && self.error.is_none()
    }

    /// Writes the headers: `Set-Cookie` where the cookie changes, or the header in which the client is told its id, and
    /// what keeps shared caches from mixing users up (RFC 9111 §7.3, ASVS 5.0 14.3.2).
    pub fn apply(&self, headers: &mut impl ResponseHeaders) {
        if let Some(Told { header, value }) = &self.told {
            if *header == "set-cookie" {
                headers.append(header, value.clone().into());
            } else {
                headers.replace(header, value.clone().into());
            }
        }
        if let Some(cookie) = &self.csrf.cookie {
            headers.append("set-cookie", cookie.clone().into());
        }
        if self.told.is_some() || self.csrf.cookie.is_some() || self.degraded {
            headers.replace("cache-control", "no-store".into());
        }
        let Some(vary) = &self.vary else { return };
        if !headers.has("cache-control") {
            headers.append("cache-control", "private".into());
        }
        for &name in vary.names() {
            if !headers.lists("vary", name) {
                headers.append("vary", name.into());
            }
        }
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is told is the id.
        f.debug_struct("Closing")
            .field("tells", &self.told.as_ref().map(|told| told.header))
            .field("used", &self.vary.is_some())
            .field("error", &self.error)
            .field("degraded", &self.degraded)
            .field("csrf", &self.csrf)
            .finish()
    }
}

/// What sessions further in have written on a response, innermost first. An adapter keeps it with the response, for a
/// layer further out that replaces that: the cookie of a session that is committed must reach the client.
///
/// ```
#[doc = example!(keycard)]
/// # struct Names(Vec<&'static str>);
/// # impl ResponseHeaders for Names {
/// #     fn has(&self, name: &'static str) -> bool { self.0.contains(&name) }
/// #     fn values<'a>(&'a self, _: &'static str) -> impl Iterator<Item = &'a [u8]> { std::iter::empty() }
/// #     fn append(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) { self.0.push(name) }
/// #     fn replace(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) { self.0.push(name) }
/// # }
/// let lazy = keycard.open([]);
/// lazy.load().await?.login("alice");
/// let inner = Closings::default().with(keycard.close(&lazy, Outcome::Completed).await);
///
/// let mut replacement = Names(Vec::new()); // the headers of another response
/// inner.apply(&mut replacement);
/// assert!(replacement.has("set-cookie"));
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug, Default)]
pub struct Closings(Vec<Arc<Closing>>);

impl Closings {
    /// These closings and one more, of a session further out.
    #[must_use]
    pub fn with(mut self, closing: impl Into<Arc<Closing>>) -> Self {
        self.0.push(closing.into());
        self
    }

    /// Writes the headers of each, as [`Closing::apply`].
    pub fn apply(&self, headers: &mut impl ResponseHeaders) {
        for closing in &self.0 {
            closing.apply(headers);
        }
    }
}

/// A framework's response headers, as far as [`Closing::apply`] needs them. Names are in lower case. What is written under
/// another name than `cache-control` and `vary` holds an id: nothing should print it.
///
/// ```
#[doc = example!(keycard)]
/// use std::borrow::Cow;
///
/// struct Headers(Vec<(&'static str, String)>);
///
/// impl ResponseHeaders for Headers {
///     fn has(&self, name: &'static str) -> bool {
///         self.values(name).next().is_some()
///     }
///     fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
///         self.0.iter().filter(move |header| header.0 == name).map(|header| header.1.as_bytes())
///     }
///     fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
///         self.0.push((name, value.into_owned()));
///     }
///     fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
///         self.0.retain(|header| header.0 != name);
///         self.append(name, value);
///     }
/// }
///
/// let lazy = keycard.open([]);
/// lazy.load().await?.login("alice");
/// let mut headers = Headers(vec![("vary", "Accept, Cookie".to_owned())]);
/// keycard.close(&lazy, Outcome::Completed).await.apply(&mut headers);
/// let names: Vec<&str> = headers.0.iter().map(|header| header.0).collect();
/// assert_eq!(names, ["vary", "set-cookie", "cache-control"]);
#[doc = example!(end)]
/// ```
pub trait ResponseHeaders {
    /// Whether there is a header of this name.
    fn has(&self, name: &'static str) -> bool;
    /// The values of the headers of this name.
    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]>;
    /// Adds a header beside those of its name.
    fn append(&mut self, name: &'static str, value: Cow<'static, str>);
    /// Puts a header in the place of those of its name.
    fn replace(&mut self, name: &'static str, value: Cow<'static, str>);

    /// Whether a comma-separated header holds the token, or `*`.
    fn lists(&self, name: &'static str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .any(|item| item == b"*" || item.eq_ignore_ascii_case(token.as_bytes()))
    }
}
