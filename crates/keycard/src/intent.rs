//! What a request wants changed: a list that can be replayed on a newer record, and the pure functions that replay it.

mod login;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::login::{Identity, Login, LoginKind, Standing};
use crate::clock::Timestamp;
use crate::factor::Factor;
use crate::key::UserId;
use crate::policy::Rules;
use crate::record::{Data, Metadata, Record};
use crate::request::Binding;

/// One change of a session that stays the same session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Set(String, Vec<u8>),
    Remove(String),
    Clear,
    Extend(Duration),
    SetIdle(Duration),
}

/// All that a request has asked for since the last commit. Independent facts, not one status: each combination means
/// something, and [`decide`](crate::policy::decide) says what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) end: bool,
    /// On the heap: most requests have none, and each has an intent.
    pub(crate) login: Option<Box<Login>>,
    pub(crate) rotate: bool,
    /// Factors that the user has proved since the login, each with the client that the session is bound to by it.
    proved: Vec<(Factor, Binding)>,
    /// The user's roles from now on.
    roles: Option<Vec<Arc<str>>>,
    changes: Vec<Change>,
    /// How many of the changes were made before the login.
    before_login: usize,
}

impl Intent {
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Logs `login.user` in over whoever is logged in so far, by this request or before it.
    pub(crate) fn log_in(&mut self, mut login: Login, current: Option<&UserId>) {
        login.drop_data |= current.is_some_and(|current| *current != login.user);
        self.set_login(login, 0);
    }

    /// The login that counts from now on; `before` of the changes that follow were made before it.
    fn set_login(&mut self, mut login: Login, before: usize) {
        if let Some(earlier) = &self.login {
            login.drop_data |= earlier.user != login.user;
        }
        if login.drop_data {
            self.changes.clear();
        }
        // What an earlier login begins goes on to begin.
        if login.kind == LoginKind::Again && self.begins_session() {
            login.kind = LoginKind::Complete;
        }
        // What an earlier login has dropped stays dropped.
        login.drop_data |= self.login.as_ref().is_some_and(|earlier| earlier.drop_data);
        self.before_login = self.changes.len() + before;
        // They were proved by whoever was there before.
        self.proved.clear();
        self.roles = None;
        self.login = Some(Box::new(login));
    }

    /// What is left when the login does not come about: all that was asked for before it.
    pub(crate) fn without_login(mut self) -> Self {
        self.changes.truncate(self.before_login);
        Self {
            end: self.end,
            rotate: self.rotate,
            changes: self.changes,
            ..Self::default()
        }
    }

    /// The user has proved a further factor.
    pub(crate) fn prove(&mut self, factor: Factor, binding: Binding) {
        self.proved.push((factor, binding));
    }

    pub(crate) fn set_roles(&mut self, roles: Vec<Arc<str>>) {
        self.roles = Some(roles);
    }

    /// Ends the session; `kept` goes into a new, anonymous one.
    ///
    /// Marked even where no session is known: one may be about to begin by a commit that is under way.
    pub(crate) fn log_out(&mut self, kept: Vec<(String, Vec<u8>)>) {
        *self = Self {
            end: true,
            ..Self::default()
        };
        self.changes
            .extend(kept.into_iter().map(|(key, value)| Change::Set(key, value)));
    }

    /// Whether it is a login that begins a session where there is none.
    pub(crate) fn begins_session(&self) -> bool {
        self.login
            .as_ref()
            .is_some_and(|login| login.kind != LoginKind::Again)
    }

    /// Whether anything but an end or a login is asked for.
    pub(crate) fn has_changes(&self) -> bool {
        self.rotates() || !self.changes.is_empty()
    }

    /// Whether a session that stays itself gets a new secret, a login apart: on demand, and at each change of privilege.
    pub(crate) fn rotates(&self) -> bool {
        self.rotate || !self.proved.is_empty() || self.roles.is_some()
    }

    /// Whether it alters what is known of the user.
    pub(crate) fn alters_authentication(&self) -> bool {
        self.end || self.login.is_some() || !self.proved.is_empty() || self.roles.is_some()
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        !self.end && self.login.is_none() && !self.has_changes()
    }

    /// Whether the data seen through this intent differs from what the session holds.
    pub(crate) fn alters_data(&self) -> bool {
        self.end || self.login.is_some() || !self.changes.is_empty()
    }

