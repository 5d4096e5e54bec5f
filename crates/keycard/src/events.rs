//! What is worth telling: to the application's observer, and to an operator as `tracing` events. Neither learns more of an id
//! than its public half.

mod rate;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Level;
use tracing::field::DisplayValue;

pub(crate) use self::rate::Rate;
use crate::arrival::Base;
use crate::clock::Timestamp;
use crate::engine::Committed;
use crate::error::StoreError;
use crate::id::StoreKey;
use crate::key::UserId;
use crate::metrics::Metrics;
use crate::observer::{Event, EventKind, Observer, Suspicion};
use crate::record::{Authentication, Record};
use crate::store::EndReason;

const TARGET: &str = "keycard";

/// Who is told.
pub(crate) struct Events {
    observer: Option<Arc<dyn Observer>>,
    unknown_ids: Mutex<Rate>,
    degraded: Mutex<Rate>,
    metrics: Metrics,
}

impl Events {
    pub(crate) fn new(observer: Option<Arc<dyn Observer>>, unknown_ids: Rate, metrics: Metrics) -> Self {
        Self {
            observer,
            unknown_ids: Mutex::new(unknown_ids),
            degraded: Mutex::new(Rate::per_minute(0)),
            metrics,
        }
    }

    pub(crate) fn tell(&self, event: &Event) {
        trace(event);
        self.metrics.happened(event.kind);
        if let Some(observer) = &self.observer {
            observer.observe(event);
        }
    }

    /// Tells of a session without its record.
    pub(crate) fn tell_of(&self, kind: EventKind, session: Option<StoreKey>, at: Timestamp) {
        self.tell(&Event {
            kind,
            at,
            session,
            user: None,
        });
    }

    pub(crate) fn suspect(&self, what: Suspicion, session: Option<StoreKey>, at: Timestamp) {
        self.tell_of(EventKind::Suspicious(what), session, at);
    }

    /// A verified id whose session is not known: expired, or ended more than a minute ago.
    pub(crate) fn unknown_id(&self, session: StoreKey, at: Timestamp) {
        self.tell_of(EventKind::Expired, Some(session), at);
        if exceeded(&self.unknown_ids, at) {
            self.suspect(Suspicion::UnknownIds, None, at);
        }
    }

    /// A request goes on without the store, by its session's copy or by none. Told once a minute, for there will be more.
    pub(crate) fn degraded(&self, error: &crate::Error, by_copy: bool, at: Timestamp) {
        if exceeded(&self.degraded, at) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            let goes_on = if by_copy { with_copy } else { without_session };
            goes_on(cause.as_deref());
        }
    }
}

fn exceeded(rate: &Mutex<Rate>, at: Timestamp) -> bool {
    let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
    rate.exceeded_by_one_more(at)
}

fn without_session(cause: Option<&str>) {
    tracing::warn!(target: TARGET, cause, "the store is away: requests go on without their sessions");
}

fn with_copy(cause: Option<&str>) {
    tracing::warn!(target: TARGET, cause, "the store is away: requests go on with copies of their sessions");
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("observer", &self.observer.is_some())
            .finish_non_exhaustive()
    }
}

fn trace(event: &Event) {
    let (level, message) = message(event);
    // A level is part of an event's callsite, so that each has one of its own.
    match level {
        Level::WARN => warn(event, message),
        Level::INFO => info(event, message),
        _ => debug(event, message),
    }
}

fn warn(event: &Event, message: &str) {
    let (session, user) = names(event);
    tracing::warn!(target: TARGET, session, user, "{message}");
}

fn info(event: &Event, message: &str) {
    let (session, user) = names(event);
    let reason = reason(&event.kind).map(tracing::field::debug);
    tracing::info!(target: TARGET, session, user, reason, "{message}");
}

fn reason(kind: &EventKind) -> Option<&dyn fmt::Debug> {
    if let EventKind::Ended(reason) = kind {
        Some(reason)
    } else if let EventKind::CsrfRefused(reason) = kind {
        Some(reason)
    } else {
        None
    }
}

fn debug(event: &Event, message: &str) {
    let (session, user) = names(event);
    tracing::debug!(target: TARGET, session, user, "{message}");
}

fn names(event: &Event) -> (Option<DisplayValue<StoreKey>>, Option<&str>) {
    let session = event.session.map(tracing::field::display);
    (session, event.user.as_ref().map(UserId::as_str))
}

