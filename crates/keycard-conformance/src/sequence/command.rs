//! The commands of a sequence, and which of them are generated.

use std::convert::Infallible;
use std::fmt::Debug;

use keycard::store::SessionLimit;
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
    /// From here on, sessions are written on this device, 0 being none, and with this limit.
    On(u8, Option<SessionLimit>),
    /// From here on, sessions are written as logins that wait for a further factor, or not.
    Pending(bool),
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
    /// The one that the session had before, if it had another.
    Stale,
}

impl Session {
    /// Few enough to meet again and again.
    pub(crate) const ALL: [Self; 7] = [
        Self::Guest(0),
        Self::Guest(1),
        Self::Of(User::Alice, 0),
        Self::Of(User::Alice, 1),
        Self::Of(User::Alice, 2),
        Self::Of(User::Namesake, 0),
        Self::Of(User::Bob, 0),
    ];

    pub(crate) fn user(self) -> Option<User> {
        match self {
            Self::Guest(_) => None,
            Self::Of(user, _) => Some(user),
        }
    }

    pub(crate) fn number(self) -> usize {
        match self {
            Self::Guest(number) | Self::Of(_, number) => number.into(),
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

/// What may be drawn of an index: nothing where there is none.
pub(crate) type DrawIndex<I> = fn(kind: u8, User, Session) -> Option<I>;

/// Any commands. Each is drawn as a few small numbers, since these are drawn and shrunk at once, unlike alternatives.
/// Without an index nobody leaves for a login, so there neither devices nor limits are drawn.
pub(crate) fn commands<I: Clone + Debug + 'static>(index: DrawIndex<I>) -> BoxedStrategy<Vec<Command<I>>> {
    let numbers = (0..32_u8, 0..7_usize, 0..7_usize, 0..4_u8, 1..=9_u64);
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
            0 | 1 => Command::Pass(20 * thirds.div_ceil(3)),
            2 => Command::Load(session),
            3 => Command::LoadAll,
            4..9 => Command::Create(session, seconds),
            9 | 10 => Command::End(session),
            11..14 => Command::Update(session, expected, seconds),
            14 | 15 => Command::Rotate(session, expected, seconds),
            16..19 => Command::Touch(session, expected, seconds),
            19..22 => Command::Replace(session, expected, other, seconds),
            22 | 23 => Command::LoseAnswer,
            _ => match index(kind % 4, User::ALL[first % 3], other) {
                None => Command::LoadAll,
                Some(verb) if kind < 28 => Command::Index(verb),
                Some(_) => terms(kind % 4, first, second),
            },
        }
    });
    proptest::collection::vec(command, 1..32).boxed()
}

/// On what terms sessions are written from here on.
fn terms<I>(kind: u8, first: usize, second: usize) -> Command<I> {
    if kind == 0 {
        return Command::Pending(second.is_multiple_of(3));
    }
    let (device, most) = (kind - 1, 1 + first % 2);
    Command::On(
        device,
        match second % 4 {
            0 => None,
            1 => Some(SessionLimit::EvictOldest(most)),
            2 => Some(SessionLimit::EvictLeastRecentlyUsed(most)),
            _ => Some(SessionLimit::Refuse(most)),
        },
    )
}
