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
    /// When the [pulse](super::pulse) has beaten, and how long each beat took.
    beats: Vec<(Instant, Duration)>,
}

impl Log {
    pub(super) fn answered(&self, answered: Answered) {
        self.lock().answers.push(answered);
    }

    pub(super) fn lost(&self, what: Lost, acknowledged: Instant) {
        self.lock().losses.push((what, acknowledged));
    }

    pub(super) fn beat(&self, began: Instant, took: Duration) {
        self.lock().beats.push((began, took));
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
    /// For how long the machine stood still between two moments: what the beats of that time took beyond the quickest of all.
    pub(super) fn stalled(&self, from: Instant, to: Instant) -> Duration {
        let quickest = self.beats.iter().map(|(_, took)| *took).min();
        let stall = |(began, took): &(Instant, Duration)| {
            let meanwhile = to.min(*began + *took).saturating_duration_since(from.max(*began));
            took.saturating_sub(quickest.unwrap_or_default()).min(meanwhile)
        };
        self.beats.iter().map(stall).sum()
    }
}

#[test]
fn what_a_beat_takes_beyond_the_quickest_is_a_stall_as_far_as_it_lies_in_the_time() {
    let begin = Instant::now();
    let at = |millis| begin + Duration::from_millis(millis);
    let entries = Entries {
        beats: [(0, 30), (30, 20), (50, 120), (170, 25)]
            .map(|(began, took)| (at(began), Duration::from_millis(took)))
            .into(),
        ..Entries::default()
    };
    for (from, to, stalled) in [
        (0, 200, 115),
        (30, 50, 0),
        (50, 170, 100),
        (160, 172, 12),
        (60, 70, 10),
        (200, 300, 0),
    ] {
        assert_eq!(
            entries.stalled(at(from), at(to)).as_millis(),
            stalled,
            "{from}..{to}"
        );
    }
}
