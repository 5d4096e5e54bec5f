//! What the commands of a sequence mean where they stand: the calls that they make, with all arguments.

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use keycard::store::{Create, End, Note, Owner, Replace, Retention, SessionLimit, Touch, Update};
use keycard::{DeviceDigest, Revision, StoreKey, Timestamp, UserKey};

use super::command::{Command, Expected, Session, User};
use super::model::Model;
use crate::record::{self, HOUR, MINUTE, NOW, Sample};
use crate::testing::Verb;

/// How far a sequence has come.
#[derive(Debug)]
pub struct Scene {
    case: u64,
    pub(crate) now: Timestamp,
    absolute: Timestamp,
    device: u8,
    limit: Option<SessionLimit>,
    is_pending: bool,
    writes: u8,
    /// How much is to be remembered of users' sessions, if anything is.
    pub(crate) retention: Option<Retention>,
    pub(crate) model: Model,
}

/// A call of a store; the same arguments when it is made again.
#[derive(Debug)]
pub(crate) enum Call<I> {
    Load(StoreKey),
    LoadMany(Vec<StoreKey>),
    Create(Create),
    Update(Update),
    Touch(Touch),
    Replace(Replace),
    End(End),
    Index(I),
}

impl Scene {
    pub(crate) fn new(case: u64) -> Self {
        // Each case begins when those before it are over, so that a store that sweeps has something to sweep.
        let start = NOW.after(Duration::from_hours(case));
        Self {
            case,
            now: start,
            absolute: start.after(24 * HOUR),
            device: 0,
            limit: None,
            is_pending: false,
            writes: 0,
            retention: None,
            model: Model::default(),
        }
    }

    pub(crate) fn key(&self, session: Session) -> StoreKey {
        session.key(self.case)
    }

    pub(crate) fn user(&self, user: User) -> UserKey {
        user.key(self.case)
    }

    /// What a command does: a call of the store, or something else.
    pub(crate) fn call<I: Clone>(&mut self, command: &Command<I>) -> Option<Call<I>> {
        Some(match *command {
            Command::Pass(seconds) => {
                self.now = self.after(seconds);
                return None;
            }
            Command::LoseAnswer => return None,
            Command::On(device, limit) => {
                (self.device, self.limit) = (device, limit);
                return None;
            }
            Command::Pending(is_pending) => {
                self.is_pending = is_pending;
                return None;
            }
            Command::Load(session) => Call::Load(self.key(session)),
            Command::LoadAll => Call::LoadMany(Session::ALL.map(|session| self.key(session)).to_vec()),
            Command::Create(session, seconds) => Call::Create(self.create(session, seconds)?),
            Command::Update(session, expected, seconds) => {
                Call::Update(self.update(session, expected, seconds, None))
            }
            Command::Rotate(session, expected, seconds) => {
                Call::Update(self.update(session, expected, seconds, self.owner(session)))
            }
            Command::Touch(session, expected, seconds) => Call::Touch(self.touch(session, expected, seconds)),
            Command::Replace(old, expected, new, seconds) => {
                Call::Replace(self.replace(old, expected, new, seconds)?)
            }
            Command::End(session) => {
                let end = End::new(self.key(session), self.standing(session), self.now);
                Call::End(end.noting(self.note_of(session)))
            }
            Command::Index(ref verb) => Call::Index(verb.clone()),
        })
    }

    /// No call where another session was before: a store may have forgotten that one, or still refuse.
    fn create(&mut self, session: Session, seconds: u64) -> Option<Create> {
        let key = self.key(session);
        let record = self.record(session, seconds);
        let create = Create::new(key, record, self.owner(session), self.now).noting(self.note_of(session));
        (!self.model.is_over(key, self.now)).then_some(create)
    }

    fn update(&mut self, session: Session, expected: Expected, seconds: u64, owner: Option<Owner>) -> Update {
        let record = self.record(session, seconds);
        let expected = self.revision(session, expected);
        let update = Update::new(self.key(session), expected, record, owner, self.now);
        update.noting(self.note_of(session))
    }

    fn touch(&self, session: Session, expected: Expected, seconds: u64) -> Touch {
        let expected = self.revision(session, expected);
        Touch::new(self.key(session), expected, self.after(seconds), self.now)
    }

    fn replace(&mut self, old: Session, expected: Expected, new: Session, seconds: u64) -> Option<Replace> {
        let expected = self.revision(old, expected);
        let new = self.create(new, seconds)?;
        Some(Replace::new(self.key(old), expected, self.standing(old), new))
    }

    /// A record unlike all before it.
    fn record(&mut self, session: Session, seconds: u64) -> Bytes {
        self.writes += 1;
        let sample = Sample {
            is_pending: self.is_pending,
            // Neither in the order of the keys nor of the use: whose age decides who leaves is in question.
            created: NOW.after(MINUTE * [2, 3, 1][session.number() % 3]),
            absolute: self.absolute,
            seen: self.now,
            expires: self.after(seconds),
            secret: self.writes,
            ..Sample::new(self.writes.into())
        };
        sample.bytes()
    }

    fn owner(&self, session: Session) -> Option<Owner> {
        let user = self.user(session.user()?);
        Some(Owner::new(user, record::device(self.device), self.absolute).limited(self.limit))
    }

    /// As which a session stands in its index.
    fn standing(&self, session: Session) -> Option<Owner> {
        let owner = self.owner(session)?;
        let known = self.model.known.get(&self.key(session));
        let device = known.map_or(DeviceDigest::NONE, |known| known.device);
        Some(Owner::new(owner.user, device, owner.absolute))
    }

    /// What is to be remembered of something, if it is of a user, and anything is.
    pub(crate) fn note(&self, user: User, what: &impl Debug) -> Option<Note> {
        let bytes = Bytes::from(format!("{what:?}"));
        Some(Note::new(self.user(user), bytes, self.retention?))
    }

    fn note_of(&self, session: Session) -> Option<Note> {
        self.note(session.user()?, &self.writes)
    }

    fn revision(&self, session: Session, expected: Expected) -> Revision {
        let key = self.key(session);
        let known = match expected {
            Expected::Newest => self.model.newest(key),
            Expected::Stale => self.model.earlier(key),
        };
        known.unwrap_or(record::revision(0))
    }

    fn after(&self, seconds: u64) -> Timestamp {
        self.now.after(Duration::from_secs(seconds))
    }
}

impl<I> Call<I> {
    /// Whose answer is lost if the answer is lost.
    pub(crate) fn verb(&self, of_index: impl FnOnce(&I) -> Verb) -> Verb {
        match self {
            Self::Load(_) | Self::LoadMany(_) => Verb::Load,
            Self::Create(_) => Verb::Create,
            Self::Update(_) => Verb::Update,
            Self::Touch(_) => Verb::Touch,
            Self::Replace(_) => Verb::Replace,
            Self::End(_) => Verb::End,
            Self::Index(call) => of_index(call),
        }
    }
}
