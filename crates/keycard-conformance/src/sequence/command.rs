//! The commands of a sequence, and which of them are generated.

use std::convert::Infallible;
use std::fmt::Debug;

use keycard::{StoreKey, UserKey};
use proptest::prelude::*;

use crate::record;

/// What is asked of a store, or happens to it. `I` is what can be asked of its index: of a store without one, nothing.
///
/// Numbers are seconds: how long it takes until a session expires, from the command on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<I = Infallible> {
    /// Time passes.
    Pass(u64),
    /// [`Store::load`](keycard::store::Store::load).
    Load(Session),
    /// [`Store::load_many`](keycard::store::Store::load_many), of every session.
    LoadAll,
    /// [`Store::create`](keycard::store::Store::create).
    Create(Session, u64),
    /// [`Store::end`](keycard::store::Store::end).
    End(Session),
    /// [`Store::update`](keycard::store::Store::update).
    Update(Session, Expected, u64),
    /// [`Store::update`](keycard::store::Store::update) as at a re-authentication: with the owner.
    Rotate(Session, Expected, u64),
    /// [`Store::touch`](keycard::store::Store::touch).
    Touch(Session, Expected, u64),
    /// [`Store::replace`](keycard::store::Store::replace) of the first session by the second.
    Replace(Session, Expected, Session, u64),
    /// The answer of the next call is lost, and the call made again.
    LoseAnswer,
    /// A call of [`UserIndex`](keycard::store::UserIndex).
    Index(I),
}

/// The sessions that commands speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Session {
    /// Of nobody.
    Guest(u8),
    /// Of a user.
    Of(User, u8),
}

/// The users that commands speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum User {
    /// Somebody.
    Alice,
    /// Somebody with Alice's tag.
    Namesake,
    /// Somebody with another tag.
    Bob,
}

/// The revision that a conditional call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// The one that was written last.
    Newest,
    /// One that was written before.
    Stale,
}

impl Session {
    /// Few enough to meet again and again.
    pub(crate) const ALL: [Self; 6] = [
        Self::Guest(0),
        Self::Guest(1),
        Self::Of(User::Alice, 0),
        Self::Of(User::Alice, 1),
        Self::Of(User::Namesake, 0),
        Self::Of(User::Bob, 0),
    ];

    pub(crate) fn user(self) -> Option<User> {
        match self {
            Self::Guest(_) => None,
            Self::Of(user, _) => Some(user),
        }
    }

    /// The session's key in the case of this number: no two cases share one.
    pub(crate) fn key(self, case: u64) -> StoreKey {
        match self {
            // From 256 on, since number 0 has the tag 0, which is Alice's in case 0.
            Self::Guest(number) => record::anonymous((case + 1) * 256 + u64::from(number)),
            Self::Of(user, number) => {
                record::session_of(user.key(case), user as u64 * 256 + u64::from(number))
            }
        }
    }
}

impl User {
    pub(crate) const ALL: [Self; 3] = [Self::Alice, Self::Namesake, Self::Bob];

    pub(crate) fn key(self, case: u64) -> UserKey {
        let tag = match self {
            Self::Alice | Self::Namesake => case,
            Self::Bob => !case,
        };
        let bytes = [tag.to_be_bytes(), (self as u64).to_be_bytes()].concat();
        UserKey::from_bytes(bytes.try_into().expect("16 bytes"))
    }
}

/// What of an index is asked: to list, or to end all but one.
pub(crate) type DrawIndex<I> = fn(lists: bool, User, keep: Option<Session>) -> Option<I>;

/// Any commands. Each is drawn as a few small numbers, since these are drawn and shrunk at once, unlike alternatives.
pub(crate) fn commands<I: Clone + Debug + 'static>(index: DrawIndex<I>) -> BoxedStrategy<Vec<Command<I>>> {
    let numbers = (0..24_u8, 0..6_usize, 0..6_usize, 0..4_u8, 1..=9_u64);
    let command = numbers.prop_map(move |(kind, first, second, expected, thirds)| {
        let (session, other) = (Session::ALL[first], Session::ALL[second]);
        let expected = if expected == 3 {
            Expected::Stale
        } else {
            Expected::Newest
        };
        // Thirds of a tombstone's life, so that times often meet to the millisecond.
        let seconds = 20 * thirds;
        match kind {
            0 => Command::Pass(20 * thirds.div_ceil(3)),
            1 => Command::Load(session),
            2 => Command::LoadAll,
            3..8 => Command::Create(session, seconds),
            8..10 => Command::End(session),
            10..13 => Command::Update(session, expected, seconds),
            13 => Command::Rotate(session, expected, seconds),
            14..17 => Command::Touch(session, expected, seconds),
            17..20 => Command::Replace(session, expected, other, seconds),
            20..22 => Command::LoseAnswer,
            _ => {
                let (user, keep) = (User::ALL[first % 3], (second > 2).then_some(other));
                index(kind == 22, user, keep).map_or(Command::LoadAll, Command::Index)
            }
        }
    });
    proptest::collection::vec(command, 1..32).boxed()
}
