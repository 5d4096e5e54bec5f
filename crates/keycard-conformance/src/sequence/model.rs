//! The contract of [`keycard::store`] as a map: small enough to be seen to be right.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use keycard::store::frame::{EXPIRES, HEADER_LEN, REVISION, SEEN, TOMBSTONE_LIFE, VERSION};
use keycard::store::{
    Create, Created, End, Ended, Entry, Loaded, Owner, Replace, Replaced, Touch, Touched, Update, Updated,
};
use keycard::{Revision, StoreKey, Timestamp, UserKey};

/// What is known of every key that a write has named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model(pub(crate) BTreeMap<StoreKey, Known>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What was written last; empty if nothing was.
    pub(crate) record: Bytes,
    /// In whose index the session stands.
    pub(crate) user: Option<UserKey>,
    /// Until when the tombstone counts, if the session has ended.
    pub(crate) ended: Option<Timestamp>,
    /// It had expired when `end_all` came, which leaves a tombstone if the store still has what expired.
    unclear: bool,
}

/// What a key is worth at a moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    Live(Bytes),
    Ended,
    /// Expired, or ended for longer than a tombstone counts. Whether the store still has it is its own affair.
    Over,
    Unknown,
}

impl Model {
    pub(crate) fn worth(&self, key: StoreKey, now: Timestamp) -> Worth {
        let Some(known) = self.0.get(&key) else {
            return Worth::Unknown;
        };
        match known.ended {
            _ if known.unclear => Worth::Over,
            Some(until) if now < until => Worth::Ended,
            None if !is_readable(&known.record) || now < time(&known.record, EXPIRES) => {
                Worth::Live(known.record.clone())
            }
            _ => Worth::Over,
        }
    }

    /// Whether there was a session under this key, which is neither live nor marked by a tombstone any more.
    pub(crate) fn is_over(&self, key: StoreKey, now: Timestamp) -> bool {
        self.worth(key, now) == Worth::Over
    }

    /// The revision that was written last, if anything was.
    pub(crate) fn newest(&self, key: StoreKey) -> Option<Revision> {
        self.0.get(&key).and_then(|known| revision(&known.record))
    }

    pub(crate) fn load(&self, key: StoreKey, now: Timestamp) -> Loaded {
        match self.worth(key, now) {
            Worth::Live(record) => Loaded::Live(record),
            Worth::Ended => Loaded::Ended,
            Worth::Over | Worth::Unknown => Loaded::Absent,
        }
    }

    /// What a store found under a key, or what is as right as that.
    pub(crate) fn as_good_as(&self, key: StoreKey, found: Loaded) -> Loaded {
        match self.0.get(&key) {
            Some(known) if known.unclear && found == Loaded::Ended => Loaded::Absent,
            _ => found,
        }
    }

    pub(crate) fn create(&mut self, create: &Create) -> Created {
        if self.bears(create.key, &create.record, create.now) {
            return Created::Applied;
        }
        match self.worth(create.key, create.now) {
            Worth::Live(_) | Worth::Ended => Created::Refused,
            Worth::Over | Worth::Unknown => {
                self.0.insert(create.key, Known::default());
                self.write(create.key, create.record.clone(), create.owner);
                Created::Applied
            }
        }
    }

    pub(crate) fn update(&mut self, update: &Update) -> Updated {
        if self.bears(update.key, &update.record, update.now) {
            return Updated::Applied;
        }
        match self.worth(update.key, update.now) {
            Worth::Live(stored) if revision(&stored) != Some(update.expected) => Updated::Conflict(stored),
            Worth::Live(_) => {
                self.write(update.key, update.record.clone(), update.owner);
                Updated::Applied
            }
            Worth::Ended | Worth::Over | Worth::Unknown => Updated::Gone,
        }
    }

