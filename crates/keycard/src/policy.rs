//! Judgement: from how a session arrived, what the request wants, how it went and what time it is, to what must happen.
//!
//! Pure: no store, no clock, no randomness. The table of arms is this module's test.

mod binding;
mod outage;
mod rules;

pub use self::binding::Drift;
pub(crate) use self::binding::{BindingRules, BoundClient};
pub use self::outage::OutagePolicy;
pub(crate) use self::outage::is_outage;
pub use self::rules::{Assurance, Lifetimes};
pub(crate) use self::rules::{Renewal, Rules};
use crate::clock::Timestamp;
use crate::intent::Intent;
use crate::record::Record;

/// What a request's cookie turned out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival<'a> {
    /// No cookie, none of ours, or one whose session is not known any more.
    None,
    /// A session that has ended lately, or was replaced, or whose secret was rotated away, or that arrived twice.
    Ended,
    /// This session.
    Live(&'a Record),
    /// Nobody knows: the store could not be asked.
    Unread,
}

/// How the request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The inner service answered.
    Completed,
    /// The inner service failed, or answered 5xx: only endings count.
    Failed,
}

impl Outcome {
    /// The outcome that an HTTP status stands for.
    ///
    /// ```
    /// use keycard::Outcome;
    ///
    /// assert_eq!(Outcome::of_status(404), Outcome::Completed);
    /// assert_eq!(Outcome::of_status(500), Outcome::Failed);
    /// ```
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        if status >= 500 {
            Self::Failed
        } else {
            Self::Completed
        }
    }
}

/// What must happen to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Nothing,
    /// Changes are asked for on a session that has ended: they are dropped.
    Discard,
    /// Something is asked for on a session that could not be read: that is an error.
    Fail,
    /// The session was used: its idle time starts again.
    Touch,
    /// A session begins: new key, new secret, cookie.
    Create,
    /// The session changes and stays itself; with `rotate` it gets a new secret and cookie.
    Update { rotate: bool },
    /// The session gets a new secret because it is time, and cookie.
    Renew,
    /// The session ends and another begins in its stead: a login. Cookie.
    Replace,
    /// The session ends; the cookie is removed.
    End,
    /// The session ends, then another begins: a logout, and something after it. Cookie.
    EndThenCreate,
}

impl Verdict {
    /// Whether what the verdict brings about is of no use unless the client gets a cookie.
    pub(crate) fn needs_cookie(self) -> bool {
        matches!(
            self,
            Self::Create | Self::Replace | Self::EndThenCreate | Self::Update { rotate: true }
        )
    }
}

/// One request, as the judgement sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) arrival: Arrival<'a>,
    pub(crate) intent: &'a Intent,
    /// A write beyond the intent is under way (`update`, `increment`, `consume`).
    pub(crate) writes: bool,
    /// The client can be given a new secret, and holds the present one.
    pub(crate) renewable: bool,
    pub(crate) outcome: Outcome,
}

/// The judgement.
pub(crate) fn decide(case: Case<'_>, rules: &Rules, now: Timestamp) -> Verdict {
    let intent = case.intent;
    let changes = case.writes || intent.has_changes();
    let begins = || intent.begins_session() || case.writes || !intent.data_over(None).is_empty();
    match (case.outcome, case.arrival) {
        (Outcome::Completed, Arrival::Unread) => if_any(case.writes || !intent.is_empty(), Verdict::Fail),
        (Outcome::Failed, Arrival::Unread) => if_any(intent.end, Verdict::Fail),
        (Outcome::Failed, Arrival::Live(_)) if intent.end => Verdict::End,
        (Outcome::Failed, Arrival::None | Arrival::Ended) => Verdict::Nothing,
        (Outcome::Completed, Arrival::None) => if_any(begins(), Verdict::Create),
        (Outcome::Completed, Arrival::Ended) if intent.begins_session() => Verdict::Create,
        (Outcome::Completed, Arrival::Ended) => if_any(changes || intent.login.is_some(), Verdict::Discard),
        (Outcome::Completed, Arrival::Live(_)) if intent.end => {
            if begins() {
                Verdict::EndThenCreate
            } else {
                Verdict::End
            }
        }
        (Outcome::Completed, Arrival::Live(record)) if intent.login.is_some() || changes => {
            let known = record.authentication.as_ref().map(|known| &known.user);
            match &intent.login {
                Some(login) if known != Some(&login.user) => Verdict::Replace,
                Some(_) => Verdict::Update { rotate: true },
                None => Verdict::Update {
                    rotate: intent.rotates(),
                },
            }
        }
        (Outcome::Completed, Arrival::Live(record))
            if case.renewable && rules.renewal_is_due(record, now) =>
        {
            Verdict::Renew
        }
        (_, Arrival::Live(record)) => if_any(rules.touch_is_due(record, now), Verdict::Touch),
    }
}

fn if_any(condition: bool, verdict: Verdict) -> Verdict {
    if condition { verdict } else { Verdict::Nothing }
}

#[cfg(test)]
mod tests;
