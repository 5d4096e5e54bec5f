//! Random sequences: what the property tests generate, and how a failing one is played again.
//!
//! A failing sequence is shrunk and printed as a test that plays it by [`replay`](crate::replay), to be pasted into the
//! file that mounts the laws. [`Command`]s are calls of a store, judged by a model of the contract;
//! [`Step`](life::Step)s are what happens to one client in its life, and [`ThrottleCommand`]s what happens to the windows
//! of throttles.

mod command;
mod counting;
mod index;
pub(crate) mod leaves;
pub mod life;
pub(crate) mod model;
mod play;
mod remembering;
mod rules;
mod scene;
pub(crate) mod throttle;
mod times;

use std::fmt::Debug;

use proptest::strategy::BoxedStrategy;

pub use self::command::{Command, Expected, Session, User};
pub use self::counting::CountingCommand;
pub use self::index::IndexCommand;
#[doc(hidden)]
pub use self::index::IndexVerb;
#[doc(hidden)]
pub use self::play::Answer;
pub use self::remembering::{Ending, HistoryCommand};
#[doc(hidden)]
pub use self::scene::Scene;
pub use self::throttle::ThrottleCommand;
use crate::testing::ScriptedStore;

/// All that the text of a sequence names.
pub mod words {
    pub use keycard::store::SessionLimit::*;

    pub use super::Command::*;
    pub use super::CountingCommand::*;
    pub use super::Ending::*;
    pub use super::Expected::*;
    pub use super::HistoryCommand::*;
    pub use super::IndexCommand::*;
    pub use super::Session::*;
    pub use super::ThrottleCommand::*;
    pub use super::User::*;
    pub use super::life::Step;
    pub use super::life::Step::*;
    pub use super::{Command, CountingCommand, HistoryCommand, IndexCommand, ThrottleCommand};
}

/// What a sequence is made of, for stores of the type `S`.
#[doc(hidden)]
pub trait Play<S>: Clone + Debug + Send + Sync + 'static {
    /// How the type is called by who has imported [`words`].
    const TYPE: &str;
    /// Of so many random sequences one is of this type.
    const OF: u32;

    /// Any sequence.
    fn sequences() -> BoxedStrategy<Vec<Self>>;

    /// Plays a sequence on a store in which others may have been played. What is wrong is the error.
    fn play(
        store: &ScriptedStore<S>,
        case: u64,
        sequence: &[Self],
    ) -> impl Future<Output = Result<(), String>>;
}