fn message(event: &Event) -> (Level, &'static str) {
    match event.kind {
        EventKind::Created => (Level::DEBUG, "a session began"),
        EventKind::FactorAwaited => (Level::INFO, "a login waits for a further factor"),
        EventKind::Authenticated => (Level::INFO, "a user has logged in"),
        EventKind::SteppedUp => (Level::INFO, "a user has proved a further factor"),
        EventKind::Rotated => (Level::DEBUG, "a session was given a new id"),
        EventKind::Ended(_) => (Level::INFO, "a session was ended"),
        EventKind::Expired => (Level::DEBUG, "the session is unknown or has expired"),
        EventKind::Refused => (
            Level::INFO,
            "a login was refused: its user has as many sessions as they may have",
        ),
        EventKind::Denied if event.user.is_none() => (Level::DEBUG, "a guard kept a guest out"),
        EventKind::Denied => (Level::INFO, "a guard kept a user out"),
        EventKind::CsrfRefused(_) => (Level::INFO, "a request was refused that may have been forged"),
        EventKind::WriteDropped => (Level::INFO, "changes to a session that has ended were dropped"),
        EventKind::Suspicious(Suspicion::NotOurs) => {
            (Level::DEBUG, "no id in the session's cookie or header verified")
        }
        EventKind::Suspicious(Suspicion::EndedId) => (Level::INFO, "a session that has ended was used"),
        EventKind::Suspicious(Suspicion::RotatedId) => {
            (Level::WARN, "an id that was rotated away was used again")
        }
        EventKind::Suspicious(Suspicion::SeveralSessions) => (
            Level::WARN,
            "several live sessions in one request: another host may have planted a cookie",
        ),
        EventKind::Suspicious(Suspicion::AddressChanged) => (
            Level::WARN,
            "a session was used from another network than it is bound to",
        ),
        EventKind::Suspicious(Suspicion::FingerprintChanged) => (
            Level::WARN,
            "a session was used by a client of another fingerprint than it is bound to",
        ),
        EventKind::Suspicious(Suspicion::UnknownIds) => {
            (Level::WARN, "unusually many ids of sessions that are not known")
        }
        EventKind::Suspicious(Suspicion::SpentToken) => (
            Level::WARN,
            "a spent refresh token came again: its family and its session end",
        ),
    }
}

/// A record that no version wrote.
pub(crate) fn corrupt_record(session: StoreKey) {
    tracing::error!(target: TARGET, %session, "the session's record is corrupt and counts as absent");
}

/// A record that a newer version wrote.
pub(crate) fn newer_record(session: StoreKey, version: u8) {
    tracing::warn!(target: TARGET, %session, version, "the session's record was written by a newer version");
}

/// The store did not take a touch. The request does not suffer from it; the session may end a little early.
pub(crate) fn touch_failed(session: StoreKey, error: &StoreError) {
    tracing::warn!(target: TARGET, %session, %error, "the use of a session could not be recorded");
}

/// A page was given a token, and then the same request logged somebody in or out.
pub(crate) fn csrf_token_outdated() {
    tracing::warn!(target: TARGET, "a CSRF token was asked for before a login or logout, after which it is not valid");
}

/// An attempt was refused, since there were too many before it.
pub(crate) fn throttled(what: &str, retry_after: u64) {
    tracing::warn!(target: TARGET, what, retry_after, "an attempt was throttled");
}

/// The store could not count an attempt, and by the application's policy it is made all the same.
pub(crate) fn not_throttled(error: &StoreError) {
    tracing::error!(target: TARGET, %error, "an attempt could not be counted and was allowed");
}

/// The store did not take a refund: the attempt stays counted, though it succeeded.
pub(crate) fn refund_failed(error: &StoreError) {
    tracing::warn!(target: TARGET, %error, "an attempt that succeeded stays counted");
}

/// A session could not be loaded or committed, and the request is answered with an error. What the client has brought
/// about by itself, such as a login beyond a limit, has an event of its own: it must not fill the operator's log of errors.
pub(crate) fn request_failed(error: &crate::Error) {
    if error.status() < 500 {
        return;
    }
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(target: TARGET, %error, cause, "a session could not be loaded or committed");
}

/// What a user has proved, of whom `old` was known before; `login` says that it was a login.
pub(crate) fn proved(old: Option<&Authentication>, new: &Authentication, login: bool) -> Option<EventKind> {
    match old {
        _ if new.pending => login.then_some(EventKind::FactorAwaited),
        Some(old) if old.pending => Some(EventKind::Authenticated),
        _ if login => Some(EventKind::Authenticated),
        Some(old) if old.factors != new.factors => Some(EventKind::SteppedUp),
        _ => None,
    }
}

/// What a commit that began on `before` has brought about, in the order in which it happened. `login` says that it logged a
/// user in.
pub(crate) fn between<'a>(
    before: &'a Base,
    committed: &'a Committed,
    login: bool,
    at: Timestamp,
) -> impl Iterator<Item = Event> + use<'a> {
    let of = move |kind, base: &Base| Event {
        kind,
        at,
        session: base.key(),
        user: base.owner().cloned(),
    };
    let after = &committed.base;
    let (old, new) = (before.live(), after.live());
    let begun = new.filter(|new| old.is_none_or(|old| old.key != new.key));
    let over = committed.over.as_deref().or(old.map(|old| &*old.record));
    let handed_out = new.filter(|new| over.is_none_or(|over| over.secret != new.record.secret));
    let known = |record: &'a Record| record.authentication.as_ref();
    let proved = new
        .and_then(|new| known(&new.record))
        .and_then(|new| proved(over.and_then(known), new, login));
    let rotated = handed_out.filter(|_| begun.is_none() && proved.is_none());
    let displaced = committed.displaced.iter().map(move |key| Event {
        kind: EventKind::Ended(EndReason::Displaced),
        at,
        session: Some(*key),
        user: after.owner().cloned(),
    });
    let own = [
        committed.ended.map(|reason| of(EventKind::Ended(reason), before)),
        begun.map(|_| of(EventKind::Created, after)),
        proved.map(|kind| of(kind, after)),
        rotated.map(|_| of(EventKind::Rotated, after)),
    ];
    own.into_iter().flatten().chain(displaced)
}
