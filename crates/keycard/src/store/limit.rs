//! How many sessions a user may have at once.

use std::ops::Range;

use super::frame;

/// The most sessions of a user, and what happens to the login that would be one too many.
///
/// Only live sessions count, and pending logins do not. As many leave as are too many, since the limit may have been
/// lowered; where two are of the same age, the one with the smaller key leaves.
///
/// ```
/// use keycard::store::{SessionLimit, frame};
///
/// assert_eq!(SessionLimit::EvictOldest(3).sessions(), 3);
/// assert_eq!(SessionLimit::EvictLeastRecentlyUsed(3).leaves_first(), Some(frame::SEEN));
/// assert_eq!(SessionLimit::Refuse(1).leaves_first(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionLimit {
    /// At most so many: the session that began first ends.
    EvictOldest(usize),
    /// At most so many: the session whose last use is longest ago ends.
    EvictLeastRecentlyUsed(usize),
    /// At most so many: the login fails, and nothing changes.
    Refuse(usize),
}

impl SessionLimit {
    /// How many sessions there may be.
    #[must_use]
    pub const fn sessions(self) -> usize {
        match self {
            Self::EvictOldest(most) | Self::EvictLeastRecentlyUsed(most) | Self::Refuse(most) => most,
        }
    }

    /// Where in a record's header the time stands by which the earliest leaves; `None` if the login is refused instead.
    #[must_use]
    pub const fn leaves_first(self) -> Option<Range<usize>> {
        match self {
            Self::EvictOldest(_) => Some(frame::CREATED),
            Self::EvictLeastRecentlyUsed(_) => Some(frame::SEEN),
            Self::Refuse(_) => None,
        }
    }
}
