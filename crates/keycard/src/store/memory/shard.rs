//! One part of the memory store: the sessions whose tags fall to it, and the indexes of their users.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::id::{Revision, StoreKey, UserKey};
use crate::store::{
    Create, Created, Ended, Entry, Loaded, MAX_SESSIONS_PER_USER, Owner, Touch, Touched, Update, Updated,
    frame,
};

#[derive(Default)]
pub(super) struct Shard {
    stored: HashMap<StoreKey, Slot>,
    users: HashMap<UserKey, Vec<Member>>,
    /// When to look at a key again; moved on if the key turns out to live longer.
    due: BinaryHeap<Reverse<(Timestamp, StoreKey)>>,
}

struct Slot {
    bytes: Bytes,
    /// In whose index the session stands, so that it leaves the index when it is swept out.
    user: Option<UserKey>,
}

#[derive(Clone, Copy)]
struct Member {
    key: StoreKey,
    absolute: Timestamp,
}

impl Shard {
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
        self.put(create.key, create.record.clone());
        if let Some(owner) = &create.owner {
            self.make_room(owner.user, create.now);
            self.enlist(create.key, owner);
        }
    }

    pub(super) fn update(&mut self, update: &Update) -> Updated {
        if self.bears(update.key, &update.record) {
            return Updated::Applied;
        }
        let compared = self.compare(update.key, update.expected, update.now);
        if compared == Updated::Applied {
            self.put(update.key, update.record.clone());
            if let Some(owner) = &update.owner {
                self.enlist(update.key, owner);
            }
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
                if let Some(slot) = self.stored.get_mut(&touch.key) {
                    let mut record = slot.bytes.to_vec();
                    frame::patch_touch(&mut record, touch.seen, touch.expires);
                    slot.bytes = record.into();
                }
                Touched::Applied
            }
        }
    }

    /// Leaves a tombstone; answers also how many entries the shard holds more than before.
    pub(super) fn end(&mut self, key: StoreKey, owner: Option<&Owner>, now: Timestamp) -> (Ended, usize) {
        if let Some(owner) = owner {
            self.strike_out(owner.user, key);
        }
        let ended = match self.load(key, now) {
            Loaded::Ended => return (Ended::Absent, 0),
            Loaded::Live(_) => Ended::Applied,
            Loaded::Absent => Ended::Absent,
        };
        let added = usize::from(!self.stored.contains_key(&key));
        self.put(key, frame::tombstone(now.after(frame::TOMBSTONE_LIFE)).into());
        (ended, added)
    }

    /// The live sessions of a user. Those whose record is gone leave the index.
    pub(super) fn sessions_of(&mut self, user: UserKey, now: Timestamp) -> Vec<Entry> {
        let mut entries = Vec::new();
        for key in self.members(user) {
            match self
                .stored
                .get(&key)
                .map(|slot| frame::judge(slot.bytes.clone(), now))
            {
                Some(Loaded::Live(record)) => entries.push(Entry::new(key, record)),
                Some(Loaded::Absent) => {}
                Some(Loaded::Ended) | None => self.strike_out(user, key),
            }
        }
        entries
    }

    /// The keys in a user's index, live or not.
    pub(super) fn members(&self, user: UserKey) -> Vec<StoreKey> {
        let members = self.users.get(&user).map(Vec::as_slice).unwrap_or_default();
        members.iter().map(|member| member.key).collect()
    }

    /// How many users have an index.
    #[cfg(test)]
    pub(super) fn users(&self) -> usize {
        self.users.len()
    }

    /// Removes what has expired; answers how much.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let mut removed = 0;
        while let Some(Reverse((at, key))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            let Some((until, user)) = self
                .stored
                .get(&key)
                .map(|slot| (kept_until(&slot.bytes), slot.user))
            else {
                continue;
            };
            if until > now {
                self.due.push(Reverse((until, key)));
                continue;
            }
            self.stored.remove(&key);
            removed += 1;
            if let Some(user) = user {
                self.strike_out(user, key);
            }
        }
        removed
    }

    /// Writes a record over what is there, whose owner it keeps, or a tombstone, which has none.
    fn put(&mut self, key: StoreKey, bytes: Bytes) {
        let until = kept_until(&bytes);
        let before = self.stored.remove(&key);
        if before
            .as_ref()
            .is_none_or(|before| until < kept_until(&before.bytes))
        {
            self.due.push(Reverse((until, key)));
        }
        let is_record = frame::tombstone_until(&bytes).is_none();
        let user = before.and_then(|before| before.user).filter(|_| is_record);
        self.stored.insert(key, Slot { bytes, user });
    }

    fn bears(&self, key: StoreKey, record: &[u8]) -> bool {
        let stored = self
            .stored
            .get(&key)
            .and_then(|slot| frame::revision(&slot.bytes));
        stored.is_some() && stored == frame::revision(record)
    }

    fn enlist(&mut self, key: StoreKey, owner: &Owner) {
        let members = self.users.entry(owner.user).or_default();
        members.retain(|member| member.key != key);
        members.push(Member {
            key,
            absolute: owner.absolute,
        });
        if let Some(slot) = self.stored.get_mut(&key) {
            slot.user = Some(owner.user);
        }
    }

    pub(super) fn strike_out(&mut self, user: UserKey, key: StoreKey) {
        if let Some(members) = self.users.get_mut(&user) {
            members.retain(|member| member.key != key);
            if members.is_empty() {
                self.users.remove(&user);
            }
        }
    }

    /// Ends sessions of a user whose index is full: those that have expired, or else the one with the nearest absolute
    /// deadline.
    fn make_room(&mut self, user: UserKey, now: Timestamp) {
        if self.members(user).len() < MAX_SESSIONS_PER_USER {
            return;
        }
        let live: Vec<StoreKey> = self
            .sessions_of(user, now)
            .into_iter()
            .map(|entry| entry.key)
            .collect();
        for key in self.members(user) {
            if !live.contains(&key) {
                self.strike_out(user, key);
            }
        }
        let Some(members) = self
            .users
            .get(&user)
            .filter(|members| members.len() >= MAX_SESSIONS_PER_USER)
        else {
            return;
        };
        if let Some(first) = members
            .iter()
            .min_by_key(|member| member.absolute)
            .map(|member| member.key)
        {
            self.strike_out(user, first);
            self.put(first, frame::tombstone(now.after(frame::TOMBSTONE_LIFE)).into());
        }
    }
}

/// Until when stored bytes are of any use; what cannot be read is kept for as long as nothing else is known about it.
fn kept_until(bytes: &[u8]) -> Timestamp {
    frame::tombstone_until(bytes)
        .or_else(|| frame::expires(bytes))
        .unwrap_or(Timestamp::from_millis(u64::MAX))
}
