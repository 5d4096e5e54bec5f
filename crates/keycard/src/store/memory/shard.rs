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
    stored: HashMap<StoreKey, Bytes>,
    users: HashMap<UserKey, Vec<Member>>,
    /// When to look at a key again; moved on if the key turns out to live longer.
    due: BinaryHeap<Reverse<(Timestamp, StoreKey)>>,
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
            .map_or(Loaded::Absent, |bytes| frame::judge(bytes.clone(), now))
    }

    /// What stands in the way of a new session: `Applied` if it is this very session, written before.
    pub(super) fn refuses(&self, create: &Create) -> Option<Created> {
        if self.has_landed(create) {
            return Some(Created::Applied);
        }
        self.stored.contains_key(&create.key).then_some(Created::Refused)
    }

    pub(super) fn has_landed(&self, create: &Create) -> bool {
        let stored = self
            .stored
            .get(&create.key)
            .and_then(|bytes| frame::revision(bytes));
        stored.is_some() && stored == frame::revision(&create.record)
    }

    pub(super) fn insert(&mut self, create: &Create) {
        self.put(create.key, create.record.clone());
        if let Some(owner) = &create.owner {
            self.make_room(owner.user, create.now);
            self.enlist(create.key, owner);
        }
    }

    pub(super) fn update(&mut self, update: &Update) -> Updated {
        let landed = self
            .stored
            .get(&update.key)
            .and_then(|bytes| frame::revision(bytes));
        if landed.is_some() && landed == frame::revision(&update.record) {
            return Updated::Applied;
        }
        let compared = self.compare(update.key, update.expected, update.now);
        if compared == Updated::Applied {
            self.stored.insert(update.key, update.record.clone());
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
                if let Some(stored) = self.stored.get_mut(&touch.key) {
                    let mut record = stored.to_vec();
                    frame::patch_touch(&mut record, touch.seen, touch.expires);
                    *stored = record.into();
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

    /// The live sessions of a user; the others leave the index.
    pub(super) fn sessions_of(&mut self, user: UserKey, now: Timestamp) -> Vec<Entry> {
        let Some(members) = self.users.get_mut(&user) else {
            return Vec::new();
        };
        let mut entries = Vec::with_capacity(members.len());
        members.retain(|member| {
            let stored = self.stored.get(&member.key);
            match stored.map(|bytes| frame::judge(bytes.clone(), now)) {
                Some(Loaded::Live(record)) => {
                    entries.push(Entry::new(member.key, record));
                    true
                }
                _ => false,
            }
        });
        if members.is_empty() {
            self.users.remove(&user);
        }
        entries
    }

    /// Takes every session but one out of a user's index.
    pub(super) fn keep_only(&mut self, user: UserKey, keep: Option<StoreKey>) {
        if let Some(members) = self.users.get_mut(&user) {
            members.retain(|member| Some(member.key) == keep);
            if members.is_empty() {
                self.users.remove(&user);
            }
        }
    }

    /// Removes what has expired; answers how much.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let mut removed = 0;
        while let Some(Reverse((at, key))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            match self.stored.get(&key).map(|bytes| kept_until(bytes)) {
                Some(until) if until <= now => {
                    self.stored.remove(&key);
                    removed += 1;
                }
                Some(until) => self.due.push(Reverse((until, key))),
                None => {}
            }
        }
        removed
    }

    fn put(&mut self, key: StoreKey, bytes: Bytes) {
        let until = kept_until(&bytes);
        let before = self.stored.insert(key, bytes);
        if before.is_none_or(|before| until < kept_until(&before)) {
            self.due.push(Reverse((until, key)));
        }
    }

    fn enlist(&mut self, key: StoreKey, owner: &Owner) {
        let members = self.users.entry(owner.user).or_default();
        members.retain(|member| member.key != key);
        members.push(Member {
            key,
            absolute: owner.absolute,
        });
    }

    fn strike_out(&mut self, user: UserKey, key: StoreKey) {
        if let Some(members) = self.users.get_mut(&user) {
            members.retain(|member| member.key != key);
            if members.is_empty() {
                self.users.remove(&user);
            }
        }
    }

    /// Ends the session with the nearest absolute deadline if the user's index is full of live ones.
    fn make_room(&mut self, user: UserKey, now: Timestamp) {
        if self
            .users
            .get(&user)
            .is_none_or(|members| members.len() < MAX_SESSIONS_PER_USER)
        {
            return;
        }
        self.sessions_of(user, now);
        let Some(members) = self.users.get(&user) else {
            return;
        };
        if members.len() < MAX_SESSIONS_PER_USER {
            return;
        }
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
