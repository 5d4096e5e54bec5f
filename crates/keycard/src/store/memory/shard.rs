//! One part of the memory store: the sessions whose tags fall to it, and the indexes of their users.

mod admission;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::history::Histories;
use crate::clock::Timestamp;
use crate::id::{DeviceDigest, Revision, StoreKey, UserKey};
use crate::store::{
    Create, Created, EndReason, Ended, Entry, Fate, Figures, Loaded, Note, Owner, Touch, Touched, Update,
    Updated, frame,
};

/// How many entries a sweep removes at most: more than the one that a verb adds, so that a shard shrinks while it holds
/// expired ones; and few, since requests wait.
const SWEEP: usize = 8;

/// Three maps and a number that agree, since `set` alone writes them. All are trees: a hash table that grows moves all it holds at
/// once.
#[derive(Default)]
pub(super) struct Shard {
    stored: BTreeMap<StoreKey, Slot>,
    /// An entry for each slot.
    due: BTreeSet<Due>,
    /// An entry for each slot that has an owner.
    owned: BTreeSet<Owned>,
    active: u64,
    logins: u64,
    /// By the number of the reason.
    ended: [u64; EndReason::ALL.len()],
    pub(super) histories: Histories,
}

struct Slot {
    bytes: Bytes,
    /// In whose index the session stands, so that nobody who ends it needs to say; a tombstone stands in none.
    owner: Option<Owner>,
}

/// What a write on a revision finds.
pub(super) enum Compared {
    Same,
    Other(Bytes),
    Gone,
}

/// Until when a slot is of any use.
type Due = (Timestamp, StoreKey);
/// A user's session, in the order of the absolute deadlines.
type Owned = (UserKey, Timestamp, StoreKey);

impl Shard {
    /// A part with room for the histories of so many users.
    pub(super) fn with_room(histories: usize) -> Self {
        Self {
            histories: Histories::with_room(histories),
            ..Self::default()
        }
    }

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

    pub(super) fn update(&mut self, update: &Update) -> Updated {
        if self.bears(update.key, &update.record) {
            return Updated::Applied;
        }
        match self.compare(update.key, update.expected, update.now) {
            Compared::Gone => return Updated::Gone,
            Compared::Other(newest) => return Updated::Conflict(newest),
            Compared::Same => {}
        }
        let of = |owner| self.displaced(&owner, &update.record, Some(update.key), update.now);
        let Some(displaced) = update.owner.map_or_else(|| Some(Vec::new()), of) else {
            self.remember(update.note.as_ref(), Fate::Refused, update.now);
            return Updated::LimitReached;
        };
        self.end_each(&displaced, update.now);
        let before = self.stored.get(&update.key);
        let was_pending = before.is_some_and(|slot| frame::is_pending(&slot.bytes));
        let owner = update.owner.or(before.and_then(|slot| slot.owner));
        if was_pending && !frame::is_pending(&update.record) {
            self.logins += 1;
        }
        self.put(update.key, update.record.clone(), owner);
        self.remember(update.note.as_ref(), Fate::Landed(displaced.clone()), update.now);
        Updated::applied(displaced)
    }

    pub(super) fn remember(&mut self, note: Option<&Note>, fate: Fate, now: Timestamp) {
        if let Some(note) = note {
            self.histories.remember(note, fate, now);
        }
    }

    pub(super) fn compare(&self, key: StoreKey, expected: Revision, now: Timestamp) -> Compared {
        match self.load(key, now) {
            Loaded::Live(stored) if frame::revision(&stored) == Some(expected) => Compared::Same,
            Loaded::Live(newest) => Compared::Other(newest),
            Loaded::Ended | Loaded::Absent => Compared::Gone,
        }
    }

    pub(super) fn touch(&mut self, touch: &Touch) -> Touched {
        match self.compare(touch.key, touch.expected, touch.now) {
            Compared::Gone => Touched::Gone,
            Compared::Other(_) => Touched::Changed,
            Compared::Same => {
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
    pub(super) fn end(&mut self, key: StoreKey, reason: EndReason, now: Timestamp) -> Ended {
        let ended = match self.load(key, now) {
            Loaded::Ended => return Ended::Absent,
            Loaded::Live(_) => Ended::Applied,
            Loaded::Absent => Ended::Absent,
        };
        if ended == Ended::Applied {
            self.ended[reason as usize] += 1;
        }
        let tombstone = frame::tombstone(now.after(frame::TOMBSTONE_LIFE));
        self.put(key, tombstone.into(), None);
        ended
    }

    /// Whether a user has this session, pending or not.
    pub(super) fn is_live(&self, user: UserKey, key: StoreKey, now: Timestamp) -> bool {
        self.keys_of(user).any(|theirs| theirs == key) && matches!(self.load(key, now), Loaded::Live(_))
    }

    /// Revokes those sessions of a user whose key and device fit; answers those that were live.
    pub(super) fn end_where(
        &mut self,
        user: UserKey,
        fits: impl Fn(StoreKey, DeviceDigest) -> bool,
        now: Timestamp,
    ) -> Vec<StoreKey> {
        let mut keys: Vec<StoreKey> = self
            .keys_of(user)
            .filter(|key| fits(*key, self.device_of(*key)))
            .collect();
        keys.retain(|key| self.end(*key, EndReason::Revoked, now) == Ended::Applied);
        keys
    }

    /// Adds what was counted here; sessions that have expired are active until they are swept.
    pub(super) fn add_to(&self, figures: &mut Figures) {
        figures.active_sessions += self.active;
        figures.logins += self.logins;
        for (reason, number) in EndReason::ALL.into_iter().zip(self.ended) {
            if number > 0 {
                *figures.ended.entry(reason).or_default() += number;
            }
        }
    }

    /// The live sessions of a user, without pending ones.
    pub(super) fn sessions_of(&self, user: UserKey, now: Timestamp) -> impl Iterator<Item = Entry> {
        self.keys_of(user)
            .filter_map(move |key| match self.load(key, now) {
                Loaded::Live(record) => (!frame::is_pending(&record)).then(|| Entry::new(key, record)),
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

    fn device_of(&self, key: StoreKey) -> DeviceDigest {
        let owner = self.stored.get(&key).and_then(|slot| slot.owner);
        owner.map_or(DeviceDigest::NONE, |owner| owner.device)
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
        let is_session = |slot: &Slot| frame::expires(&slot.bytes).is_some();
        self.active += u64::from(self.stored.get(&key).is_some_and(is_session));
        self.active -= u64::from(before.as_ref().is_some_and(is_session));
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
