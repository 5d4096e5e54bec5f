//! What happens to sessions, told as it happens: for audit logs, alarms and metrics.

use crate::clock::Timestamp;
use crate::csrf::CsrfRefusal;
use crate::id::StoreKey;
use crate::key::UserId;
use crate::store::EndReason;

/// Is told what happens to sessions. Set with [`KeycardBuilder::observer`](crate::KeycardBuilder::observer); any function of
/// an [`Event`] is one.
///
/// It is called on the request's own task, after what happened is certain: a slow observer is a slow request. Hand events to
/// a channel if they go further than memory.
///
/// ```
#[doc = example!(builder)]
/// let (events, told) = std::sync::mpsc::channel();
/// let keycard = builder.observer(move |event: &Event| events.send(event.clone()).unwrap_or(())).build()?;
/// let session = keycard.open([]).load().await?;
/// session.login("alice");
/// session.commit().await?;
/// assert_eq!(told.recv()?.kind, EventKind::Created);
/// let login = told.recv()?;
/// assert_eq!((login.kind, login.user), (EventKind::Authenticated, Some("alice".into())));
#[doc = example!(end)]
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Takes note of an event.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

/// Something that happened to a session. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, by the application's clock.
    pub at: Timestamp,
    /// The session's public name; `None` where no session is known.
    pub session: Option<StoreKey>,
    /// Whose session it is, or is about to be; `None` for a guest's, and where it is not known.
    pub user: Option<UserId>,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A session was stored for the first time.
    Created,
    /// A first factor was proved, and a further one is awaited.
    FactorAwaited,
    /// A user was logged in, or logged in again.
    Authenticated,
    /// A user who is logged in has proved a further factor.
    SteppedUp,
    /// The client was given another id, for none of the reasons above.
    Rotated,
    /// The session was ended.
    Ended(EndReason),
    /// The id of a session that is not known any more was used: it has expired, or ended over a minute ago.
    Expired,
    /// A login was refused, for the user has as many sessions as they may have.
    Refused,
    /// A [guard](crate::auth::Guard) kept somebody out: nobody, or a user who may not enter or must prove more
    /// (ASVS 5.0 16.3.2).
    Denied,
    /// A request was refused, for a page of another site may have made it.
    CsrfRefused(CsrfRefusal),
    /// What was left to be written at the end of a request was dropped, for the session had ended.
    WriteDropped,
    /// A client did what honest clients do not, or seldom.
    Suspicious(Suspicion),
}

/// What is suspicious about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suspicion {
    /// What could be ids came, and none was signed by a key that we hold for the place where it came: forged, or signed by
    /// a key that was removed.
    NotOurs,
    /// The id of a session that ended within the last minute.
    EndedId,
    /// An id that was replaced: whoever holds it has copied it, or lost the answer that brought the new one.
    RotatedId,
    /// Two ids in one request that open different sessions: another host may have planted a cookie.
    SeveralSessions,
    /// A session was used from another network than the one that it is [bound](crate::KeycardBuilder::bind_address) to.
    AddressChanged,
    /// A session was used by a client of another fingerprint than the one that it is
    /// [bound](crate::KeycardBuilder::bind_fingerprint) to.
    FingerprintChanged,
    /// More unknown ids within a minute than [`KeycardBuilder::unknown_ids`](crate::KeycardBuilder::unknown_ids) takes for
    /// ordinary; told once per minute.
    UnknownIds,
    /// A [refresh token](crate::store::TokenStore) that was spent came again after its grace: its family and its session
    /// end, since nobody can tell the thief from the owner.
    SpentToken,
}
