//! The recent past of a user, as their account page shows it: what a store is told to remember, and what it answers.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use super::{Revoked, UserIndex};
use crate::clock::Timestamp;
use crate::config::ConfigError;
use crate::error::StoreError;
use crate::id::{DeviceDigest, StoreKey, UserKey};

const MOST: usize = 100;
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// A store that remembers what happened lately to the sessions of a user. Applications use it through
/// [`Keycard::with_history`](crate::Keycard::with_history).
///
/// - **In the same step.** A verb that is given a [`Note`] remembers it in the step in which it lands, together with who
///   has ended by it. What does not land leaves no note, but for a login that a
///   [`SessionLimit`](super::SessionLimit) refuses: that is remembered as refused. A call that is repeated after a lost
///   answer is remembered once, but for such a login, which is refused each time.
/// - **Bounded.** Of each user as many notes are kept as the last one says, and none of them longer.
/// - A store that is no `History` is given no notes.
///
/// ```
/// use bytes::Bytes;
/// use keycard::store::{Create, Created, Fate, History, Note, Owner, Retention, Revoked, Store, Which};
/// use keycard::store::{frame, memory::MemoryStore};
/// use keycard::{DeviceDigest, StoreKey, Timestamp, UserKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), keycard::StoreError> {
/// let (store, now) = (MemoryStore::new(), Timestamp::from_millis(1_000));
/// let (alice, key) = (UserKey::from_bytes([7; 16]), StoreKey::from_bytes([7; 20]));
/// let mut record = vec![0; frame::HEADER_LEN]; // the core writes real ones
/// record[0] = frame::VERSION;
/// record[frame::EXPIRES].copy_from_slice(&61_000_u64.to_be_bytes());
/// let note = |text: &'static str| Note::new(alice, Bytes::from(text), Retention::DEFAULT);
///
/// let owner = Owner::new(alice, DeviceDigest::NONE, Timestamp::from_millis(61_000));
/// let login = Create::new(key, record.into(), Some(owner), now).noting(note("logged in"));
/// assert_eq!(store.create(login).await?, Created::Applied);
/// assert_eq!(store.end_noting(Which::All, note("ended all"), now).await?, Revoked::Applied(vec![key]));
///
/// let past = store.history(alice, Retention::DEFAULT, now).await?;
/// assert_eq!((&past[0].bytes[..], &past[1].bytes[..]), (&b"ended all"[..], &b"logged in"[..]));
/// assert_eq!(past[0].fate, Fate::Landed(vec![key]));
/// # Ok(())
/// # }
/// ```
pub trait History: UserIndex {
    /// What is remembered of a user, the newest first: as many notes as the retention says at most, and none that is as
    /// old as it says at `now`.
    fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Noted>, StoreError>> + Send;

    /// Ends sessions of the note's user, as [`UserIndex`] does, and remembers it if any of them was live; those are
    /// answered.
    fn end_noting(
        &self,
        which: Which,
        note: Note,
        now: Timestamp,
    ) -> impl Future<Output = Result<Revoked, StoreError>> + Send;

    /// Forgets all that is remembered of a user.
    fn forget_history(&self, user: UserKey) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// How much of a user's history is kept, and for how long.
///
/// ```
/// use keycard::store::Retention;
/// use std::time::Duration;
///
/// let day = Duration::from_hours(24);
/// assert_eq!((Retention::DEFAULT.notes(), Retention::DEFAULT.age()), (20, 30 * day));
/// assert!(Retention::new(100, 400 * day).is_ok());
/// assert!(Retention::new(0, day).is_err() && Retention::new(101, day).is_err());
/// assert!(Retention::new(20, Duration::ZERO).is_err() && Retention::new(20, 401 * day).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    notes: usize,
    age: Duration,
}

impl Retention {
    /// The last 20 notes, for 30 days.
    pub const DEFAULT: Self = Self {
        notes: 20,
        age: Duration::from_hours(30 * 24),
    };

    /// The last `notes` of a user, each for the time of `age`.
    ///
    /// # Errors
    ///
    /// Other than 1 to 100 notes, or an age below a second or above 400 days.
    pub fn new(notes: usize, age: Duration) -> Result<Self, ConfigError> {
        if !(1..=MOST).contains(&notes) {
            return Err(ConfigError::new(format!(
                "a history of {notes} notes cannot be kept: choose 1 to {MOST}"
            )));
        }
        if age < Duration::from_secs(1) || age > LONGEST {
            return Err(ConfigError::new(format!(
                "a history cannot be kept for {age:?}: choose a second to 400 days"
            )));
        }
        Ok(Self { notes, age })
    }

    /// How many notes of a user are kept.
    #[must_use]
    pub const fn notes(self) -> usize {
        self.notes
    }

    /// For how long each is kept.
    #[must_use]
    pub const fn age(self) -> Duration {
        self.age
    }
}

/// What is to be remembered of a write. Only the core reads its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// In whose history.
    pub user: UserKey,
    /// What, and from where it was done.
    pub bytes: Bytes,
    /// Together with how many others, and for how long.
    pub retention: Retention,
}

impl Note {
    /// A note in a user's history.
    #[must_use]
    pub fn new(user: UserKey, bytes: Bytes, retention: Retention) -> Self {
        Self {
            user,
            bytes,
            retention,
        }
    }
}

/// A note as a store remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Noted {
    /// When it landed: the `now` of its verb.
    pub at: Timestamp,
    /// What became of it.
    pub fate: Fate,
    /// The note's bytes.
    pub bytes: Bytes,
}

impl Noted {
    /// A note that landed at that time.
    #[must_use]
    pub fn new(at: Timestamp, fate: Fate, bytes: Bytes) -> Self {
        Self { at, fate, bytes }
    }
}

/// What became of a write that was to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It landed, and besides the session under its key these have ended by it: the displaced of a login, or those that
    /// [`end_noting`](History::end_noting) meant.
    Landed(Vec<StoreKey>),
    /// The limit refused it.
    Refused,
}

/// Which of a user's sessions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Which {
    /// This one, as for [`UserIndex::end_one`].
    Session(StoreKey),
    /// Those on this device, as for [`UserIndex::end_device`].
    Device(DeviceDigest),
    /// Each of them, as for [`UserIndex::end_all`].
    All,
    /// All but this one, as for [`UserIndex::end_others`].
    Others(StoreKey),
}
