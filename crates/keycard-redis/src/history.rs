//! Histories: notes that the scripts remember, read and forgotten by one command each.

use keycard::store::{History, Note, Noted, Retention, Revoked, Which};
use keycard::{StoreError, Timestamp, UserKey};

use crate::calls::millis;
use crate::reply;
use crate::scripts::Call;
use crate::store::RedisStore;

impl History for RedisStore {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        let last = (retention.notes() - 1).to_string();
        let range = ["LRANGE", &self.keys().history(user), "0", &last];
        let mut noted = reply::noted(self.ask(&range).await?, user.tag())?;
        noted.retain(|noted| now < noted.at.after(retention.age()));
        Ok(noted)
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        self.end_some(note.user, which, Some(&note), now).await
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        let forget = ["DEL", &self.keys().history(user)];
        reply::number(self.ask(&forget).await?).map(drop)
    }
}

impl RedisStore {
    /// Adds what a script is to remember, and where: the history comes before the index, if there is one.
    pub(crate) fn remembering<'a>(&self, call: Call<'a>, note: Option<&Note>) -> Call<'a> {
        let Some(Note {
            user,
            bytes,
            retention,
            ..
        }) = note
        else {
            return call.bytes("");
        };
        let most = u16::try_from(retention.notes()).unwrap_or(u16::MAX);
        let age = millis(retention.age());
        call.key(self.keys().history(*user))
            .bytes([&most.to_be_bytes()[..], &age.to_be_bytes(), bytes].concat())
    }
}
