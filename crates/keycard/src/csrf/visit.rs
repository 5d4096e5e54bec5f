//! What a request that passed the check is known by, and what its response must set.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::keys::{Anchor, CsrfKeys};
use crate::cookie::read::MAX_CANDIDATES;
use crate::cookie::{read, write};
use crate::request::RequestHeaders;

/// The length of the value of a visitor's cookie.
const VALUE: usize = 67;

/// A request that passed the check, or is exempt from it.
pub(crate) struct Visit {
    /// What could be cookies of visitors, not verified: most requests never ask.
    came: Vec<[u8; VALUE]>,
    /// A visitor who was not known before.
    drawn: OnceLock<Anchor>,
    // A std lock, held for its value alone.
    /// What the token that was asked for last is bound to.
    asked: Mutex<Option<Anchor>>,
}

impl Visit {
    pub(crate) fn read(keys: &CsrfKeys, headers: &(impl RequestHeaders + ?Sized)) -> Self {
        let values = read::values(headers.values("cookie"), keys.cookie().name());
        let values = values.filter_map(|value| value.try_into().ok());
        Self {
            came: values.take(MAX_CANDIDATES).collect(),
            drawn: OnceLock::new(),
            asked: Mutex::default(),
        }
    }

    /// Whether the browser shows what could be the cookie of a visitor.
    pub(crate) fn has_cookie(&self) -> bool {
        !self.came.is_empty()
    }

    /// The visitor whose cookie the browser shows.
    pub(crate) fn visitor(&self, keys: &CsrfKeys) -> Option<Anchor> {
        Anchor::of_visitors(self.came.iter().filter_map(|value| keys.open(value)))
    }

    /// A visitor who shows nothing.
    pub(crate) fn drawn(&self) -> Anchor {
        *self.drawn.get_or_init(Anchor::random)
    }

    pub(crate) fn is_drawn(&self, anchor: Anchor) -> bool {
        self.drawn.get() == Some(&anchor)
    }

    /// Takes note that a token was asked for.
    pub(crate) fn ask(&self, anchor: Anchor) {
        *self.lock() = Some(anchor);
    }

    pub(crate) fn asked(&self) -> Option<Anchor> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Anchor>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the end of a request means for the cookie of a visitor.
pub(crate) struct CsrfClosing {
    /// The `Set-Cookie` header.
    pub(crate) cookie: Option<String>,
    /// Whether the response may hold a token.
    pub(crate) asked: bool,
}

impl CsrfClosing {
    /// Nobody asked.
    pub(crate) const NONE: Self = Self {
        cookie: None,
        asked: false,
    };

    pub(crate) fn is_empty(&self) -> bool {
        self.cookie.is_none() && !self.asked
    }

    pub(crate) fn set(&mut self, keys: &CsrfKeys, anchor: Anchor) {
        self.cookie = Some(write::set(keys.cookie(), &keys.seal(anchor), None));
    }

    pub(crate) fn remove(&mut self, keys: &CsrfKeys) {
        self.cookie = Some(write::removal(keys.cookie()));
    }
}

impl fmt::Debug for CsrfClosing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfClosing")
            .field("tells", &self.cookie.is_some())
            .field("asked", &self.asked)
            .finish()
    }
}
