//! From what a request's cookies name to the one session that it has, or none: pure judgement of what was loaded.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::events::{self, Events};
use crate::id::{SecretDigest, SessionId, StoreKey};
use crate::key::UserId;
use crate::observer::{Event, EventKind, Suspicion};
use crate::policy::Arrival;
use crate::record::{self, DecodeError, Record};
use crate::store::Loaded;

/// What a request stands on: the session as it was read or last committed.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    None,
    Ended(StoreKey),
    Live(Live),
    Unread(Unread),
}

/// A live session, and the secret with which the request opened it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) key: StoreKey,
    pub(crate) presented: SecretDigest,
    pub(crate) record: Arc<Record>,
}

/// A session that could not be read, since the store is away. It is never written on.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    /// What was known of it, which may be outdated.
    pub(crate) copy: Option<Live>,
    /// What whoever must know more is told.
    pub(crate) error: Error,
}

impl Base {
    pub(crate) fn arrival(&self) -> Arrival<'_> {
        match self {
            Self::None => Arrival::None,
            Self::Ended(_) => Arrival::Ended,
            Self::Live(live) => Arrival::Live(&live.record),
            Self::Unread(_) => Arrival::Unread,
        }
    }

    /// Whether the client holds the secret that was handed out last, not one that a grace still lets in.
    pub(crate) fn holds_the_secret(&self) -> bool {
        self.live()
            .is_some_and(|live| live.presented == live.record.secret)
    }

    pub(crate) fn live(&self) -> Option<&Live> {
        match self {
            Self::Live(live) => Some(live),
            Self::Unread(unread) => unread.copy.as_ref(),
            Self::None | Self::Ended(_) => None,
        }
    }

    /// Why the session could not be read.
    pub(crate) fn unread(&self) -> Option<&Error> {
        if let Self::Unread(unread) = self {
            Some(&unread.error)
        } else {
            None
        }
    }

    /// Whose session it is, or is about to be.
    pub(crate) fn owner(&self) -> Option<&UserId> {
        Some(&self.live()?.record.authentication.as_ref()?.user)
    }

    pub(crate) fn key(&self) -> Option<StoreKey> {
        match self {
            Self::None => None,
            Self::Ended(key) => Some(*key),
            Self::Live(live) => Some(live.key),
            Self::Unread(unread) => unread.copy.as_ref().map(|live| live.key),
        }
    }
}

/// Judges what the store knew of the verified ids of one request.
///
/// Exactly one live session is used. Several live ones are as good as an ended one: another host may have planted a
/// cookie, and neither is trusted.
pub(crate) fn settle(
    found: impl IntoIterator<Item = (SessionId, Loaded)>,
    now: Timestamp,
    events: &Events,
) -> Result<Base, Error> {
    let mut base = Base::None;
    let mut live = 0;
    for (id, loaded) in found {
        match (judge(id.key(), id.digest(), loaded, now, events)?, &base) {
            // One session by two ids: that before a renewal, and that after it.
            (Base::Live(session), Base::Live(before)) if session.key == before.key => {
                if !base.holds_the_secret() {
                    base = Base::Live(session);
                }
            }
            (Base::Live(session), _) => {
                live += 1;
                base = Base::Live(session);
            }
            (Base::Ended(key), Base::None) => base = Base::Ended(key),
            (Base::Ended(_) | Base::None | Base::Unread(_), _) => {}
        }
    }
    match base.key() {
        Some(key) if live > 1 => {
            events.suspect(Suspicion::SeveralSessions, None, now);
            Ok(Base::Ended(key))
        }
        _ => Ok(base),
    }
}

/// Judges what the store knew of one session, of whose id the client presented a secret with this digest.
pub(crate) fn judge(
    key: StoreKey,
    presented: SecretDigest,
    loaded: Loaded,
    now: Timestamp,
    events: &Events,
) -> Result<Base, Error> {
    let bytes = match loaded {
        Loaded::Live(bytes) => bytes,
        Loaded::Ended => {
            events.suspect(Suspicion::EndedId, Some(key), now);
            return Ok(Base::Ended(key));
        }
        Loaded::Absent => {
            events.unknown_id(key, now);
            return Ok(Base::None);
        }
    };
    let Some(record) = readable(key, bytes)? else {
        return Ok(Base::None);
    };
    if record.expires <= now {
        events.unknown_id(key, now);
        return Ok(Base::None);
    }
    if !record.accepts(presented, now) {
        events.tell(&Event {
            kind: EventKind::Suspicious(Suspicion::RotatedId),
            at: now,
            session: Some(key),
            user: record.user().cloned(),
        });
        return Ok(Base::Ended(key));
    }
    Ok(Base::Live(Live {
        key,
        presented,
        record,
    }))
}

/// Reads a record; `None` for one that nobody can read.
///
/// # Errors
///
/// A record of a newer version: it may be needed there, so this server neither uses nor replaces it.
pub(crate) fn readable(key: StoreKey, bytes: bytes::Bytes) -> Result<Option<Arc<Record>>, Error> {
    match record::decode(&bytes) {
        Ok(record) => Ok(Some(Arc::new(record))),
        Err(DecodeError::Corrupt) => {
            events::corrupt_record(key);
            Ok(None)
        }
        Err(DecodeError::Newer(version)) => {
            events::newer_record(key, version);
            Err(Error::new(
                ErrorKind::NewerVersion,
                format!("the session's record has format version {version}, which this server cannot read"),
            ))
        }
    }
}
