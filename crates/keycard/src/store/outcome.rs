//! What a store answers. The outcomes of races are values, and none of them may be overlooked.

use bytes::Bytes;

use crate::id::StoreKey;

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an ended session must not be taken for an absent one"]
#[non_exhaustive]
pub enum Loaded {
    /// A record; possibly one that this version cannot read.
    Live(Bytes),
    /// A session that ended less than [`TOMBSTONE_LIFE`](super::frame::TOMBSTONE_LIFE) ago.
    Ended,
    /// Nothing, or nothing that still counts.
    Absent,
}

/// A session as an index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The session's key.
    pub key: StoreKey,
    /// The session's record.
    pub record: Bytes,
}

impl Entry {
    /// An entry of a listing.
    #[must_use]
    pub fn new(key: StoreKey, record: Bytes) -> Self {
        Self { key, record }
    }
}

/// What became of a [`Create`](super::Create).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refused session does not exist"]
#[non_exhaustive]
pub enum Created {
    /// The session exists.
    Applied,
    /// The session exists, and these have ended for it.
    Displaced(Vec<StoreKey>),
    /// The user has as many sessions as the [`SessionLimit`](super::SessionLimit) allows; nothing was written.
    LimitReached,
    /// Something is stored under the key already, or the store counts its sessions and has no room for another. A store
    /// that learns from its server that it is full answers with an error of kind
    /// [`Refused`](crate::StoreErrorKind::Refused).
    Refused,
}

/// What became of an [`Update`](super::Update).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the write may not have landed"]
#[non_exhaustive]
pub enum Updated {
    /// The record is written.
    Applied,
    /// The record is written, and these have ended for it.
    Displaced(Vec<StoreKey>),
    /// The user has as many other sessions as the [`SessionLimit`](super::SessionLimit) allows; nothing was written.
    LimitReached,
    /// Another revision is stored: this record.
    Conflict(Bytes),
    /// The session has ended or expired; nothing was written.
    Gone,
}

/// What became of a [`Replace`](super::Replace).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the new session may not exist"]
#[non_exhaustive]
pub enum Replaced {
    /// The old session has ended and the new one exists.
    Applied,
    /// So it is, and these have ended for the new one.
    Displaced(Vec<StoreKey>),
    /// The user has as many sessions as the [`SessionLimit`](super::SessionLimit) allows; the old one lives on.
    LimitReached,
    /// Another revision of the old session is stored: this record. Nothing was written.
    Conflict(Bytes),
    /// The old session has ended or expired; nothing was written.
    Gone,
    /// The new session was refused, as [`Created::Refused`]; the old one lives on.
    Refused,
}

macro_rules! applied {
    ($($outcome:ident),*) => {
        $(impl $outcome {
            /// `Applied`, or `Displaced` if sessions have ended for it.
            ///
            /// ```
            #[doc = concat!("use keycard::store::", stringify!($outcome), " as Outcome;")]
            /// use keycard::StoreKey;
            ///
            /// assert_eq!(Outcome::applied(vec![]), Outcome::Applied);
            /// let key = StoreKey::from_bytes([7; 20]);
            /// assert_eq!(Outcome::applied(vec![key]), Outcome::Displaced(vec![key]));
            /// ```
            pub fn applied(displaced: Vec<StoreKey>) -> Self {
                if displaced.is_empty() {
                    Self::Applied
                } else {
                    Self::Displaced(displaced)
                }
            }
        })*
    };
}

applied!(Created, Updated, Replaced);

/// What became of the sessions of a user that were to end, by [`UserIndex::end_others`](super::UserIndex::end_others) or
/// [`History::end_noting`](super::History::end_noting).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "if the session that was to stay is gone, nobody has ended"]
#[non_exhaustive]
pub enum Revoked {
    /// They have ended; these were live.
    Applied(Vec<StoreKey>),
    /// The session that was to stay is not live: nothing was written.
    Gone,
}

impl Revoked {
    /// Those that were live and have ended.
    #[must_use]
    pub fn into_keys(self) -> Vec<StoreKey> {
        match self {
            Self::Applied(ended) => ended,
            Self::Gone => Vec::new(),
        }
    }
}

/// What became of a [`Touch`](super::Touch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the session may have ended"]
#[non_exhaustive]
pub enum Touched {
    /// The times are moved.
    Applied,
    /// Another revision is stored: a commit came between, and moved the times itself.
    Changed,
    /// The session has ended or expired.
    Gone,
}

/// What became of an [`End`](super::End).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "only the request that ended the session removes the cookie"]
#[non_exhaustive]
pub enum Ended {
    /// The session was there and has ended.
    Applied,
    /// The session was not there, or had ended already.
    Absent,
}
