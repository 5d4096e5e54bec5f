//! A session that replaces one of another slot, where no script can write both.
//!
//! The successor is written first and handed out last: a crash in between leaves the old session, and an orphan that nobody
//! holds and that expires.

use keycard::store::{Create, Created, End, EndReason, Loaded, Owner, Replace, Replaced, Updated, frame};
use keycard::{DeviceDigest, StoreError};
use redis::Value;
use tokio::time::Instant;

use crate::calls::member;
use crate::reply;
use crate::scripts::Call;
use crate::store::RedisStore;

impl RedisStore {
    /// Creates the new session, then ends the old one if it still bears the revision that was read; else takes the new one
    /// back. Who is displaced for it, and the note that its own drives out of a history, are not brought back: for their sake
    /// the old session is looked at before, and only what changes in between is too late.
    pub(crate) async fn replace_across(&self, replace: Replace) -> Result<Replaced, StoreError> {
        let by = self.servers().by();
        let new = &replace.new;
        let may_displace = |owner: Owner| owner.limit.is_some() || owner.device != DeviceDigest::NONE;
        if (new.note.is_some() || new.owner.is_some_and(may_displace))
            && let Some(outcome) = self.forestalled(&replace, by).await?
        {
            return Ok(outcome);
        }
        let answer = self.run_by(self.creation(new), by).await?;
        let was_there = reply::is_found(&answer);
        let displaced = match reply::created(answer, new.key.tag())? {
            Created::Applied => Vec::new(),
            Created::Displaced(keys) => keys,
            Created::LimitReached => return Ok(Replaced::LimitReached),
            Created::Refused | _ => {
                return Ok(self.forestalled(&replace, by).await?.unwrap_or(Replaced::Refused));
            }
        };
        let end = End::new(replace.old, replace.old_owner, new.now).because(EndReason::Replaced);
        let ended = self.run_by(self.ending(end, Some(replace.expected)), by).await?;
        let outcome = match reply::updated(ended, replace.old.tag())? {
            Updated::Conflict(newest) => Replaced::Conflict(newest),
            Updated::Gone if !was_there => Replaced::Gone,
            // If the new session was there already, the old one has made way for it before.
            Updated::Applied | Updated::Gone | _ => return Ok(Replaced::applied(displaced)),
        };
        reply::done(self.run_by(self.withdrawal(new), by).await?)?;
        Ok(outcome)
    }

    /// What becomes of it if the old session does not bear the revision any more.
    async fn forestalled(&self, replace: &Replace, by: Instant) -> Result<Option<Replaced>, StoreError> {
        let Replace { old, new, .. } = replace;
        let names = [self.keys().session(*old), self.keys().session(new.key)];
        let gets = names.each_ref().map(|name| ["GET", name]);
        let mut stored = self.servers().ask_all(&gets, by).await?.into_iter();
        let mut loaded = || reply::loaded(stored.next().unwrap_or(Value::Nil), new.now);
        let revision = frame::revision(&new.record);
        Ok(match (loaded()?, loaded()?) {
            (Loaded::Live(record), _) if frame::revision(&record) == Some(replace.expected) => None,
            (_, Loaded::Live(record)) if frame::revision(&record) == revision => Some(Replaced::Applied),
            (Loaded::Live(record), _) => Some(Replaced::Conflict(record)),
            _ => Some(Replaced::Gone),
        })
    }

    fn withdrawal(&self, create: &Create) -> Call<'_> {
        let mut call = Call::of(&self.scripts().withdraw)
            .key(self.keys().session(create.key))
            .bytes(create.record.get(frame::REVISION).unwrap_or_default());
        call = self.remembering(call, create.note.as_ref());
        call = match create.owner {
            Some(owner) => call
                .key(self.keys().index(owner.user))
                .bytes(member(create.key, owner)),
            None => call.bytes(""),
        };
        self.counting(call, &[create.key])
    }
}
