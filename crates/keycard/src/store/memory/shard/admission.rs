//! Who leaves for a login.

use super::Shard;
use crate::clock::Timestamp;
use crate::id::{DeviceDigest, StoreKey, UserKey};
use crate::store::{
    Create, EndReason, Ended, Fate, Loaded, MAX_SESSIONS_PER_USER, Owner, SessionLimit, frame,
};

impl Shard {
    /// Who leaves for a new session, apart from the one that it replaces; `None` if its limit refuses it.
    pub(in crate::store::memory) fn displaced_by(
        &self,
        create: &Create,
        old: Option<StoreKey>,
    ) -> Option<Vec<StoreKey>> {
        let of = |owner| self.displaced(&owner, &create.record, old, create.now);
        create.owner.map_or_else(|| Some(Vec::new()), of)
    }

    /// Answers all who have left for the session.
    pub(in crate::store::memory) fn insert(
        &mut self,
        create: &Create,
        old: Option<StoreKey>,
        mut displaced: Vec<StoreKey>,
    ) -> Vec<StoreKey> {
        self.end_each(&displaced, create.now);
        if let Some(owner) = &create.owner {
            displaced.extend(self.make_room(owner.user, old, create.now));
        }
        if create.owner.is_some() && !frame::is_pending(&create.record) {
            self.logins += 1;
        }
        self.put(create.key, create.record.clone(), create.owner);
        self.remember(create.note.as_ref(), Fate::Landed(displaced.clone()), create.now);
        displaced
    }

    /// Who leaves for a record that is written with this owner: those on its device, and the first of the others while
    /// they are too many. `None` if the limit refuses it. `stays` counts for nothing.
    pub(super) fn displaced(
        &self,
        owner: &Owner,
        record: &[u8],
        stays: Option<StoreKey>,
        now: Timestamp,
    ) -> Option<Vec<StoreKey>> {
        let has_device = owner.device != DeviceDigest::NONE;
        if frame::is_pending(record) || !has_device && owner.limit.is_none() {
            return Some(Vec::new());
        }
        let (on_device, mut others): (Vec<_>, Vec<_>) = self
            .sessions_of(owner.user, now)
            .filter(|entry| Some(entry.key) != stays)
            .partition(|entry| has_device && self.device_of(entry.key) == owner.device);
        let mut displaced: Vec<StoreKey> = on_device.into_iter().map(|entry| entry.key).collect();
        let room = owner.limit.map_or(usize::MAX, SessionLimit::sessions);
        let excess = (others.len() + 1).saturating_sub(room);
        if excess > 0 {
            let place = owner.limit?.leaves_first()?;
            let youngest = Timestamp::from_millis(u64::MAX);
            others.sort_by_key(|entry| {
                let time = frame::time(&entry.record, place.clone());
                (time.unwrap_or(youngest), entry.key)
            });
            displaced.extend(others.iter().take(excess).map(|entry| entry.key));
        }
        Some(displaced)
    }

    pub(super) fn end_each(&mut self, keys: &[StoreKey], now: Timestamp) {
        for key in keys {
            let _: Ended = self.end(*key, EndReason::Displaced, now);
        }
    }

    /// Ends a session of a user whose index is full: one that has expired, or else the one with the nearest absolute
    /// deadline, which is answered. `old` leaves anyway.
    fn make_room(&mut self, user: UserKey, old: Option<StoreKey>, now: Timestamp) -> Option<StoreKey> {
        let staying = || self.keys_of(user).filter(|key| Some(*key) != old);
        if staying().count() < MAX_SESSIONS_PER_USER {
            return None;
        }
        let expired = staying().find(|key| self.load(*key, now) == Loaded::Absent);
        let leaves = expired.or_else(|| staying().next())?;
        let ended = self.end(leaves, EndReason::Displaced, now);
        (ended == Ended::Applied).then_some(leaves)
    }
}
