//! The index of a user's sessions: list, count and end them, each in one script.

use keycard::store::{Ended, Entry, Note, Revoked, UserIndex, Which};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};

use crate::keys::SELECTOR_LEN;
use crate::reply;
use crate::scripts::{Call, Script};
use crate::store::RedisStore;

impl UserIndex for RedisStore {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        let call = self.of_user(&self.scripts().sessions_of, user, now);
        reply::entries(self.run(call).await?, user.tag())
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        Ok(self.end_some(user, Which::All, None, now).await?.into_keys())
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        self.end_some(user, Which::Others(keep), None, now).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let ended = self.end_some(user, Which::Session(key), None, now).await?;
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
            .end_some(user, Which::Device(device), None, now)
            .await?
            .into_keys())
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        let call = self.of_user(&self.scripts().count, user, now);
        reply::number(self.run(call).await?)
    }
}

impl RedisStore {
    /// Ends those sessions of a user that are meant; answers those that were live.
    pub(crate) async fn end_some(
        &self,
        user: UserKey,
        which: Which,
        note: Option<&Note>,
        now: Timestamp,
    ) -> Result<Revoked, StoreError> {
        let Some((meant, name)) = name_of(user, which) else {
            return Ok(Revoked::Applied(Vec::new()));
        };
        let call = self.of_user(&self.scripts().end_some, user, now);
        let call = self.remembering(call.bytes(meant).bytes(name), note);
        let call = self.counting(call, &[StoreKey::new(user.tag(), [0; SELECTOR_LEN])]);
        reply::revoked(self.run_durably(call).await?, user.tag())
    }

    fn of_user<'a>(&'a self, script: &'a Script, user: UserKey, now: Timestamp) -> Call<'a> {
        Call::of(script)
            .finding_others()
            .key(self.keys().index(user))
            .bytes(self.keys().sessions(user.tag()))
            .number(now.as_millis())
    }
}

/// Who is meant, as the script is told: a word of its own, and a name. `None` if nobody can be.
fn name_of(user: UserKey, which: Which) -> Option<(&'static str, Vec<u8>)> {
    let selector = |key: StoreKey| (key.tag() == user.tag()).then(|| key.selector().to_vec());
    match which {
        Which::Session(key) => Some(("session", selector(key)?)),
        Which::Device(DeviceDigest::NONE) => None,
        Which::Device(device) => Some(("device", device.to_bytes().to_vec())),
        Which::All => Some(("all", Vec::new())),
        Which::Others(keep) => Some(("others", selector(keep).unwrap_or_default())),
        _ => None,
    }
}
