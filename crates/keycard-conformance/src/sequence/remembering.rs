//! The part of a sequence that only a store with histories can play. All writes of users' sessions are to be remembered.

use std::time::Duration;

use keycard::StoreError;
use keycard::store::{Fate, History, Note, Noted, Retention, Revoked, Which};

use super::command::{Session, User};
use super::index::IndexVerb;
use super::play::Answer;
use super::scene::Scene;
use crate::record::device;
use crate::testing::{ScriptedStore, Verb};

/// How many notes of a user are kept: fewer than a sequence writes.
const NOTES: usize = 3;
/// For how many seconds each is kept: fewer than a sequence lasts.
const SECONDS: u64 = 120;

/// What is asked of a store that remembers: three notes of a user, each for two minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryCommand {
    /// [`History::history`].
    Past(User),
    /// [`History::forget_history`].
    Forget(User),
    /// [`History::end_noting`].
    EndNoting(User, Ending),
}

/// Which sessions of a user end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// [`Which::All`].
    Each,
    /// [`Which::Others`].
    AllBut(Session),
    /// [`Which::Session`].
    Only(Session),
    /// [`Which::Device`], by its number.
    OnDevice(u8),
}

impl HistoryCommand {
    fn user(&self) -> User {
        match *self {
            Self::Past(user) | Self::Forget(user) | Self::EndNoting(user, _) => user,
        }
    }

    /// Which sessions end by it, if it is such a command, and what is remembered of that.
    fn ends(&self, scene: &Scene) -> Option<(Which, Note)> {
        let Self::EndNoting(user, ending) = *self else {
            return None;
        };
        let which = match ending {
            Ending::Each => Which::All,
            Ending::AllBut(keep) => Which::Others(scene.key(keep)),
            Ending::Only(session) => Which::Session(scene.key(session)),
            Ending::OnDevice(number) => Which::Device(device(number)),
        };
        Some((which, scene.note(user, self)?))
    }
}

impl<S: History> IndexVerb<S> for HistoryCommand {
    const TYPE: &str = "Command<HistoryCommand>";
    const OF: u32 = 5;

    async fn prepare(_: &ScriptedStore<S>, scene: &mut Scene) -> Result<(), StoreError> {
        let age = Duration::from_secs(SECONDS);
        scene.retention = Some(Retention::new(NOTES, age).expect("a retention"));
        Ok(())
    }

    fn drawn(kind: u8, user: User, session: Session) -> Option<Self> {
        let guest = session.user().is_none();
        let ending = match kind {
            0 if guest => return Some(Self::Forget(user)),
            0 => return Some(Self::Past(user)),
            1 if guest => Ending::Each,
            1 => Ending::AllBut(session),
            2 => Ending::Only(session),
            _ => Ending::OnDevice(u8::from(guest)),
        };
        Some(Self::EndNoting(user, ending))
    }

    fn last() -> Vec<Self> {
        User::ALL.map(Self::Past).to_vec()
    }

    fn verb(&self) -> Verb {
        match self {
            Self::Past(_) => Verb::History,
            Self::Forget(_) => Verb::ForgetHistory,
            Self::EndNoting(..) => Verb::EndNoting,
        }
    }

    fn expect(&self, scene: &mut Scene) -> Answer {
        let (user, now) = (scene.user(self.user()), scene.now);
        if let Some((which, note)) = self.ends(scene) {
            return Answer::Revoked(scene.model.end_noting(which, &note, now));
        }
        if matches!(self, Self::Forget(_)) {
            drop(scene.model.histories.remove(&user));
        }
        Answer::remembered(scene.model.history(user, all(), now))
    }

    async fn ask(&self, store: &ScriptedStore<S>, scene: &Scene) -> Result<Answer, StoreError> {
        let (user, now) = (scene.user(self.user()), scene.now);
        if let Some((which, note)) = self.ends(scene) {
            let mut revoked = store.end_noting(which, note, now).await?;
            if let Revoked::Applied(ended) = &mut revoked {
                ended.sort_unstable();
            }
            return Ok(Answer::Revoked(revoked));
        }
        if matches!(self, Self::Forget(_)) {
            store.forget_history(user).await?;
        }
        Ok(Answer::remembered(store.history(user, all(), now).await?))
    }
}

/// More than is kept.
fn all() -> Retention {
    Retention::new(100, Duration::from_secs(SECONDS)).expect("a retention")
}

impl Answer {
    /// Who has ended in the order of the keys.
    fn remembered(mut noted: Vec<Noted>) -> Self {
        for noted in &mut noted {
            if let Fate::Landed(ended) = &mut noted.fate {
                ended.sort_unstable();
            }
        }
        Self::Remembered(noted)
    }
}