    /// This intent, then `later`, which was formed on top of it.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        if later.end {
            return later;
        }
        if let Some(login) = later.login {
            self.set_login(*login, later.before_login);
        }
        self.rotate |= later.rotate;
        self.proved.extend(later.proved);
        self.roles = later.roles.or(self.roles);
        self.changes.extend(later.changes);
        self
    }

    /// The data that results on top of `base`, which is what the session holds or nothing.
    pub(crate) fn data_over(&self, base: Option<&Data>) -> Data {
        let mut data = base.cloned().unwrap_or_default();
        self.change(&mut data);
        data
    }

    fn change(&self, data: &mut Data) {
        if self.end || self.login.as_ref().is_some_and(|login| login.drop_data) {
            data.clear();
        }
        replay(&self.changes, data);
    }

    /// The data of a login on a session that has ended: what was written before the login went down with it.
    pub(crate) fn data_since_login(&self) -> Data {
        let mut data = Data::default();
        replay(&self.changes[self.before_login..], &mut data);
        data
    }

    /// The record of a session that stays itself: `base` with everything that is asked for. Secret and revision are the
    /// base's; the engine gives new ones.
    pub(crate) fn renew(&self, base: &Record, rules: &Rules, now: Timestamp) -> Record {
        let mut record = base.clone();
        self.change(&mut record.data);
        record.seen = base.seen.max(now);
        if self.alters_authentication() {
            record.authentication = self.authentication_over(base.authentication.as_ref(), now);
            record.metadata = self.metadata_over(&base.metadata);
        }
        if let Some(login) = &self.login {
            record.persistent = login.remember;
        }
        if self.login.is_some() || self.completes(base) {
            let lifetimes = rules.lifetimes(&record);
            record.absolute = now.after(lifetimes.absolute());
            record.idle = lifetimes.idle();
            record.expires = rolled(record.idle, record.absolute, now);
        } else {
            record.expires = base.expires.max(rolled(base.idle, base.absolute, now));
        }
        self.apply_times(&mut record, now);
        record
    }

    fn apply_times(&self, record: &mut Record, now: Timestamp) {
        // A login begins the times anew.
        for change in &self.changes[self.before_login..] {
            match change {
                Change::Extend(span) => record.expires = rolled(*span, record.absolute, now),
                Change::SetIdle(idle) => {
                    record.idle = *idle;
                    record.expires = rolled(*idle, record.absolute, now);
                }
                Change::Set(..) | Change::Remove(_) | Change::Clear => {}
            }
        }
    }

    /// The record of a session that begins now with `data`; its secret and revision are `blank`'s.
    pub(crate) fn begin(&self, blank: Blank, data: Data, rules: &Rules, now: Timestamp) -> Record {
        let mut record = Record {
            revision: blank.revision,
            created: now,
            absolute: now,
            idle: Duration::ZERO,
            seen: now,
            expires: now,
            persistent: self.login.as_ref().is_some_and(|login| login.remember),
            secret: blank.secret,
            previous: None,
            issued: now,
            authentication: self.authentication_over(None, now),
            metadata: self.metadata_over(&Metadata::default()),
            data,
            unknown_flags: 0,
            unknown: Vec::new(),
        };
        let lifetimes = rules.lifetimes(&record);
        record.absolute = now.after(lifetimes.absolute());
        record.idle = lifetimes.idle();
        record.expires = rolled(record.idle, record.absolute, now);
        self.apply_times(&mut record, now);
        record
    }
}

/// What of a new record is random, drawn by the engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blank {
    pub(crate) revision: crate::id::Revision,
    pub(crate) secret: crate::id::SecretDigest,
}

/// When a session of this idle time ends that is used now: never past its absolute deadline.
pub(crate) fn rolled(idle: Duration, absolute: Timestamp, now: Timestamp) -> Timestamp {
    now.after(idle).min(absolute)
}

fn replay(changes: &[Change], data: &mut Data) {
    for change in changes {
        match change {
            Change::Set(key, value) => {
                data.set(key, value);
            }
            Change::Remove(key) => {
                data.remove(key);
            }
            Change::Clear => data.clear(),
            Change::Extend(_) | Change::SetIdle(_) => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
