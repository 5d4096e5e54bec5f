//! How far a run has come.

use std::io::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a run says nothing of how far it has come.
const SILENCE: Duration = Duration::from_secs(5);

/// Says now and then how far a run has come.
#[derive(Debug)]
pub(super) struct Progress {
    all: u32,
    done: AtomicU32,
    silence: Duration,
    said: Mutex<Instant>,
}

impl Progress {
    /// Of so many sequences.
    pub(super) fn of(all: u32) -> Self {
        Self::new(all, SILENCE)
    }

    fn new(all: u32, silence: Duration) -> Self {
        Self {
            all,
            done: AtomicU32::new(0),
            silence,
            said: Mutex::new(Instant::now()),
        }
    }

    pub(super) fn one_more(&self) {
        // Not by `eprintln!`, which is silent until the test has failed. Nobody is told if nobody can be.
        if let Some(line) = self.count() {
            drop(writeln!(io::stderr(), "{line}"));
        }
    }

    fn count(&self) -> Option<String> {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let mut said = self
            .said
            .try_lock()
            .ok()
            .filter(|said| said.elapsed() >= self.silence)?;
        *said = Instant::now();
        Some(format!(
            "keycard-conformance: {done} of {} sequences played",
            self.all
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_far_it_has_come_when_it_was_silent_for_long_enough() {
        let (quick, slow) = (Progress::new(3, Duration::MAX), Progress::new(3, Duration::ZERO));
        assert_eq!((quick.count(), quick.count()), (None, None));
        assert_eq!(
            slow.count().as_deref(),
            Some("keycard-conformance: 1 of 3 sequences played")
        );
        assert_eq!(
            slow.count().as_deref(),
            Some("keycard-conformance: 2 of 3 sequences played")
        );
    }
}
