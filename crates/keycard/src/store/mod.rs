//! The store contract: what a place that keeps sessions must do, and what it must never do.
//!
//! A store holds bytes under a [`StoreKey`]. It reads the fixed header ([`frame`]) and nothing else; it never decodes
//! session data, never reads a clock (every verb that judges time is given `now`), and never invents a policy.
//!
//! - **Atomic.** Each verb is one atomic step. Where a session has an [`Owner`], its entry in the user's index changes in
//!   the same step as the session.
//! - **Conditional.** A write lands only on a record that still exists, has not expired at `now` by its header, and bears
//!   the expected revision. The outcomes of races are values, not errors.
//! - **Ended means ended.** `end` and `replace` leave a tombstone ([`frame::tombstone`]) under the old key for
//!   [`frame::TOMBSTONE_LIFE`]; nothing ever writes over a tombstone that still counts but another `end`.
//! - **Idempotent.** If the stored record already bears the revision that `update` or `replace` was to write, an answer
//!   was lost and the write counts as applied. A store that retries after a lost answer and then finds a third revision
//!   answers with an error: whether its write landed is unknown.
//! - **Bounded.** Every call ends within the store's own deadline, with an error if need be, and a store that is down
//!   fails at once. An error is never "absent".
//!
//! Version and expiry: bytes whose version this crate does not know are handed out as they are and only `end` and
//! `end_all` touch them.

mod erased;
pub mod frame;
pub mod memory;

use std::fmt;
use std::future::Future;

use bytes::Bytes;

pub(crate) use self::erased::ErasedStore;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{DeviceDigest, Revision, StoreKey, UserKey};

/// The largest record in bytes.
pub const MAX_RECORD: usize = 64 * 1024;

/// The most sessions that a user's index holds. The login that would exceed it ends the session with the nearest
/// absolute deadline.
pub const MAX_SESSIONS_PER_USER: usize = 1_000;

/// A place that keeps sessions. See the [module documentation](self) for what each verb must hold.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads the session under `key`.
    ///
    /// Absent, expired at `now`, or a tombstone that no longer counts: [`Loaded::Absent`].
    fn load(&self, key: StoreKey, now: Timestamp) -> impl Future<Output = Result<Loaded, StoreError>> + Send;

    /// Reads several sessions, in the order of `keys`. A networked store does so in one round trip.
    fn load_many(
        &self,
        keys: &[StoreKey],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Loaded>, StoreError>> + Send {
        async move {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                found.push(self.load(*key, now).await?);
            }
            Ok(found)
        }
    }

    /// Writes a new session, and its entry in the owner's index.
    ///
    /// Whatever is stored under the key already, live or tombstone, stays: [`Created::Refused`]; unless it bears the
    /// revision of the new record ([`Created::Applied`]).
    fn create(&self, create: Create) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// Writes a record over the one that bears the expected revision, and the owner's index entry if one is given.
    fn update(&self, update: Update) -> impl Future<Output = Result<Updated, StoreError>> + Send;

    /// Ends one session and begins another in its stead: the tombstone, the new record and both index entries at once.
    ///
    /// Where the two keys cannot be changed in one step (a cluster), the new record is written first, then the old one
    /// is retired by its revision; a crash in between leaves the old session and a record that nobody holds.
    fn replace(&self, replace: Replace) -> impl Future<Output = Result<Replaced, StoreError>> + Send;

    /// Moves the times in the header of a live record of the expected revision ([`frame::patch_touch`]), and its TTL.
    fn touch(&self, touch: Touch) -> impl Future<Output = Result<Touched, StoreError>> + Send;

    /// Ends a session, of whatever version: leaves a tombstone and takes it out of the owner's index.
    ///
    /// An absent session is [`Ended::Absent`] and leaves a tombstone all the same, so that a write under way cannot
    /// create it. A tombstone that still counts is [`Ended::Absent`] and stays as it is.
    fn end(&self, end: End) -> impl Future<Output = Result<Ended, StoreError>> + Send;
}

