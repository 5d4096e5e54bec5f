//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The pauses between attempts to connect: each is twice as long as the one before.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(20);
    pub(crate) const LONGEST: Duration = Duration::from_millis(200);

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = Self::LONGEST.min(pause * 2);
        pause
    }
}
