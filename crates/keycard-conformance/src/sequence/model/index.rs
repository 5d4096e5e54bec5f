//! What the model knows of users.

use bytes::Bytes;
use keycard::store::{EndReason, Ended, Entry, Owner, Revoked};
use keycard::{DeviceDigest, StoreKey, Timestamp, UserKey};

use super::{Model, Worth, is_pending};
use crate::sequence::leaves::Login;

impl Model {
    /// By key, as all listings of the model.
    pub(crate) fn sessions_of(&self, user: UserKey, now: Timestamp) -> Vec<Entry> {
        self.of(user)
            .into_iter()
            .filter_map(|key| match self.worth(key, now) {
                Worth::Live(record) => (!is_pending(&record)).then(|| Entry::new(key, record)),
                Worth::Ended | Worth::Over | Worth::Unknown => None,
            })
            .collect()
    }

    pub(crate) fn end_all(&mut self, user: UserKey, now: Timestamp) -> Vec<StoreKey> {
        self.end_each(self.of(user), now)
    }

    pub(crate) fn end_others(&mut self, user: UserKey, keep: StoreKey, now: Timestamp) -> Revoked {
        let mut keys = self.of(user);
        if !keys.contains(&keep) || !matches!(self.worth(keep, now), Worth::Live(_)) {
            return Revoked::Gone;
        }
        keys.retain(|key| *key != keep);
        Revoked::Applied(self.end_each(keys, now))
    }

    pub(crate) fn end_one(&mut self, user: UserKey, key: StoreKey, now: Timestamp) -> Ended {
        let mut keys = self.of(user);
        keys.retain(|theirs| *theirs == key);
        if self.end_each(keys, now).is_empty() {
            Ended::Absent
        } else {
            Ended::Applied
        }
    }

    pub(crate) fn end_device(
        &mut self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Vec<StoreKey> {
        let mut keys = self.of(user);
        keys.retain(|key| device != DeviceDigest::NONE && self.known[key].device == device);
        self.end_each(keys, now)
    }

    fn end_each(&mut self, keys: Vec<StoreKey>, now: Timestamp) -> Vec<StoreKey> {
        let mut ended = Vec::new();
        for key in keys {
            if matches!(self.worth(key, now), Worth::Live(_)) {
                self.entomb(key, now);
                ended.push(key);
            } else if let Some(known) = self.known.get_mut(&key).filter(|known| known.ended.is_none()) {
                known.unclear = true;
            }
        }
        self.count(EndReason::Revoked, ended.len());
        ended
    }

    /// The keys of a user's sessions, live or not.
    pub(crate) fn of(&self, user: UserKey) -> Vec<StoreKey> {
        let theirs = self.known.iter().filter(|(_, known)| known.user == Some(user));
        theirs.map(|(key, _)| *key).collect()
    }

    pub(super) fn displaced(
        &self,
        owner: Option<Owner>,
        record: &Bytes,
        stay: Vec<StoreKey>,
        now: Timestamp,
    ) -> Option<Vec<StoreKey>> {
        let Some(owner) = owner else {
            return Some(Vec::new());
        };
        let record = record.clone();
        let login = Login {
            owner,
            record,
            stay,
            now,
        };
        (self.leaves)(self, &login)
    }
}
