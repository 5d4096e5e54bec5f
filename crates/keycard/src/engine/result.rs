//! What a commit comes to.

use crate::arrival::Base;
use crate::closing::Outgoing;
use crate::error::{Error, StoreError};
use crate::id::StoreKey;

/// A commit that did not come about.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The store was never asked, so what was asked for still stands.
    pub(crate) unsent: bool,
    /// The session that was ended before the failure: its cookie is removed all the same.
    pub(crate) ended: Option<StoreKey>,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        sent(error.into())
    }
}

pub(super) fn unsent(error: Error) -> Failure {
    Failure {
        error,
        unsent: true,
        ended: None,
    }
}

pub(super) fn sent(error: Error) -> Failure {
    Failure {
        error,
        unsent: false,
        ended: None,
    }
}

/// What a commit made of the session.
pub(crate) struct Committed {
    pub(crate) base: Base,
    /// `None` where the client's cookie stays as it is.
    pub(crate) outgoing: Option<Outgoing>,
    /// Changes were asked for on a session that turned out to have ended.
    pub(crate) discarded: bool,
}

impl Committed {
    pub(super) fn unchanged(base: Base) -> Self {
        Self {
            base,
            outgoing: None,
            discarded: false,
        }
    }

    pub(super) fn gone(key: StoreKey) -> Self {
        Self {
            base: Base::Ended(key),
            outgoing: None,
            discarded: true,
        }
    }
}
