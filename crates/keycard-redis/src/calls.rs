//! The calls of scripts that write sessions.

use std::time::Duration;

use keycard::store::{Create, End, Owner, Replace, SessionLimit, Touch, Update, frame};
use keycard::{Revision, StoreKey, Timestamp};

use crate::scripts::{Call, INDEX_SLACK};
use crate::store::RedisStore;

/// The longest TTL: the server adds the time to it, and the sum must not overflow.
const LONGEST_LIFE: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

impl RedisStore {
    pub(crate) fn creation(&self, create: &Create) -> Call<'_> {
        let Create { key, now, .. } = *create;
        let mut call = Call::of(&self.scripts().create)
            .key(self.keys().session(key))
            .bytes(&create.record)
            .number(millis(frame::ttl(&create.record, now)))
            .number(now.as_millis());
        call = self.remembering(call, create.note.as_ref());
        if let Some(owner) = create.owner {
            call = self.enter(call, key, owner, now);
        }
        self.counting(call, &[key])
    }

    pub(crate) fn alteration(&self, update: Update) -> Call<'_> {
        let Update {
            key,
            expected,
            record,
            owner,
            note,
            now,
            ..
        } = update;
        let life = millis(frame::ttl(&record, now));
        let mut call = Call::of(&self.scripts().update)
            .key(self.keys().session(key))
            .bytes(record)
            .number(life)
            .bytes(expected.to_bytes())
            .number(now.as_millis());
        call = self.remembering(call, note.as_ref());
        if let Some(owner) = owner {
            call = self.enter(call, key, owner, now);
        }
        self.counting(call, &[key])
    }

    pub(crate) fn touching(&self, touch: Touch) -> Call<'_> {
        let life = touch.expires.since(touch.now) + frame::TTL_SLACK;
        let call = Call::of(&self.scripts().touch)
            .key(self.keys().session(touch.key))
            .bytes(touch.expected.to_bytes())
            .number(touch.now.as_millis())
            .bytes(touch.seen.as_millis().to_be_bytes())
            .bytes(touch.expires.as_millis().to_be_bytes())
            .number(millis(life));
        self.counting(call, &[touch.key])
    }

    pub(crate) fn replacement(&self, replace: &Replace) -> Call<'_> {
        let Replace { old, new, .. } = replace;
        let Create { key, now, .. } = *new;
        let mut call = Call::of(&self.scripts().replace)
            .key(self.keys().session(*old))
            .key(self.keys().session(key))
            .bytes(&new.record)
            .number(millis(frame::ttl(&new.record, now)))
            .bytes(replace.expected.to_bytes())
            .number(now.as_millis());
        call = self.remembering(call, new.note.as_ref());
        call = match replace.old_owner {
            Some(owner) => call.key(self.keys().index(owner.user)).bytes(member(*old, owner)),
            None => call.bytes(""),
        };
        if let Some(owner) = new.owner {
            call = self.enter(call, key, owner, now);
        }
        self.counting(call, &[*old, key])
    }

    /// Of a session at whatever revision, or only at one.
    pub(crate) fn ending(&self, end: End, expected: Option<Revision>) -> Call<'_> {
        let mut call = Call::of(&self.scripts().end)
            .key(self.keys().session(end.key))
            .number(end.now.as_millis());
        call = self.remembering(call, end.note.as_ref());
        call = match expected {
            Some(revision) => call.bytes(revision.to_bytes()),
            None => call.bytes(""),
        };
        if let Some(owner) = end.owner {
            call = call
                .key(self.keys().index(owner.user))
                .bytes(member(end.key, owner));
        }
        if self.keeps_statistics() {
            call = call.bytes(end.reason.name());
        }
        self.counting(call, &[end.key])
    }

    /// Adds the sessions that a script counts, if it counts.
    pub(crate) fn counting<'a>(&self, call: Call<'a>, keys: &[StoreKey]) -> Call<'a> {
        if !self.keeps_statistics() {
            return call;
        }
        let counted = |call: Call<'a>, key: &StoreKey| call.bytes(self.keys().counted(*key));
        keys.iter().fold(call.finding_others(), counted)
    }

    /// Adds the index to write an entry to, and the entry: the last arguments of a script that writes one.
    fn enter<'a>(&self, call: Call<'a>, key: StoreKey, owner: Owner, now: Timestamp) -> Call<'a> {
        let limit = owner.limit.map(|limit| limit.sessions().to_string());
        let leaves_first = owner.limit.and_then(SessionLimit::leaves_first);
        call.finding_others()
            .key(self.keys().index(owner.user))
            .bytes(self.keys().sessions(owner.user.tag()))
            .bytes(member(key, owner))
            .number(owner.absolute.as_millis())
            .number(millis(owner.absolute.since(now) + INDEX_SLACK))
            .bytes(limit.unwrap_or_default())
            .bytes(leaves_first.map_or_else(String::new, |place| place.start.to_string()))
    }
}

/// A session's entry in an index: selector ‖ device digest.
pub(crate) fn member(key: StoreKey, owner: Owner) -> Vec<u8> {
    [&key.selector()[..], &owner.device.to_bytes()[..]].concat()
}

pub(crate) fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).map_or(LONGEST_LIFE, |life| life.min(LONGEST_LIFE))
}
