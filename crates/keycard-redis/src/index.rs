//! The index of a user's sessions: list, count and end them, each in one script.

use keycard::store::{Ended, Entry, UserIndex};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};

use crate::keys::{SELECTOR_LEN, TAG_LEN};
use crate::reply;
use crate::scripts::{Call, Script};
use crate::store::RedisStore;

impl UserIndex for RedisStore {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        let call = self.of_user(&self.scripts().sessions_of, user, now);
        reply::entries(self.run(call).await?, user.tag())
    }

    async fn end_all(
        &self,
        user: UserKey,
        keep: Option<StoreKey>,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let keep = keep.filter(|keep| keep.tag() == user.tag());
        let keep = keep.map_or_else(Vec::new, |keep| keep.selector().to_vec());
        self.end_some(user, "others", keep, now).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        if key.tag() != user.tag() {
            return Ok(Ended::Absent);
        }
        let ended = self.end_some(user, "session", key.selector(), now).await?;
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
        if device == DeviceDigest::NONE {
            return Ok(Vec::new());
        }
        self.end_some(user, "device", device.to_bytes(), now).await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        let call = self.of_user(&self.scripts().count, user, now);
        reply::number(self.run(call).await?)
    }
}

impl RedisStore {
    /// Ends the sessions of a user that are meant by a word of the script's and a name.
    async fn end_some(
        &self,
        user: UserKey,
        meant: &'static str,
        name: impl AsRef<[u8]>,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let call = self.of_user(&self.scripts().end_some, user, now);
        let call = call.bytes(meant).bytes(name.as_ref().to_vec());
        let call = self.noting(
            call,
            &[&StoreKey::new(user.tag(), [0; SELECTOR_LEN]).to_bytes()[..TAG_LEN]],
        );
        reply::keys(self.run(call).await?, user.tag())
    }

    fn of_user<'a>(&'a self, script: &'a Script, user: UserKey, now: Timestamp) -> Call<'a> {
        Call::of(script)
            .key(self.keys().index(user))
            .bytes(self.keys().sessions(user.tag()))
            .number(now.as_millis())
    }
}
