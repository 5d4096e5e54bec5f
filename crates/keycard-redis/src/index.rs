//! The index of a user's sessions: list, count and end them, each in one script.

use keycard::store::{Entry, UserIndex};
use keycard::{StoreError, StoreKey, Timestamp, UserKey};

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
        let keep = keep
            .filter(|keep| keep.tag() == user.tag())
            .map(|keep| keep.selector().to_vec());
        let call = self
            .of_user(&self.scripts().end_all, user, now)
            .bytes(keep.unwrap_or_default());
        reply::keys(self.run(call).await?, user.tag())
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        let call = self.of_user(&self.scripts().count, user, now);
        reply::number(self.run(call).await?)
    }
}

impl RedisStore {
    fn of_user<'a>(&'a self, script: &'a Script, user: UserKey, now: Timestamp) -> Call<'a> {
        Call::of(script)
            .key(self.keys().index(user))
            .bytes(self.keys().sessions(user.tag()))
            .number(now.as_millis())
    }
}
