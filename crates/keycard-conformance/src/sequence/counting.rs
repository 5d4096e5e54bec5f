//! The part of a sequence that only a store with statistics can play.

use keycard::StoreError;
use keycard::store::Statistics as _;

use super::command::{Session, User};
use super::index::{IndexCommand, IndexVerb};
use super::play::Answer;
use super::scene::Scene;
use crate::contract::statistics::Counting;
use crate::testing::{ScriptedStore, Verb};

/// What is asked of a store that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CountingCommand {
    /// [`Statistics::statistics`](keycard::store::Statistics::statistics).
    Figures,
    /// Something of its index.
    OfIndex(IndexCommand),
}

impl<S: Counting> IndexVerb<S> for CountingCommand {
    const TYPE: &str = "Command<CountingCommand>";
    const OF: u32 = 5;

    /// In the stead of listings.
    fn drawn(kind: u8, user: User, session: Session) -> Option<Self> {
        if kind == 0 {
            return Some(Self::Figures);
        }
        <IndexCommand as IndexVerb<S>>::drawn(kind, user, session).map(Self::OfIndex)
    }

    fn last() -> Vec<Self> {
        vec![Self::Figures]
    }

    /// What other sequences have counted; their sessions are over.
    async fn prepare(store: &ScriptedStore<S>, scene: &mut Scene) -> Result<(), StoreError> {
        scene.model.figures = store.inner().statistics(scene.now).await?;
        Ok(())
    }

    fn verb(&self) -> Verb {
        match self {
            Self::Figures => Verb::Statistics,
            Self::OfIndex(command) => IndexVerb::<S>::verb(command),
        }
    }

    fn expect(&self, scene: &mut Scene) -> Answer {
        match self {
            Self::Figures => Answer::Counted(scene.model.statistics(scene.now)),
            Self::OfIndex(command) => IndexVerb::<S>::expect(command, scene),
        }
    }

    async fn ask(&self, store: &ScriptedStore<S>, scene: &Scene) -> Result<Answer, StoreError> {
        match self {
            Self::Figures => Ok(Answer::Counted(store.statistics(scene.now).await?)),
            Self::OfIndex(command) => command.ask(store, scene).await,
        }
    }
}
