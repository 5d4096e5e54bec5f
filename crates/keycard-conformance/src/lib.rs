//! The laws of sessions as a test suite that every [store](keycard::store) must pass, and [test doubles](testing) for
//! applications.
//!
//! # Testing a store
//!
//! One line in a test file mounts the suite; each law, and each promise of the contract, is a test by its name:
//!
//! ```
//! use keycard::store::memory::MemoryStore;
//!
//! keycard_conformance::indexed_store_laws!(MemoryStore::new());
//! # fn main() {}
//! ```
//!
//! The argument is an expression, which may `.await`. Each test evaluates it for a store that nobody else uses: a new
//! one, or one under a prefix or a schema of its own.
//!
//! | Macro | For | Tests |
//! |---|---|---|
//! | [`store_laws!`] | every [`Store`](keycard::store::Store) | laws 1–4, 6 and 7; the contract, verb by verb; random sequences |
//! | [`indexed_store_laws!`] | a [`UserIndex`](keycard::store::UserIndex) | these, law 5, and the contract of the index |
//! | [`throttle_laws!`], [`throttle_outage_laws!`] | a [`Throttle`](keycard::store::Throttle) | windows that slide, all or none, outages |
//! | [`token_laws!`], [`token_outage_laws!`] | a [`TokenStore`](keycard::store::TokenStore) | tokens are spent once; lists and marks; outages |
//! | [`statistics_laws!`], [`statistics_outage_laws!`] | a [`Statistics`](keycard::store::Statistics) with an index | what it counts; random sequences; outages |
//! | [`history_laws!`], [`history_outage_laws!`] | a [`History`](keycard::store::History) | what it remembers; law 5, where endings are remembered; random sequences; outages |
//! | [`outage_laws!`], [`indexed_outage_laws!`] | what has a server that can be taken away | law 6 without the server |
//!
//! Nothing is left out by a setting: `indexed_store_laws!` does not compile over a store without an index, and
//! `store_laws!` fails over a store with one, since law 5 would be left out.
//!
//! Two servers share a store through a handle each. [`TwoHandles`] makes a store of two of them, over which the same laws
//! are mounted in a module of their own: what a handle keeps to itself, no law can see over one.
//!
//! # What is proven
//!
//! 1. A session that ended never comes back.
//! 2. One session, one id: what is replaced is dead before its successor is handed out.
//! 3. No lost updates.
//! 4. The absolute deadline only an authentication moves.
//! 5. Log out everywhere means everywhere.
//! 6. An outage is not a logout.
//! 7. Pay only for what you use.
//!
//! Races are driven by gates, barriers and a clock that is marched by hand; nothing sleeps to win one.
//! That no secret is stored (law 8) is the core's affair, since a store never sees one.
//!
//! # Random sequences
//!
//! 10,000 random sequences of calls, in which time passes and answers are lost, must get the same answers from the store
//! as from a model of the contract; where a store keeps statistics or histories, so must its figures, and what it
//! remembers, in 2,000. In 1,000 random lives, with logins, logouts, renewed ids and lost answers, every id that a client
//! ever had must open its session for as long as a model of the rules says, with the data that was written.
//!
//! A sequence that fails is shrunk, and printed as a test to [paste](replay) below the line that mounts the suite.
//! `KEYCARD_CONFORMANCE_CASES` asks for more sequences, never for fewer; a run that takes long says on stderr how far it
//! has come. Each run draws others; one that failed is made again by the `KEYCARD_CONFORMANCE_SEED` that it has printed.
//! Other variables change nothing.
//!
//! # Testing an application
//!
//! See [`testing`]: how to log a user in, march the time, and let the store fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(
    clippy::cognitive_complexity,
    clippy::unchecked_time_subtraction,
    reason = "laws are lists of assertions, about times that are written beside them"
)]

mod client;
#[doc(hidden)]
pub mod contract;
mod handles;
#[doc(hidden)]
pub mod laws;
mod mount;
mod noting;
mod probe;
mod property;
mod prove;
mod record;
pub mod sequence;
pub mod testing;
#[cfg(test)]
mod tests;

pub use handles::TwoHandles;
pub use property::replay;

/// What the macros name, and what the core's own tests share with the laws.
#[doc(hidden)]
pub mod __private {
    pub use keycard::store::{History, Statistics, Store, Throttle, TokenStore, UserIndex};

    pub use crate::client::{Client, Reply, Request};
    pub use crate::contract::statistics::Counting;
    pub use crate::noting::Noting;
    pub use crate::probe::{Made, WithoutIndex};
    pub use crate::property::random_sequences;
    pub use crate::prove::prove;
}
