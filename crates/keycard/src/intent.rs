//! What a request wants changed: a list that can be replayed on a newer record, and the pure functions that replay it.

use std::time::Duration;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::key::UserId;
use crate::policy::Rules;
use crate::record::{Data, Record};

/// One change of a session that stays the same session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Set(String, Bytes),
    Remove(String),
    Clear,
    Extend(Duration),
    SetIdle(Duration),
}

/// How a user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: UserId,
    /// Remember me: the second pair of lifetimes, and a cookie that outlives the browser.
    pub(crate) remember: bool,
    /// The session's data from before is not carried over.
    pub(crate) drop_data: bool,
}

/// All that a request has asked for since the last commit. Independent facts, not one status: each combination means
/// something, and [`decide`](crate::policy::decide) says what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) end: bool,
    pub(crate) login: Option<Login>,
    pub(crate) rotate: bool,
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
        // What an earlier login has dropped stays dropped.
        login.drop_data |= self.login.as_ref().is_some_and(|earlier| earlier.drop_data);
        self.before_login = self.changes.len() + before;
        self.login = Some(login);
    }

    /// Ends the session; `kept` goes into a new, anonymous one.
    ///
    /// Marked even where no session is known: one may be about to begin by a commit that is under way.
    pub(crate) fn log_out(&mut self, kept: Vec<(String, Bytes)>) {
        *self = Self {
            end: true,
            ..Self::default()
        };
        self.changes
            .extend(kept.into_iter().map(|(key, value)| Change::Set(key, value)));
    }

    /// Whether anything but an end or a login is asked for.
    pub(crate) fn has_changes(&self) -> bool {
        self.rotate || !self.changes.is_empty()
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
            self.set_login(login, later.before_login);
        }
        self.rotate |= later.rotate;
        self.changes.extend(later.changes);
        self
    }

    /// The data that results on top of `base`, which is what the session holds or nothing.
    pub(crate) fn data_over(&self, base: Option<&Data>) -> Data {
        let dropped = self.end || self.login.as_ref().is_some_and(|login| login.drop_data);
        let mut data = base.filter(|_| !dropped).cloned().unwrap_or_default();
        replay(&self.changes, &mut data);
        data
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
        let mut record = Record {
            data: self.data_over(Some(&base.data)),
            ..base.clone()
        };
        record.seen = base.seen.max(now);
        if let Some(login) = &self.login {
            let lifetimes = rules.lifetimes(login.remember);
            record.persistent = login.remember;
            record.authenticated = Some(now);
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
        let remember = self.login.as_ref().is_some_and(|login| login.remember);
        let lifetimes = rules.lifetimes(remember);
        let absolute = now.after(lifetimes.absolute());
        let mut record = Record {
            revision: blank.revision,
            created: now,
            absolute,
            idle: lifetimes.idle(),
            seen: now,
            expires: rolled(lifetimes.idle(), absolute, now),
            persistent: remember,
            secret: blank.secret,
            previous: None,
            user: self.login.as_ref().map(|login| login.user.clone()),
            authenticated: self.login.as_ref().map(|_| now),
            data,
            unknown_flags: 0,
            unknown: Vec::new(),
        };
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
                data.set(key, value.clone());
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