    pub(crate) fn touch(&mut self, touch: &Touch) -> Touched {
        match self.worth(touch.key, touch.now) {
            Worth::Live(stored) if revision(&stored) != Some(touch.expected) => Touched::Changed,
            Worth::Live(stored) => {
                let mut record = stored.to_vec();
                for (place, moved) in [(SEEN, touch.seen), (EXPIRES, touch.expires)] {
                    let later = moved.max(time(&stored, place.clone()));
                    record[place].copy_from_slice(&later.as_millis().to_be_bytes());
                }
                self.write(touch.key, record.into(), None);
                Touched::Applied
            }
            Worth::Ended | Worth::Over | Worth::Unknown => Touched::Gone,
        }
    }

    pub(crate) fn replace(&mut self, replace: &Replace) -> Replaced {
        let Replace {
            old, expected, new, ..
        } = replace;
        if self.bears(new.key, &new.record, new.now) {
            return Replaced::Applied;
        }
        match self.worth(*old, new.now) {
            Worth::Live(stored) if revision(&stored) != Some(*expected) => Replaced::Conflict(stored),
            Worth::Live(_) if self.create(new) == Created::Refused => Replaced::Refused,
            Worth::Live(_) => {
                self.entomb(*old, new.now);
                Replaced::Applied
            }
            Worth::Ended | Worth::Over | Worth::Unknown => Replaced::Gone,
        }
    }

    pub(crate) fn end(&mut self, end: &End) -> Ended {
        let worth = self.worth(end.key, end.now);
        if worth != Worth::Ended {
            self.entomb(end.key, end.now);
        }
        if matches!(worth, Worth::Live(_)) {
            Ended::Applied
        } else {
            Ended::Absent
        }
    }

    /// By key, as all listings of the model.
    pub(crate) fn sessions_of(&self, user: UserKey, now: Timestamp) -> Vec<Entry> {
        self.of(user)
            .into_iter()
            .filter_map(|key| match self.worth(key, now) {
                Worth::Live(record) => Some(Entry::new(key, record)),
                Worth::Ended | Worth::Over | Worth::Unknown => None,
            })
            .collect()
    }

    pub(crate) fn end_all(&mut self, user: UserKey, keep: Option<StoreKey>, now: Timestamp) -> Vec<StoreKey> {
        let mut ended = Vec::new();
        for key in self.of(user).into_iter().filter(|key| Some(*key) != keep) {
            if matches!(self.worth(key, now), Worth::Live(_)) {
                self.entomb(key, now);
                ended.push(key);
            } else if let Some(known) = self.0.get_mut(&key).filter(|known| known.ended.is_none()) {
                known.unclear = true;
            }
        }
        ended
    }

    /// Whether this very record is there already: the answer to an earlier write was lost.
    fn bears(&self, key: StoreKey, record: &Bytes, now: Timestamp) -> bool {
        let written = revision(record);
        matches!(self.worth(key, now), Worth::Live(stored) if written.is_some() && revision(&stored) == written)
    }

    /// The keys of a user's sessions, live or not.
    pub(crate) fn of(&self, user: UserKey) -> Vec<StoreKey> {
        let theirs = self.0.iter().filter(|(_, known)| known.user == Some(user));
        theirs.map(|(key, _)| *key).collect()
    }

    pub(crate) fn write(&mut self, key: StoreKey, record: Bytes, owner: Option<Owner>) {
        let known = self.0.entry(key).or_default();
        known.record = record;
        known.user = owner.map(|owner| owner.user).or(known.user);
    }

    pub(crate) fn entomb(&mut self, key: StoreKey, now: Timestamp) {
        let known = self.0.entry(key).or_default();
        if !known.unclear {
            known.ended = Some(now.after(TOMBSTONE_LIFE));
        }
    }
}

/// Bytes of another version are kept as they are: nobody knows what they mean.
fn is_readable(record: &Bytes) -> bool {
    record.len() >= HEADER_LEN && record[0] == VERSION
}

fn revision(record: &Bytes) -> Option<Revision> {
    is_readable(record).then(|| Revision::from_bytes(record[REVISION].try_into().expect("eight bytes")))
}

fn time(record: &Bytes, place: Range<usize>) -> Timestamp {
    Timestamp::from_millis(u64::from_be_bytes(record[place].try_into().expect("eight bytes")))
}
