//! What all clients were answered, and what they found to be lost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What was acknowledged, and is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A session is gone, or back after it was, without an ending that was acknowledged.
    Session,
    /// A session is there without what was last written to it.
    Write,
    /// A session is there that was logged out of.
    Logout,
    /// A session is there that was ended with all sessions of its user.
    EndAll,
}

/// One answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) client: usize,
    pub(super) asked: Instant,
    pub(super) took: Duration,
    pub(super) is_failure: bool,
}

impl Answered {
    pub(super) fn at(&self) -> Instant {
        self.asked + self.took
    }
}

/// One loss, and when that was asked for which was acknowledged.
pub(super) type Loss = (Lost, Instant);

#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Entries>);

#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    pub(super) answers: Vec<Answered>,
    pub(super) losses: Vec<Loss>,
    /// From when and for how long nothing was done for want of a processor.
    pub(super) stalls: Vec<(Instant, Duration)>,
}

impl Log {
    pub(super) fn answered(&self, answered: Answered) {
        self.lock().answers.push(answered);
    }

    pub(super) fn lost(&self, what: Lost, acknowledged: Instant) {
        self.lock().losses.push((what, acknowledged));
    }

    pub(super) fn stood_still(&self, since: Instant, during: Duration) {
        self.lock().stalls.push((since, during));
    }

    pub(super) fn entries(&self) -> Entries {
        self.lock().clone()
    }

    /// Whether each of so many clients was served since then.
    pub(super) fn has_served(&self, clients: usize, since: Instant) -> bool {
        let mut served = vec![false; clients];
        let log = self.lock();
        let answers = log
            .answers
            .iter()
            .rev()
            .take_while(|answered| answered.at() >= since);
        for answered in answers.filter(|answered| !answered.is_failure && answered.asked >= since) {
            served[answered.client] = true;
        }
        served.into_iter().all(|served| served)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// For how long the machine stood still between two moments, as far as it has to be asked.
    pub(super) fn stalled(&self, from: Instant, to: Instant) -> Duration {
        let meanwhile = |(since, during): &&(Instant, Duration)| *since <= to && *since + *during >= from;
        self.stalls
            .iter()
            .filter(meanwhile)
            .map(|(_, during)| *during)
            .sum()
    }
}