/// A store that knows the sessions of a user, and can therefore end all of them.
///
/// A trait of its own, so that "log out everywhere" does not compile over a store that cannot do it.
pub trait UserIndex: Store {
    /// The live sessions of a user, each with its record. Expired and ended ones are left out and pruned.
    fn sessions_of(
        &self,
        user: UserKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Ends every session of a user except `keep`, in one step, and answers the keys of those that were live.
    ///
    /// When it has returned, every session of the user that was created before the call is dead.
    fn end_all(
        &self,
        user: UserKey,
        keep: Option<StoreKey>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<StoreKey>, StoreError>> + Send;

    /// How many live sessions a user has. An expired one does not count.
    fn count(&self, user: UserKey, now: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an ended session must not be taken for an absent one"]
#[non_exhaustive]
pub enum Loaded {
    /// A record; possibly one that this version cannot read.
    Live(Bytes),
    /// A session that ended less than [`frame::TOMBSTONE_LIFE`] ago.
    Ended,
    /// Nothing, or nothing that still counts.
    Absent,
}

/// A session as an index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The session's key.
    pub key: StoreKey,
    /// The session's record.
    pub record: Bytes,
}

impl Entry {
    /// An entry of a listing.
    #[must_use]
    pub fn new(key: StoreKey, record: Bytes) -> Self {
        Self { key, record }
    }
}

/// In whose index a session stands, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The user.
    pub user: UserKey,
    /// The device, if the session names one.
    pub device: DeviceDigest,
    /// The absolute deadline: the order of the index.
    pub absolute: Timestamp,
}

impl Owner {
    /// The owner of a session that ends at `absolute` at the latest.
    #[must_use]
    pub fn new(user: UserKey, device: DeviceDigest, absolute: Timestamp) -> Self {
        Self {
            user,
            device,
            absolute,
        }
    }
}

/// The arguments of [`Store::create`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Create {
    /// The new session's key.
    pub key: StoreKey,
    /// Its record.
    pub record: Bytes,
    /// Its owner; `None` for an anonymous session.
    pub owner: Option<Owner>,
    /// The present moment.
    pub now: Timestamp,
}

impl Create {
    /// A new session.
    #[must_use]
    pub fn new(key: StoreKey, record: Bytes, owner: Option<Owner>, now: Timestamp) -> Self {
        Self {
            key,
            record,
            owner,
            now,
        }
    }
}

/// The arguments of [`Store::update`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Update {
    /// The session's key.
    pub key: StoreKey,
    /// The revision that the stored record must bear.
    pub expected: Revision,
    /// The record to write, with a revision of its own.
    pub record: Bytes,
    /// The index entry to write: given when the absolute deadline changed (re-authentication).
    pub owner: Option<Owner>,
    /// The present moment.
    pub now: Timestamp,
}

impl Update {
    /// A new state of a session.
    #[must_use]
    pub fn new(
        key: StoreKey,
        expected: Revision,
        record: Bytes,
        owner: Option<Owner>,
        now: Timestamp,
    ) -> Self {
        Self {
            key,
            expected,
            record,
            owner,
            now,
        }
    }
}

/// The arguments of [`Store::replace`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replace {
    /// The key of the session that ends.
    pub old: StoreKey,
    /// The revision that the old session's record must bear.
    pub expected: Revision,
    /// In whose index the old session stands.
    pub old_owner: Option<Owner>,
    /// The session that begins.
    pub new: Create,
}

impl Replace {
    /// A change of key.
    #[must_use]
    pub fn new(old: StoreKey, expected: Revision, old_owner: Option<Owner>, new: Create) -> Self {
        Self {
            old,
            expected,
            old_owner,
            new,
        }
    }
}

/// The arguments of [`Store::touch`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Touch {
    /// The session's key.
    pub key: StoreKey,
    /// The revision that was read.
    pub expected: Revision,
    /// When the session was used.
    pub seen: Timestamp,
    /// When it now ends if it is not used again.
    pub expires: Timestamp,
    /// The present moment.
    pub now: Timestamp,
}

impl Touch {
    /// A use of a session at `now`.
    #[must_use]
    pub fn new(key: StoreKey, expected: Revision, expires: Timestamp, now: Timestamp) -> Self {
        Self {
            key,
            expected,
            seen: now,
            expires,
            now,
        }
    }
}

/// The arguments of [`Store::end`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct End {
    /// The session's key.
    pub key: StoreKey,
    /// In whose index the session stands.
    pub owner: Option<Owner>,
    /// The present moment.
    pub now: Timestamp,
}

impl End {
    /// The end of a session.
    #[must_use]
    pub fn new(key: StoreKey, owner: Option<Owner>, now: Timestamp) -> Self {
        Self { key, owner, now }
    }
}

/// What became of a [`Create`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a refused session does not exist"]
#[non_exhaustive]
pub enum Created {
    /// The session exists.
    Applied,
    /// Something is stored under the key already, or the store is full.
    Refused,
}

/// What became of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the write may not have landed"]
#[non_exhaustive]
pub enum Updated {
    /// The record is written.
    Applied,
    /// Another revision is stored: this record.
    Conflict(Bytes),
    /// The session has ended or expired; nothing was written.
    Gone,
}

/// What became of a [`Replace`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the new session may not exist"]
#[non_exhaustive]
pub enum Replaced {
    /// The old session has ended and the new one exists.
    Applied,
    /// Another revision of the old session is stored: this record. Nothing was written.
    Conflict(Bytes),
    /// The old session has ended or expired; nothing was written.
    Gone,
    /// The new session was refused, as [`Created::Refused`]; the old one lives on.
    Refused,
}

/// What became of a [`Touch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the session may have ended"]
#[non_exhaustive]
pub enum Touched {
    /// The times are moved.
    Applied,
    /// Another revision is stored: a commit came between, and moved the times itself.
    Changed,
    /// The session has ended or expired.
    Gone,
}

/// What became of an [`End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "only the request that ended the session removes the cookie"]
#[non_exhaustive]
pub enum Ended {
    /// The session was there and has ended.
    Applied,
    /// The session was not there, or had ended already.
    Absent,
}
