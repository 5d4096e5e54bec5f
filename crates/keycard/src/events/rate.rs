//! How often something may happen within a minute before it is worth a word.

use std::time::Duration;

use crate::clock::Timestamp;

const WINDOW: Duration = Duration::from_mins(1);

/// Counts what happens in a minute, which begins with the first that happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    per_minute: u32,
    begun: Timestamp,
    count: u32,
}

impl Rate {
    pub(crate) const fn per_minute(per_minute: u32) -> Self {
        Self {
            per_minute,
            begun: Timestamp::from_millis(0),
            count: 0,
        }
    }

    /// Counts one more; `true` for the first that is too many in its minute.
    pub(crate) fn exceeded_by_one_more(&mut self, now: Timestamp) -> bool {
        if now.since(self.begun) >= WINDOW {
            self.begun = now;
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.count == self.per_minute.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_a_minute_and_only_above_the_rate() {
        let mut rate = Rate::per_minute(2);
        let mut told = |seconds: u64| rate.exceeded_by_one_more(Timestamp::from_millis(seconds * 1_000));
        for (seconds, expected) in [
            (100, false),
            (101, false),
            (159, true),
            (159, false),
            (160, false),
            (161, false),
            (162, true),
        ] {
            assert_eq!(told(seconds), expected, "after {seconds} s");
        }
    }
}
