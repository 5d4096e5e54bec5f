//! The sessions of a user in memory: listed, counted and ended.

use super::{Inner, MemoryStore};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{DeviceDigest, StoreKey, UserKey};
use crate::store::{Ended, Entry, Fate, Note, Revoked, UserIndex, Which};

impl UserIndex for MemoryStore {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        Ok(self.0.shard(user.tag()).sessions_of(user, now).collect())
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        Ok(self.0.end_some(user, Which::All, None, now).into_keys())
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        Ok(self.0.end_some(user, Which::Others(keep), None, now))
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let ended = self.0.end_some(user, Which::Session(key), None, now);
        Ok(if ended.into_keys().is_empty() {
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
        Ok(self
            .0
            .end_some(user, Which::Device(device), None, now)
            .into_keys())
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
    ) -> Revoked {
        let mut shard = self.shard(user.tag());
        if matches!(which, Which::Others(keep) if !shard.is_live(user, keep, now)) {
            return Revoked::Gone;
        }
        let ended = shard.end_where(
            user,
            |key, on| match which {
                Which::Session(meant) => key == meant,
                Which::Device(device) => on == device && device != DeviceDigest::NONE,
                Which::All => true,
                Which::Others(keep) => key != keep,
            },
            now,
        );
        if !ended.is_empty() {
            shard.remember(note, Fate::Landed(ended.clone()), now);
        }
        Revoked::Applied(ended)
    }
}
