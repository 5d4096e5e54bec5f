//! One part of the memory store: the sessions whose tags fall to it, and the indexes of their users.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::id::{Revision, StoreKey, UserKey};
use crate::store::{
    Create, Created, Ended, Entry, Loaded, MAX_SESSIONS_PER_USER, Owner, Touch, Touched, Update, Updated,
    frame,
};

/// How many entries a sweep removes at most: more than the one that a verb adds, so that a shard shrinks while it holds
/// expired ones; and few, since requests wait.
const SWEEP: usize = 8;

/// Three maps that agree, since `set` alone writes them. All are trees: a hash table that grows moves all it holds at
/// once.
#[derive(Default)]
pub(super) struct Shard {
    stored: BTreeMap<StoreKey, Slot>,
    /// An entry for each slot.
    due: BTreeSet<Due>,
    /// An entry for each slot that has an owner.
    owned: BTreeSet<Owned>,
}

struct Slot {
    bytes: Bytes,
    /// In whose index the session stands, so that nobody who ends it needs to say; a tombstone stands in none.
    owner: Option<Owner>,
}

/// Until when a slot is of any use.
type Due = (Timestamp, StoreKey);
/// A user's session, in the order of the absolute deadlines.
type Owned = (UserKey, Timestamp, StoreKey);

impl Shard {
    /// How many records and tombstones there are.
    pub(super) fn len(&self) -> usize {
        self.stored.len()
    }

    pub(super) fn load(&self, key: StoreKey, now: Timestamp) -> Loaded {
        self.stored
            .get(&key)
            .map_or(Loaded::Absent, |slot| frame::judge(slot.bytes.clone(), now))
    }

    /// What stands in the way of a new session: `Applied` if it is this very session, written before.
    pub(super) fn refuses(&self, create: &Create) -> Option<Created> {
        if self.has_landed(create) {
            return Some(Created::Applied);
        }
        self.stored.contains_key(&create.key).then_some(Created::Refused)
    }

    pub(super) fn has_landed(&self, create: &Create) -> bool {
        self.bears(create.key, &create.record)
    }

    pub(super) fn insert(&mut self, create: &Create) {
        if let Some(owner) = &create.owner {
            self.make_room(owner.user, create.now);
        }
        self.put(create.key, create.record.clone(), create.owner);
    }

    pub(super) fn update(&mut self, update: &Update) -> Updated {
        if self.bears(update.key, &update.record) {
            return Updated::Applied;
        }
        let compared = self.compare(update.key, update.expected, update.now);
        if compared == Updated::Applied {
            let before = self.stored.get(&update.key).and_then(|slot| slot.owner);
            self.put(update.key, update.record.clone(), update.owner.or(before));
        }
        compared
    }

    /// Whether a write on this revision may land: `Applied` means that it may.
    pub(super) fn compare(&self, key: StoreKey, expected: Revision, now: Timestamp) -> Updated {
        match self.load(key, now) {
            Loaded::Live(stored) if frame::revision(&stored) == Some(expected) => Updated::Applied,
            Loaded::Live(newest) => Updated::Conflict(newest),
            Loaded::Ended | Loaded::Absent => Updated::Gone,
        }
    }

    pub(super) fn touch(&mut self, touch: &Touch) -> Touched {
        match self.compare(touch.key, touch.expected, touch.now) {
            Updated::Gone => Touched::Gone,
            Updated::Conflict(_) => Touched::Changed,
            Updated::Applied => {
                if let Some(&Slot { ref bytes, owner }) = self.stored.get(&touch.key) {
                    let mut record = bytes.to_vec();
                    frame::patch_touch(&mut record, touch.seen, touch.expires);
                    self.put(touch.key, record.into(), owner);
                }
                Touched::Applied
            }
        }
    }

    /// Leaves a tombstone, which stands in no index.
    pub(super) fn end(&mut self, key: StoreKey, now: Timestamp) -> Ended {
        let ended = match self.load(key, now) {
            Loaded::Ended => return Ended::Absent,
            Loaded::Live(_) => Ended::Applied,
            Loaded::Absent => Ended::Absent,
        };
        let tombstone = frame::tombstone(now.after(frame::TOMBSTONE_LIFE));
        self.put(key, tombstone.into(), None);
        ended
    }

