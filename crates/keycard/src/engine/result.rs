//! What a commit comes to.

use std::sync::Arc;

use crate::arrival::Base;
use crate::closing::Outgoing;
use crate::error::{Error, StoreError, StoreErrorKind};
use crate::id::StoreKey;
use crate::record::Record;
use crate::store::EndReason;

/// A commit that did not come about.
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) fate: Fate,
    /// What the session turned out to be before the failure.
    pub(crate) base: Option<Base>,
    /// The session was ended before the failure: its cookie is removed all the same.
    pub(crate) removed: bool,
}

/// What became of the changes of a commit that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing was written: they still stand.
    NotWritten,
    /// Nothing was written, and the login among them is given up: its user has too many sessions.
    LoginRefused,
    /// They may have landed, or may land yet, so they are not tried again.
    Unknown,
    /// They are given up: they can never land, the session that they were made on has ended, or the client may begin none.
    Dropped,
}

impl Failure {
    pub(super) fn new(fate: Fate, error: Error) -> Self {
        Self {
            error,
            fate,
            base: None,
            removed: false,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let fate = match error.kind() {
            StoreErrorKind::Refused => Fate::NotWritten,
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout | StoreErrorKind::Protocol => Fate::Unknown,
        };
        Self::new(fate, error.into())
    }
}

/// What a commit made of the session.
pub(crate) struct Committed {
    pub(crate) base: Base,
    /// `None` where the client's cookie stays as it is.
    pub(crate) outgoing: Option<Outgoing>,
    /// Changes were asked for on a session that turned out to have ended.
    pub(crate) discarded: bool,
    /// Why the session that the commit began on has ended by it.
    pub(crate) ended: Option<EndReason>,
    /// The user's sessions that had to leave for this one.
    pub(crate) displaced: Vec<StoreKey>,
    /// The record that an update was written over: another commit may have come between, and what that brought about is
    /// not this one's.
    pub(crate) over: Option<Arc<Record>>,
}

impl Committed {
    pub(super) fn unchanged(base: Base) -> Self {
        Self {
            base,
            outgoing: None,
            discarded: false,
            ended: None,
            displaced: Vec::new(),
            over: None,
        }
    }

    pub(super) fn displacing(self, displaced: Vec<StoreKey>) -> Self {
        Self { displaced, ..self }
    }

    pub(super) fn gone(key: StoreKey) -> Self {
        Self {
            discarded: true,
            ..Self::unchanged(Base::Ended(key))
        }
    }
}
