//! The sessions of a user in memory: listed, counted and ended.

use super::{Inner, MemoryStore};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{DeviceDigest, StoreKey, UserKey};
use crate::store::{Ended, Entry, Fate, Note, UserIndex, Which};

impl UserIndex for MemoryStore {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        Ok(self.0.shard(user.tag()).sessions_of(user, now).collect())
    }

    async fn end_all(
        &self,
        user: UserKey,
        keep: Option<StoreKey>,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        Ok(self.0.end_some(user, Which::AllBut(keep), None, now))
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let ended = self.0.end_some(user, Which::Session(key), None, now);
        Ok(if ended.is_empty() {
            Ended::Absent
        } else {
            Ended::Applied
        })
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        Ok(self.0.end_some(user, Which::Device(device), None, now))
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.0.shard(user.tag()).sessions_of(user, now).count())
    }
}

impl Inner {
    /// Ends those sessions of a user that are meant; answers those that were live.
    pub(super) fn end_some(
        &self,
        user: UserKey,
        which: Which,
        note: Option<&Note>,
        now: Timestamp,
    ) -> Vec<StoreKey> {
        let mut shard = self.shard(user.tag());
        let ended = shard.end_where(
            user,
            |key, on| match which {
                Which::Session(meant) => key == meant,
                Which::Device(device) => on == device && device != DeviceDigest::NONE,
                Which::AllBut(keep) => Some(key) != keep,
            },
            now,
        );
        if !ended.is_empty() {
            shard.remember(note, Fate::Landed(ended.clone()), now);
        }
        ended
    }
}
