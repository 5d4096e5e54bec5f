//! The metrics of a keycard: registered once, told where events are told and where the store is asked.

use std::fmt;
use std::sync::Arc;

use metrics::{Counter, Histogram};

use super::Verb;
use super::series::{Label, count, counts, durations};
use crate::arrival::Base;
use crate::auth::throttle::Purpose;
use crate::clock::instant;
use crate::csrf::CsrfRefusal;
use crate::error::{Error, StoreError};
use crate::observer::EventKind;
use crate::store::{Created, EndReason, Replaced, Updated};

/// In the order of `Verb`.
const VERBS: Label<21> = (
    "verb",
    [
        "load",
        "load_many",
        "load_anew",
        "ready",
        "create",
        "update",
        "replace",
        "touch",
        "end",
        "sessions_of",
        "count",
        "end_one",
        "end_device",
        "end_all",
        "end_others",
        "end_noting",
        "history",
        "forget_history",
        "statistics",
        "reserve",
        "refund",
    ],
);
/// In the order of `Purpose`.
const PURPOSES: [Purpose; 3] = [Purpose::Login, Purpose::Mfa, Purpose::SessionCreation];
/// In the order of `StoreErrorKind`.
const ERRORS: Label<4> = ("kind", ["unavailable", "timeout", "refused", "protocol"]);
/// In the order of `Load`.
const LOADS: Label<7> = (
    "outcome",
    ["live", "ended", "unknown", "none", "error", "anonymous", "stale"],
);
/// In the order of `Write`.
const COMMITS: Label<5> = ("outcome", ["applied", "conflict", "gone", "refused", "error"]);
/// In the order of `Suspicion`.
const SUSPICIONS: Label<8> = (
    "kind",
    [
        "not_ours",
        "ended_id",
        "rotated_id",
        "several_sessions",
        "address_changed",
        "fingerprint_changed",
        "unknown_ids",
        "spent_token",
    ],
);

#[derive(Clone, Copy)]
enum Load {
    Live,
    Ended,
    Unknown,
    None,
    Error,
    Anonymous,
    Stale,
}

/// What became of an attempt to write.
#[derive(Clone, Copy)]
pub(crate) enum Write {
    Applied,
    Conflict,
    Gone,
    Refused,
    Error,
}

/// Handles to a keycard's metrics. Clones share them.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Handles>);

struct Handles {
    loads: [Counter; LOADS.1.len()],
    commits: [Counter; COMMITS.1.len()],
    created: Counter,
    ended: [Counter; EndReason::ALL.len()],
    logins: [Counter; 3],
    step_ups: Counter,
    rotations: Counter,
    expired_ids: Counter,
    denials: Counter,
    csrf_refusals: [Counter; CsrfRefusal::NAMES.len()],
    dropped_writes: Counter,
    suspicions: [Counter; SUSPICIONS.1.len()],
    throttled: [Counter; PURPOSES.len()],
    not_throttled: [Counter; PURPOSES.len()],
    store_seconds: [Histogram; VERBS.1.len()],
    store_errors: [Counter; ERRORS.1.len()],
}

impl Metrics {
    /// With the recorder that is installed at this moment.
    pub(crate) fn register() -> Self {
        let reasons = ("reason", EndReason::ALL.map(EndReason::name));
        let purposes = ("what", PURPOSES.map(Purpose::name));
        let logins = ("outcome", ["completed", "pending", "refused"]);
        Self(Arc::new(Handles {
            loads: counts("keycard_loads_total", LOADS, "Sessions that requests asked for."),
            commits: counts("keycard_commits_total", COMMITS, "Attempts to write sessions."),
            created: count("keycard_sessions_created_total", "Sessions that began."),
            ended: counts(
                "keycard_sessions_ended_total",
                reasons,
                "Sessions that were ended.",
            ),
            logins: counts("keycard_logins_total", logins, "Logins."),
            step_ups: count("keycard_step_ups_total", "Further factors that were proved."),
            rotations: count("keycard_rotations_total", "New ids for no other reason."),
            expired_ids: count("keycard_expired_ids_total", "Uses of ids of unknown sessions."),
            denials: count("keycard_denials_total", "Requests that a guard kept out."),
            csrf_refusals: counts(
                "keycard_csrf_refusals_total",
                ("reason", CsrfRefusal::NAMES),
                "Requests that may have been forged.",
            ),
            dropped_writes: count("keycard_dropped_writes_total", "Changes that came too late."),
            suspicions: counts("keycard_suspicions_total", SUSPICIONS, "Suspicious requests."),
            throttled: counts("keycard_throttled_total", purposes, "Attempts that were refused."),
            not_throttled: counts(
                "keycard_not_throttled_total",
                purposes,
                "Attempts that were allowed uncounted.",
            ),
            store_seconds: durations("keycard_store_seconds", VERBS, "How long the store took."),
            store_errors: counts("keycard_store_errors_total", ERRORS, "Errors of the store."),
        }))
    }