    /// Ends every session of a user except `keep`; answers those that were live.
    pub(super) fn end_all(&mut self, user: UserKey, keep: Option<StoreKey>, now: Timestamp) -> Vec<StoreKey> {
        let mut keys: Vec<StoreKey> = self.keys_of(user).filter(|key| Some(*key) != keep).collect();
        keys.retain(|key| self.end(*key, now) == Ended::Applied);
        keys
    }

    /// The live sessions of a user.
    pub(super) fn sessions_of(&self, user: UserKey, now: Timestamp) -> impl Iterator<Item = Entry> {
        self.keys_of(user)
            .filter_map(move |key| match self.load(key, now) {
                Loaded::Live(record) => Some(Entry::new(key, record)),
                Loaded::Ended | Loaded::Absent => None,
            })
    }

    /// Removes what has expired, the earliest first, up to `SWEEP`; answers how much.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let before = self.len();
        for _ in 0..SWEEP {
            match self.due.first() {
                Some(&(until, key)) if until <= now => self.set(key, None),
                _ => break,
            }
        }
        before - self.len()
    }

    /// The sessions in a user's index, live or not, in the order of their absolute deadlines.
    fn keys_of(&self, user: UserKey) -> impl Iterator<Item = StoreKey> {
        let first: Owned = (user, Timestamp::from_millis(0), StoreKey::from_bytes([0; 20]));
        self.owned
            .range(first..)
            .take_while(move |(owner, ..)| *owner == user)
            .map(|(.., key)| *key)
    }

    /// Ends a session of a user whose index is full: one that has expired, or else the one with the nearest absolute
    /// deadline.
    fn make_room(&mut self, user: UserKey, now: Timestamp) {
        if self.keys_of(user).count() < MAX_SESSIONS_PER_USER {
            return;
        }
        let expired = self
            .keys_of(user)
            .find(|key| self.load(*key, now) == Loaded::Absent);
        if let Some(key) = expired.or_else(|| self.keys_of(user).next()) {
            let _: Ended = self.end(key, now);
        }
    }

    fn bears(&self, key: StoreKey, record: &[u8]) -> bool {
        let stored = self
            .stored
            .get(&key)
            .and_then(|slot| frame::revision(&slot.bytes));
        stored.is_some() && stored == frame::revision(record)
    }

    fn put(&mut self, key: StoreKey, bytes: Bytes, owner: Option<Owner>) {
        self.set(key, Some(Slot { bytes, owner }));
    }

    /// Stores a slot in place of what is there, or clears the place.
    fn set(&mut self, key: StoreKey, slot: Option<Slot>) {
        let (due, owned) = entries(key, slot.as_ref());
        let before = match slot {
            Some(slot) => self.stored.insert(key, slot),
            None => self.stored.remove(&key),
        };
        let (was_due, was_owned) = entries(key, before.as_ref());
        exchange(&mut self.due, was_due, due);
        exchange(&mut self.owned, was_owned, owned);
    }
}

fn entries(key: StoreKey, slot: Option<&Slot>) -> (Option<Due>, Option<Owned>) {
    let owner = slot.and_then(|slot| slot.owner);
    (
        slot.map(|slot| (kept_until(&slot.bytes), key)),
        owner.map(|owner| (owner.user, owner.absolute, key)),
    )
}

fn exchange<T: Ord>(entries: &mut BTreeSet<T>, before: Option<T>, after: Option<T>) {
    if before != after {
        before.map(|entry| entries.remove(&entry));
        entries.extend(after);
    }
}

/// Until when stored bytes are of any use; what cannot be read is kept for as long as nothing else is known about it.
fn kept_until(bytes: &[u8]) -> Timestamp {
    frame::tombstone_until(bytes)
        .or_else(|| frame::expires(bytes))
        .unwrap_or(Timestamp::from_millis(u64::MAX))
}

#[cfg(test)]
mod tests;
