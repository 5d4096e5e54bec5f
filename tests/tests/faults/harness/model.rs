//! What a session may hold, by what its client was told.

use std::ops::RangeInclusive;
use std::time::Instant;

/// A session that is logged in, as far as its client knows. A write whose answer was an error may be there, may come yet, or
/// may never; the next one that is acknowledged settles that, for a late write finds a newer revision.
#[derive(Debug)]
pub(super) struct Model {
    /// When it was asked for the text that was acknowledged last, and for the count; at first for the login.
    text_asked: Instant,
    count_asked: Instant,
    /// The first is what was known last, the others may have taken its place, in this order.
    texts: Vec<Option<String>>,
    counts: RangeInclusive<u64>,
    /// Whether no write can come any more.
    is_settled: bool,
    /// All texts that it ever may have had, and the highest count. Where two servers take themselves for the primary each has
    /// some of them.
    history: Vec<Option<String>>,
    most: u64,
}

/// What was read, beside what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    AsWritten,
    /// A write is lost that was acknowledged, and asked for then.
    Older(Instant),
    /// Nobody has ever written that to this session.
    Foreign,
}

impl Model {
    pub(super) fn begun(asked: Instant) -> Self {
        Self {
            text_asked: asked,
            count_asked: asked,
            texts: vec![None],
            counts: 0..=0,
            is_settled: true,
            history: vec![None],
            most: 0,
        }
    }

    /// When it was asked for what was acknowledged last.
    pub(super) fn acknowledged(&self) -> Instant {
        self.text_asked.max(self.count_asked)
    }

    pub(super) fn read(&mut self, text: Option<&str>, count: u64) -> Seen {
        let is_it = |possible: &Option<String>| possible.as_deref() == text;
        if count > self.most || !self.history.iter().any(is_it) {
            return Seen::Foreign;
        }
        let most = if self.is_settled {
            count
        } else {
            count.max(*self.counts.end())
        };
        let place = self.texts.iter().position(is_it);
        let text_lost = place.is_none().then_some(self.text_asked);
        let count_lost = (!self.counts.contains(&count)).then_some(self.count_asked);
        self.counts = count..=most;
        if let Some(lost) = text_lost.max(count_lost) {
            self.texts = vec![text.map(str::to_owned)];
            return Seen::Older(lost);
        }
        self.texts.drain(..place.unwrap_or_default());
        if self.is_settled {
            self.texts.truncate(1);
        }
        Seen::AsWritten
    }

    pub(super) fn wrote(&mut self, text: &str, asked: Instant) {
        self.texts = vec![Some(text.to_owned())];
        self.history.push(Some(text.to_owned()));
        self.text_asked = self.text_asked.max(asked);
        self.is_settled = true;
    }

    pub(super) fn may_have_written(&mut self, text: &str) {
        self.texts.push(Some(text.to_owned()));
        self.history.push(Some(text.to_owned()));
        self.is_settled = false;
    }

    pub(super) fn counted(&mut self, count: u64, asked: Instant) -> Seen {
        let seen = match count.checked_sub(1) {
            Some(before) if self.counts.contains(&before) => Seen::AsWritten,
            Some(before) if before <= self.most => Seen::Older(self.count_asked),
            _ => Seen::Foreign,
        };
        self.counts = count..=count;
        self.most = self.most.max(count);
        self.count_asked = self.count_asked.max(asked);
        self.is_settled = true;
        seen
    }

    pub(super) fn may_have_counted(&mut self) {
        self.counts = *self.counts.start()..=self.counts.end() + 1;
        self.most = self.most.max(*self.counts.end());
        self.is_settled = false;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn moments() -> [Instant; 3] {
        let first = Instant::now();
        [0, 1, 2].map(|seconds| first + Duration::from_secs(seconds))
    }

    #[test]
    fn what_was_acknowledged_is_there() {
        let [begun, written, counted] = moments();
        let mut model = Model::begun(begun);
        assert_eq!(model.read(None, 0), Seen::AsWritten);
        model.wrote("a", written);
        assert_eq!(model.counted(1, counted), Seen::AsWritten);
        assert_eq!(model.read(Some("a"), 1), Seen::AsWritten);
        assert_eq!(model.read(None, 1), Seen::Older(written));
        assert_eq!(model.read(Some("b"), 1), Seen::Foreign);
        assert_eq!(model.read(None, 2), Seen::Foreign);
    }

    #[test]
    fn an_unknown_write_may_be_there_and_may_come_until_another_is_acknowledged() {
        let [begun, written, counted] = moments();
        let mut model = Model::begun(begun);
        model.wrote("a", written);
        model.may_have_written("b");
        model.may_have_counted();
        assert_eq!(model.read(Some("a"), 0), Seen::AsWritten);
        assert_eq!(model.read(Some("b"), 0), Seen::AsWritten);
        assert_eq!(
            model.read(Some("a"), 0),
            Seen::Older(written),
            "what has landed does not leave"
        );
        model.may_have_written("c");
        assert_eq!(model.counted(2, counted), Seen::AsWritten);
        assert_eq!(model.read(Some("a"), 2), Seen::AsWritten);
        assert_eq!(model.read(Some("c"), 2), Seen::Older(written), "too late to land");
    }

    #[test]
    fn a_count_that_was_lost_is_seen() {
        let [begun, counted, later] = moments();
        let mut model = Model::begun(begun);
        for count in 1..=3 {
            assert_eq!(model.counted(count, counted), Seen::AsWritten);
        }
        assert_eq!(model.counted(3, later), Seen::Older(counted));
        assert_eq!(model.counted(5, later), Seen::Foreign);
    }

    #[test]
    fn what_was_lost_is_older_than_what_was_written_since() {
        let [begun, counted, written] = moments();
        let mut model = Model::begun(begun);
        for count in 1..=2 {
            assert_eq!(model.counted(count, counted), Seen::AsWritten);
        }
        model.wrote("a", written);
        assert_eq!(model.read(Some("a"), 1), Seen::Older(counted));
        assert_eq!(
            model.counted(3, written),
            Seen::Older(counted),
            "of another server"
        );
    }
}
