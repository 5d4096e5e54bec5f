//! The part of a sequence that only a store with an index can play; for a store without one there is no such command.

use std::convert::Infallible;
use std::fmt::Debug;

use keycard::StoreError;
use keycard::store::{Revoked, UserIndex};

use super::command::{Session, User};
use super::play::Answer;
use super::scene::Scene;
use crate::record::device;
use crate::testing::{ScriptedStore, Verb};

/// What is asked of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexCommand {
    /// [`UserIndex::sessions_of`] and [`UserIndex::count`].
    List(User),
    /// [`UserIndex::end_all`].
    EndAll(User),
    /// [`UserIndex::end_others`].
    EndOthers(User, Session),
    /// [`UserIndex::end_one`].
    EndOne(User, Session),
    /// [`UserIndex::end_device`], by the number of the device.
    EndDevice(User, u8),
}

/// What can be asked of the index of a store of type `S`.
pub trait IndexVerb<S>: Clone + Debug + Send + Sync + 'static {
    /// How [`Command`](super::Command)s with it are called by who has imported [`words`](super::words).
    const TYPE: &str;
    /// Of so many random sequences one is played with it.
    const OF: u32 = 1;

    /// Tells the model what it must know of a store in which others were played.
    fn prepare(
        _store: &ScriptedStore<S>,
        _scene: &mut Scene,
    ) -> impl Future<Output = Result<(), StoreError>> {
        async { Ok(()) }
    }

    /// One of it by a small number, if there is any.
    fn drawn(kind: u8, user: User, session: Session) -> Option<Self>;

    /// What is asked at the end of each sequence.
    fn last() -> Vec<Self>;

    /// Which answer is lost.
    fn verb(&self) -> Verb;

    /// What the contract says.
    fn expect(&self, scene: &mut Scene) -> Answer;

    /// What the store says.
    fn ask(
        &self,
        store: &ScriptedStore<S>,
        scene: &Scene,
    ) -> impl Future<Output = Result<Answer, StoreError>>;
}

impl<S: Send + Sync> IndexVerb<S> for Infallible {
    const TYPE: &str = "Command";

    fn drawn(_: u8, _: User, _: Session) -> Option<Self> {
        None
    }

    fn last() -> Vec<Self> {
        Vec::new()
    }

    fn verb(&self) -> Verb {
        match *self {}
    }

    fn expect(&self, _: &mut Scene) -> Answer {
        match *self {}
    }

    async fn ask(&self, _: &ScriptedStore<S>, _: &Scene) -> Result<Answer, StoreError> {
        match *self {}
    }
}

impl<S: UserIndex> IndexVerb<S> for IndexCommand {
    const TYPE: &str = "Command<IndexCommand>";

    fn drawn(kind: u8, user: User, session: Session) -> Option<Self> {
        let guest = session.user().is_none();
        Some(match kind {
            0 => Self::List(user),
            1 if guest => Self::EndAll(user),
            1 => Self::EndOthers(user, session),
            2 => Self::EndOne(user, session),
            _ => Self::EndDevice(user, u8::from(guest)),
        })
    }

    fn last() -> Vec<Self> {
        User::ALL.map(Self::List).to_vec()
    }

    fn verb(&self) -> Verb {
        match self {
            Self::List(_) => Verb::SessionsOf,
            Self::EndAll(_) => Verb::EndAll,
            Self::EndOthers(..) => Verb::EndOthers,
            Self::EndOne(..) => Verb::EndOne,
            Self::EndDevice(..) => Verb::EndDevice,
        }
    }

    fn expect(&self, scene: &mut Scene) -> Answer {
        let now = scene.now;
        match self {
            Self::List(user) => {
                let entries = scene.model.sessions_of(scene.user(*user), now);
                Answer::Listed {
                    count: entries.len(),
                    entries,
                }
            }
            Self::EndAll(user) => {
                let user = scene.user(*user);
                Answer::AllEnded(scene.model.end_all(user, now))
            }
            Self::EndOthers(user, keep) => {
                let (user, keep) = (scene.user(*user), scene.key(*keep));
                Answer::Revoked(scene.model.end_others(user, keep, now))
            }
            Self::EndOne(user, session) => {
                let (user, key) = (scene.user(*user), scene.key(*session));
                Answer::Ended(scene.model.end_one(user, key, now))
            }
            Self::EndDevice(user, number) => {
                let user = scene.user(*user);
                Answer::AllEnded(scene.model.end_device(user, device(*number), now))
            }
        }
    }

    async fn ask(&self, store: &ScriptedStore<S>, scene: &Scene) -> Result<Answer, StoreError> {
        let now = scene.now;
        match self {
            Self::List(user) => {
                let mut entries = store.sessions_of(scene.user(*user), now).await?;
                entries.sort_by_key(|entry| entry.key);
                let count = store.count(scene.user(*user), now).await?;
                Ok(Answer::Listed { entries, count })
            }
            Self::EndAll(user) => {
                let mut ended = store.end_all(scene.user(*user), now).await?;
                ended.sort_unstable();
                Ok(Answer::AllEnded(ended))
            }
            Self::EndOthers(user, keep) => {
                let revoked = store.end_others(scene.user(*user), scene.key(*keep), now);
                let mut revoked = revoked.await?;
                if let Revoked::Applied(ended) = &mut revoked {
                    ended.sort_unstable();
                }
                Ok(Answer::Revoked(revoked))
            }
            Self::EndOne(user, session) => {
                let ended = store.end_one(scene.user(*user), scene.key(*session), now);
                Ok(Answer::Ended(ended.await?))
            }
            Self::EndDevice(user, number) => {
                let mut ended = store.end_device(scene.user(*user), device(*number), now).await?;
                ended.sort_unstable();
                Ok(Answer::AllEnded(ended))
            }
        }
    }
}
