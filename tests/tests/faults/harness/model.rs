//! What a session may hold, by what its client was told.

use std::ops::RangeInclusive;
use std::time::Instant;

/// A session that is logged in, as far as its client knows. A write whose answer was an error may be there, may come yet, or
/// may never; the next one that is acknowledged settles that, for a late write finds a newer revision.
#[derive(Debug)]
pub(super) struct Model {
    /// When it was asked for what was acknowledged last: the login, then each write.
    pub(super) acknowledged: Instant,
    /// The first is what was known last, the others may have taken its place, in this order.
    texts: Vec<Option<String>>,
    counts: RangeInclusive<u64>,
    /// Whether no write can come any more.
    is_settled: bool,
    /// All texts that it ever may have had.
    history: Vec<Option<String>>,
}

/// What was read, beside what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    AsWritten,
    /// An acknowledged write is lost.
    Older,
    /// Nobody has ever written that to this session.
    Foreign,
}

impl Model {
    pub(super) fn begun(asked: Instant) -> Self {
        Self {
            acknowledged: asked,
            texts: vec![None],
            counts: 0..=0,
            is_settled: true,
            history: vec![None],
        }
    }

    pub(super) fn read(&mut self, text: Option<&str>, count: u64) -> Seen {
        let is_it = |possible: &Option<String>| possible.as_deref() == text;
        let most = if self.is_settled {
            count
        } else {
            *self.counts.end()
        };
        let place = self.texts.iter().position(is_it);
        if let Some(place) = place.filter(|_| self.counts.contains(&count)) {
            self.texts.drain(..place);
            if self.is_settled {
                self.texts.truncate(1);
            }
            self.counts = count..=most;
            return Seen::AsWritten;
        }
        if self.history.iter().any(is_it) && count <= *self.counts.end() {
            self.texts = vec![text.map(str::to_owned)];
            self.counts = count..=most;
            return Seen::Older;
        }
        Seen::Foreign
    }

    pub(super) fn wrote(&mut self, text: &str, asked: Instant) {
        self.texts = vec![Some(text.to_owned())];
        self.history.push(Some(text.to_owned()));
        self.settle(asked);
    }

    pub(super) fn may_have_written(&mut self, text: &str) {
        self.texts.push(Some(text.to_owned()));
        self.history.push(Some(text.to_owned()));
        self.is_settled = false;
    }

    pub(super) fn counted(&mut self, count: u64, asked: Instant) -> Seen {
        let seen = match count.checked_sub(1) {
            Some(before) if self.counts.contains(&before) => Seen::AsWritten,
            Some(before) if before < *self.counts.start() => Seen::Older,
            _ => Seen::Foreign,
        };
        self.counts = count..=count;
        self.settle(asked);
        seen
    }

    pub(super) fn may_have_counted(&mut self) {
        self.counts = *self.counts.start()..=self.counts.end() + 1;
        self.is_settled = false;
    }

    fn settle(&mut self, asked: Instant) {
        self.acknowledged = self.acknowledged.max(asked);
        self.is_settled = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_is_there() {
        let mut model = Model::begun(Instant::now());
        assert_eq!(model.read(None, 0), Seen::AsWritten);
        model.wrote("a", Instant::now());
        assert_eq!(model.counted(1, Instant::now()), Seen::AsWritten);
        assert_eq!(model.read(Some("a"), 1), Seen::AsWritten);
        assert_eq!(model.read(None, 1), Seen::Older);
        assert_eq!(model.read(Some("b"), 1), Seen::Foreign);
        assert_eq!(model.read(None, 2), Seen::Foreign);
    }

    #[test]
    fn an_unknown_write_may_be_there_and_may_come_until_another_is_acknowledged() {
        let mut model = Model::begun(Instant::now());
        model.wrote("a", Instant::now());
        model.may_have_written("b");
        model.may_have_counted();
        assert_eq!(model.read(Some("a"), 0), Seen::AsWritten);
        assert_eq!(model.read(Some("b"), 0), Seen::AsWritten);
        assert_eq!(
            model.read(Some("a"), 0),
            Seen::Older,
            "what has landed does not leave"
        );
        model.may_have_written("c");
        assert_eq!(model.counted(2, Instant::now()), Seen::AsWritten);
        assert_eq!(model.read(Some("a"), 2), Seen::AsWritten);
        assert_eq!(model.read(Some("c"), 2), Seen::Older, "too late to land");
    }

    #[test]
    fn a_count_that_was_lost_is_seen() {
        let mut model = Model::begun(Instant::now());
        for count in 1..=3 {
            assert_eq!(model.counted(count, Instant::now()), Seen::AsWritten);
        }
        assert_eq!(model.counted(3, Instant::now()), Seen::Older);
        assert_eq!(model.counted(5, Instant::now()), Seen::Foreign);
    }
}
