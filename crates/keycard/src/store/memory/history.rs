//! Histories in memory: of each user the last notes, and when they may be forgotten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::MemoryStore;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::UserKey;
use crate::store::{Fate, History, Note, Noted, Retention, Revoked, Which};

/// Two maps that agree, since `remember` and `forget` alone write them.
#[derive(Default)]
pub(super) struct Histories {
    /// How many users' histories there may be.
    room: usize,
    kept: BTreeMap<UserKey, Kept>,
    /// An entry for each history.
    due: BTreeSet<(Timestamp, UserKey)>,
}

struct Kept {
    /// Newest first, never empty.
    notes: VecDeque<Noted>,
    /// When the newest is too old.
    until: Timestamp,
}

impl History for MemoryStore {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        Ok(self.0.shard(user.tag()).histories.of(user, retention, now))
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        Ok(self.0.end_some(note.user, which, Some(&note), now))
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        drop(self.0.shard(user.tag()).histories.forget(user));
        Ok(())
    }
}

impl Histories {
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    fn of(&self, user: UserKey, retention: Retention, now: Timestamp) -> Vec<Noted> {
        let notes = self.kept.get(&user).into_iter().flat_map(|kept| &kept.notes);
        let fresh = notes.filter(|noted| now < noted.at.after(retention.age()));
        fresh.take(retention.notes()).cloned().collect()
    }

    /// Where there is no room for another user, the history leaves that has gone without a note for the longest time.
    pub(super) fn remember(&mut self, note: &Note, fate: Fate, now: Timestamp) {
        let (user, retention) = (note.user, note.retention);
        let mut notes = self.forget(user);
        notes.retain(|noted| now < noted.at.after(retention.age()));
        notes.push_front(Noted::new(now, fate, note.bytes.clone()));
        notes.truncate(retention.notes());
        let until = now.after(retention.age());
        self.due.insert((until, user));
        self.kept.insert(user, Kept { notes, until });
        self.make_room(now);
    }

    /// Forgets a user's history, and answers it.
    fn forget(&mut self, user: UserKey) -> VecDeque<Noted> {
        let Some(kept) = self.kept.remove(&user) else {
            return VecDeque::new();
        };
        self.due.remove(&(kept.until, user));
        kept.notes
    }

    /// Forgets the earliest: what is too old, up to two, since one may have come; or else one if there are too many.
    fn make_room(&mut self, now: Timestamp) {
        for _ in 0..2 {
            match self.due.first() {
                Some(&(until, user)) if until <= now || self.kept.len() > self.room => {
                    drop(self.forget(user));
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    const AGE: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn user(number: u8) -> UserKey {
        UserKey::from_bytes([number; 16])
    }

    fn remember(histories: &mut Histories, number: u8, millis: u64) {
        let retention = Retention::new(2, AGE).unwrap();
        let note = Note::new(user(number), Bytes::new(), retention);
        histories.remember(&note, Fate::Refused, at(millis));
        assert_eq!(histories.kept.len(), histories.due.len(), "the maps agree");
    }

    fn users(histories: &Histories) -> Vec<u8> {
        histories.kept.keys().map(|user| user.to_bytes()[0]).collect()
    }

    #[test]
    fn where_there_is_no_room_the_history_leaves_whose_last_note_is_the_oldest() {
        let mut histories = Histories::with_room(2);
        for (number, millis, left) in [
            (1, 0, &[1][..]),
            (2, 1, &[1, 2]),
            (1, 2, &[1, 2]),
            (3, 3, &[1, 3]),
            (1, 4, &[1, 3]),
            (4, 5, &[1, 4]),
        ] {
            remember(&mut histories, number, millis);
            assert_eq!(users(&histories), left, "after the note at {millis}");
        }
        assert_eq!(histories.of(user(1), Retention::DEFAULT, at(5)).len(), 2);
        drop(histories.forget(user(1)));
        drop(histories.forget(user(4)));
        assert!(histories.kept.is_empty() && histories.due.is_empty());
    }

    #[test]
    fn what_is_too_old_is_forgotten_two_for_one_that_comes() {
        let mut histories = Histories::with_room(100);
        for number in 0..10 {
            remember(&mut histories, number, 0);
        }
        for (number, left) in [(10, 9), (11, 8)] {
            remember(&mut histories, number, 1_000);
            assert_eq!(users(&histories).len(), left);
        }
    }
}