    /// Asks the store, and tells how long it took, and of an error.
    pub(crate) async fn timed<T>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let asked = instant();
        let answer = call.await;
        self.0.store_seconds[verb as usize].record(instant().saturating_duration_since(asked));
        if let Err(error) = &answer {
            self.0.store_errors[error.kind() as usize].increment(1);
        }
        answer
    }

    /// As [`timed`](Self::timed), and tells what became of the write.
    pub(crate) async fn written<T>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError>
    where
        Write: for<'a> From<&'a T>,
    {
        let answer = self.timed(verb, call).await;
        let outcome = answer.as_ref().map_or(Write::Error, Write::from);
        self.0.commits[outcome as usize].increment(1);
        answer
    }

    /// What a request's session turned out to be, of which an id came or none.
    pub(crate) fn loaded(&self, id_came: bool, session: &Result<Base, Error>) {
        let outcome = match session {
            Ok(Base::Live(_)) => Load::Live,
            Ok(Base::Ended(_)) => Load::Ended,
            Ok(Base::None) if id_came => Load::Unknown,
            Ok(Base::None) => Load::None,
            Ok(Base::Unread(unread)) if unread.copy.is_some() => Load::Stale,
            Ok(Base::Unread(_)) => Load::Anonymous,
            Err(_) => Load::Error,
        };
        self.0.loads[outcome as usize].increment(1);
    }

    pub(crate) fn happened(&self, kind: EventKind) {
        let handles = &*self.0;
        let [completed, pending, refused] = &handles.logins;
        let counter = match kind {
            EventKind::Created => &handles.created,
            EventKind::Authenticated => completed,
            EventKind::FactorAwaited => pending,
            EventKind::Refused => refused,
            EventKind::SteppedUp => &handles.step_ups,
            EventKind::Rotated => &handles.rotations,
            EventKind::Ended(reason) => &handles.ended[reason as usize],
            EventKind::Expired => &handles.expired_ids,
            EventKind::Denied => &handles.denials,
            EventKind::CsrfRefused(refusal) => &handles.csrf_refusals[refusal as usize],
            EventKind::WriteDropped => &handles.dropped_writes,
            EventKind::Suspicious(what) => &handles.suspicions[what as usize],
        };
        counter.increment(1);
    }

    pub(crate) fn throttled(&self, what: Purpose) {
        self.0.throttled[what as usize].increment(1);
    }

    pub(crate) fn not_throttled(&self, what: Purpose) {
        self.0.not_throttled[what as usize].increment(1);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl From<&Created> for Write {
    fn from(answer: &Created) -> Self {
        match answer {
            Created::Applied | Created::Displaced(_) => Self::Applied,
            Created::LimitReached | Created::Refused => Self::Refused,
        }
    }
}

impl From<&Updated> for Write {
    fn from(answer: &Updated) -> Self {
        match answer {
            Updated::Applied | Updated::Displaced(_) => Self::Applied,
            Updated::LimitReached => Self::Refused,
            Updated::Conflict(_) => Self::Conflict,
            Updated::Gone => Self::Gone,
        }
    }
}

impl From<&Replaced> for Write {
    fn from(answer: &Replaced) -> Self {
        match answer {
            Replaced::Applied | Replaced::Displaced(_) => Self::Applied,
            Replaced::LimitReached | Replaced::Refused => Self::Refused,
            Replaced::Conflict(_) => Self::Conflict,
            Replaced::Gone => Self::Gone,
        }
    }
}
