//! The contract of [`keycard::store`] as a map: small enough to be seen to be right.

mod history;
mod index;

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use keycard::store::frame::{EXPIRES, FLAGS, HEADER_LEN, PENDING, REVISION, SEEN, TOMBSTONE_LIFE, VERSION};
use keycard::store::{
    Create, Created, End, EndReason, Ended, Fate, Figures, Loaded, Noted, Owner, Replace, Replaced, Touch,
    Touched, Update, Updated,
};
use keycard::{DeviceDigest, Revision, StoreKey, Timestamp, UserKey};

use super::leaves::{Leaves, leaves};

/// What is known of every key that a write has named.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) known: BTreeMap<StoreKey, Known>,
    pub(crate) leaves: Leaves,
    /// What was counted, but for the active sessions.
    pub(crate) figures: Figures,
    /// Of each user, the newest note first.
    pub(crate) histories: BTreeMap<UserKey, Vec<Noted>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What was written last; empty if nothing was.
    pub(crate) record: Bytes,
    /// The revision before.
    earlier: Option<Revision>,
    /// In whose index the session stands.
    pub(crate) user: Option<UserKey>,
    pub(crate) device: DeviceDigest,
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

impl Default for Model {
    fn default() -> Self {
        Self::by(leaves)
    }
}

impl Model {
    pub(crate) fn by(leaves: Leaves) -> Self {
        Self {
            known: BTreeMap::new(),
            leaves,
            figures: Figures::default(),
            histories: BTreeMap::new(),
        }
    }

    pub(crate) fn worth(&self, key: StoreKey, now: Timestamp) -> Worth {
        let Some(known) = self.known.get(&key) else {
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
        self.known.get(&key).and_then(|known| revision(&known.record))
    }

    /// A revision that the session had before its newest one.
    pub(crate) fn earlier(&self, key: StoreKey) -> Option<Revision> {
        self.known.get(&key)?.earlier
    }

    pub(crate) fn statistics(&self, now: Timestamp) -> Figures {
        let keys = self.known.keys();
        let active =
            keys.filter(|key| matches!(self.worth(**key, now), Worth::Live(record) if is_readable(&record)));
        let mut figures = self.figures.clone();
        figures.active_sessions = active.count() as u64;
        figures
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
        match self.known.get(&key) {
            Some(known) if known.unclear && found == Loaded::Ended => Loaded::Absent,
            _ => found,
        }
    }

    pub(crate) fn create(&mut self, create: &Create) -> Created {
        self.begin(create, vec![create.key])
    }

    fn begin(&mut self, create: &Create, stay: Vec<StoreKey>) -> Created {
        if self.bears(create.key, &create.record, create.now) {
            return Created::Applied;
        }
        match self.worth(create.key, create.now) {
            Worth::Live(_) | Worth::Ended => Created::Refused,
            Worth::Over | Worth::Unknown => {
                let Some(displaced) = self.displaced(create.owner, &create.record, stay, create.now) else {
                    self.remember(create.note.as_ref(), Fate::Refused, create.now);
                    return Created::LimitReached;
                };
                self.known.insert(create.key, Known::default());
                self.figures.logins += u64::from(create.owner.is_some() && !is_pending(&create.record));
                self.write(create.key, create.record.clone(), create.owner);
                self.entomb_each(&displaced, create.now);
                self.remember(create.note.as_ref(), Fate::Landed(displaced.clone()), create.now);
                Created::applied(displaced)
            }
        }
    }

    pub(crate) fn update(&mut self, update: &Update) -> Updated {
        if self.bears(update.key, &update.record, update.now) {
            return Updated::Applied;
        }
        match self.worth(update.key, update.now) {
            Worth::Live(stored) if revision(&stored) != Some(update.expected) => Updated::Conflict(stored),
            Worth::Live(stored) => {
                let stay = vec![update.key];
                let Some(displaced) = self.displaced(update.owner, &update.record, stay, update.now) else {
                    self.remember(update.note.as_ref(), Fate::Refused, update.now);
                    return Updated::LimitReached;
                };
                self.figures.logins += u64::from(is_pending(&stored) && !is_pending(&update.record));
                self.write(update.key, update.record.clone(), update.owner);
                self.entomb_each(&displaced, update.now);
                self.remember(update.note.as_ref(), Fate::Landed(displaced.clone()), update.now);
                Updated::applied(displaced)
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
            Worth::Live(_) => {
                let displaced = match self.begin(new, vec![new.key, *old]) {
                    Created::Applied => Vec::new(),
                    Created::Displaced(keys) => keys,
                    Created::LimitReached => return Replaced::LimitReached,
                    Created::Refused | _ => return Replaced::Refused,
                };
                self.entomb(*old, new.now);
                self.count(EndReason::Replaced, 1);
                Replaced::applied(displaced)
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
            self.count(end.reason, 1);
            self.remember(end.note.as_ref(), Fate::Landed(Vec::new()), end.now);
            Ended::Applied
        } else {
            Ended::Absent
        }
    }

    /// Whether this very record is there already: the answer to an earlier write was lost.
    fn bears(&self, key: StoreKey, record: &Bytes, now: Timestamp) -> bool {
        let written = revision(record);
        matches!(self.worth(key, now), Worth::Live(stored) if written.is_some() && revision(&stored) == written)
    }

    pub(crate) fn write(&mut self, key: StoreKey, record: Bytes, owner: Option<Owner>) {
        let known = self.known.entry(key).or_default();
        let before = revision(&known.record);
        if before != revision(&record) {
            known.earlier = before;
        }
        known.record = record;
        if let Some(owner) = owner {
            (known.user, known.device) = (Some(owner.user), owner.device);
        }
    }

    /// They have left for a login.
    pub(crate) fn entomb_each(&mut self, keys: &[StoreKey], now: Timestamp) {
        for key in keys {
            self.entomb(*key, now);
        }
        self.count(EndReason::Displaced, keys.len());
    }

    fn count(&mut self, reason: EndReason, ended: usize) {
        if ended > 0 {
            *self.figures.ended.entry(reason).or_default() += ended as u64;
        }
    }

    pub(crate) fn entomb(&mut self, key: StoreKey, now: Timestamp) {
        let known = self.known.entry(key).or_default();
        if !known.unclear {
            known.ended = Some(now.after(TOMBSTONE_LIFE));
        }
    }
}

pub(super) fn is_pending(record: &Bytes) -> bool {
    is_readable(record) && record[FLAGS] & PENDING != 0
}

/// Bytes of another version are kept as they are: nobody knows what they mean.
pub(super) fn is_readable(record: &Bytes) -> bool {
    record.len() >= HEADER_LEN && record[0] == VERSION
}

fn revision(record: &Bytes) -> Option<Revision> {
    is_readable(record).then(|| Revision::from_bytes(record[REVISION].try_into().expect("eight bytes")))
}

pub(super) fn time(record: &Bytes, place: Range<usize>) -> Timestamp {
    Timestamp::from_millis(u64::from_be_bytes(record[place].try_into().expect("eight bytes")))
}
