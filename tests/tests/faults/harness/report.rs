//! What a fault has done: judged, and as a row.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::log::{Answered, Entries, Log, Loss, Lost};
use super::{DEADLINE, Fails, Fault, LENIENCE, RECOVERY, SLACK};

/// The file in the folder of a run to which rows are added, for whoever shows them all at its end.
const FILE: &str = "faults.txt";

/// How long an answer may take.
const BOUND: Duration = DEADLINE.saturating_add(SLACK).saturating_mul(LENIENCE);

/// All that is known when traffic has ended.
pub(crate) struct Report {
    fault: &'static Fault,
    entries: Entries,
    struck: Instant,
    back: Instant,
}

impl Report {
    pub(super) fn new(fault: &'static Fault, log: &Log, struck: Instant, back: Instant) -> Self {
        Self {
            fault,
            entries: log.entries(),
            struck,
            back,
        }
    }

    pub(crate) fn lost(&self, what: Lost) -> usize {
        self.entries
            .losses
            .iter()
            .filter(|(lost, _)| *lost == what)
            .count()
    }

    fn failures(&self) -> impl Iterator<Item = &Answered> {
        self.entries.answers.iter().filter(|answered| answered.is_failure)
    }

    /// Asserts all that must hold; what was acknowledged until then may be lost, and what is unreliable later too, as far as the
    /// fault says so.
    pub(super) fn judge(&self, excused: Option<Instant>, unreliable: Option<Lost>) {
        for answered in &self.entries.answers {
            let bound = BOUND + self.stalled(answered.asked, answered.at());
            assert!(answered.took <= bound, "an answer took {:?}", answered.took);
        }
        for failure in self.failures() {
            let late = failure.at().saturating_duration_since(self.back);
            let bound = RECOVERY + self.stalled(self.back, failure.at());
            assert!(
                late <= bound,
                "a request failed {late:?} after the server's return"
            );
        }
        let is_meanwhile = |failure: &Answered| failure.at() >= self.struck && failure.asked <= self.back;
        match self.fault.fails {
            Fails::Must => assert!(self.failures().any(is_meanwhile), "nobody noticed the fault"),
            Fails::May => {}
            Fails::Never => assert_eq!(self.failures().count(), 0, "failed without need"),
        }
        let is_excused = |(what, asked): &&Loss| {
            let is_before = excused.is_some_and(|excused| *asked <= excused);
            self.fault.may_lose.contains(what) && (is_before || unreliable == Some(*what))
        };
        let lost: Vec<_> = self
            .entries
            .losses
            .iter()
            .filter(|loss| !is_excused(loss))
            .collect();
        assert!(lost.is_empty(), "lost without need: {lost:?}");
    }

    /// What the machine took away from this process, and about as much from the server's, where others work on it.
    fn stalled(&self, from: Instant, to: Instant) -> Duration {
        2 * self.entries.stalled(from, to) * (LENIENCE - 1)
    }

    /// To stderr, and to the run's file.
    pub(super) fn tell(&self) {
        let row = self.row();
        eprintln!("{row}");
        if let Some(run) = env::var_os("KEYCARD_TEST_DIR") {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(Path::new(&run).join(FILE));
            file.and_then(|mut file| file.write_all(format!("{row}\n").as_bytes()))
                .unwrap();
        }
    }

    fn row(&self) -> String {
        let lost: Vec<_> = [
            (Lost::Session, "sessions"),
            (Lost::Write, "writes"),
            (Lost::Logout, "logouts"),
            (Lost::EndAll, "log-outs everywhere"),
        ]
        .into_iter()
        .filter(|(what, _)| self.lost(*what) > 0)
        .map(|(what, name)| format!("{} {name}", self.lost(what)))
        .collect();
        let lost = if lost.is_empty() {
            "nothing".to_owned()
        } else {
            lost.join(", ")
        };
        let worst = self.entries.answers.iter().map(|answered| answered.took).max();
        let late = |failure: &Answered| failure.at().saturating_duration_since(self.back);
        format!(
            "{:<36} {:>7} requests {:>6} failed   worst {:>5} ms of {:>5}   back in {:>5} ms   lost: {lost}",
            self.fault.name,
            self.entries.answers.len(),
            self.failures().count(),
            worst.unwrap_or_default().as_millis(),
            BOUND.as_millis(),
            self.failures().map(late).max().unwrap_or_default().as_millis(),
        )
    }
}
