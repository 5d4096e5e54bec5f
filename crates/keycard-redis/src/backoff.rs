//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The pauses between attempts: each is twice as long as the one before.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

/// Between attempts to connect.
impl Default for Backoff {
    fn default() -> Self {
        Self::between(Duration::from_millis(20), Self::LONGEST)
    }
}

impl Backoff {
    pub(crate) const LONGEST: Duration = Duration::from_millis(200);

    pub(crate) fn between(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = self.longest.min(pause * 2);
        pause
    }
}
