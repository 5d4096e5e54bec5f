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
//! Bytes whose version this crate does not know are handed out as they are, and only endings touch them.
//!
//! # Devices and limits
//!
//! A record that is written with an [`Owner`] and is not [pending](frame::PENDING) is a login, and in the same step others
//! of the user's sessions end for it: those on its device, and then as many as its [`SessionLimit`] asks for. Only live
//! sessions count and leave, and pending ones neither; a session never ends for itself. One that cannot be read counts, and
//! is taken for the youngest. Whoever leaves is named: `Displaced(keys)` is `Applied`, and these have ended. Where the limit
//! refuses, `LimitReached`, nothing is written and nobody leaves.

mod erased;
mod erased_index;
pub mod frame;
mod history;
mod limit;
pub mod memory;
pub mod near;
mod outcome;
mod statistics;
mod throttle;
mod token;
mod verb;
mod watch;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::erased::{ErasedStatistics, ErasedStore, ErasedThrottle, Measured, Read};
pub(crate) use self::erased_index::{ErasedHistory, ErasedIndex};
pub use self::history::{Fate, History, Note, Noted, Retention, Which};
pub use self::limit::SessionLimit;
pub use self::outcome::{Created, Ended, Entry, Loaded, Replaced, Revoked, Touched, Updated};
pub use self::statistics::{Figures, Statistics};
pub use self::throttle::{Refund, Reserved, Throttle, ThrottleKey, Window};
pub use self::token::{Family, Fresh, Refresh, Refreshed, TokenStanding, TokenStore};
pub use self::verb::{Create, End, EndReason, Owner, Replace, Touch, Update};
pub use self::watch::{News, Watch, Watcher};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{DeviceDigest, StoreKey, UserKey};

/// The largest record in bytes.
pub const MAX_RECORD: usize = 64 * 1024;

/// The most sessions that a user's index holds, pending ones included. The login that would exceed it ends the session with
/// the nearest absolute deadline, and names it among the displaced.
pub const MAX_SESSIONS_PER_USER: usize = 1_000;

/// A place that keeps sessions. See the [module documentation](self) for what each verb must hold.
///
/// ```
/// use keycard::store::{Create, Created, End, Ended, Loaded, Store, frame, memory::MemoryStore};
/// use keycard::{StoreKey, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), keycard::StoreError> {
/// let (store, key, now) = (MemoryStore::new(), StoreKey::from_bytes([7; 20]), Timestamp::from_millis(1_000));
/// let mut record = vec![0; frame::HEADER_LEN]; // the core writes real ones
/// record[0] = frame::VERSION;
/// record[frame::EXPIRES].copy_from_slice(&61_000_u64.to_be_bytes());
///
/// let create = Create::new(key, record.clone().into(), None, now);
/// assert_eq!(store.create(create.clone()).await?, Created::Applied);
/// assert_eq!(store.load(key, now).await?, Loaded::Live(record.into()));
/// assert_eq!(store.end(End::new(key, None, now)).await?, Ended::Applied);
/// assert_eq!(store.load(key, now).await?, Loaded::Ended);
/// assert_eq!(store.create(create).await?, Created::Refused, "a session that ended never comes back");
/// # Ok(())
/// # }
/// ```
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

    /// Reads the session under `key` where it is kept: a store that answers [`load`](Self::load) from copies asks the
    /// original.
    fn load_anew(
        &self,
        key: StoreKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Loaded, StoreError>> + Send {
        self.load(key, now)
    }

    /// The same of several sessions, in the order of `keys`. A networked store does so in one round trip.
    fn load_many_anew(
        &self,
        keys: &[StoreKey],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Loaded>, StoreError>> + Send {
        self.load_many(keys, now)
    }

    /// Whether sessions can be read, by one round trip and within the store's own deadline: for a probe.
    fn ready(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        let nobodys = StoreKey::from_bytes([0; 20]);
        async move { self.load_anew(nobodys, Timestamp::from_millis(0)).await.map(drop) }
    }

    /// Asks to keep copies for [`aside`](Self::aside) when the link is lost that tells what
    /// changes. Answers whether that is done: it is not where there are no copies.
    fn keep_aside(&self) -> bool {
        false
    }

    /// A copy of a session that lives at `now` by its own header, and was what the original was `within` this time, if not
    /// longer: for who has asked for the original in vain.
    fn aside(&self, _key: StoreKey, _within: Duration, _now: Timestamp) -> Option<Bytes> {
        None
    }

    /// Writes a new session, and its entry in the owner's index.
    ///
    /// Whatever is stored under the key already, live or tombstone, stays: [`Created::Refused`]; unless it bears the
    /// revision of the new record ([`Created::Applied`]: who left for it was told by the answer that was lost).
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
///
/// ```
/// use keycard::store::{UserIndex, memory::MemoryStore};
/// use keycard::{Clock, KeyRing, Keycard, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
/// for _ in 0..2 {
///     let session = keycard.open([]).load().await?;
///     session.login("alice");
///     session.commit().await?;
/// }
///
/// let (alice, now) = (keycard.user_key(&"alice".into()), SystemClock.now());
/// assert_eq!(store.sessions_of(alice, now).await?.len(), 2);
/// assert_eq!(store.end_all(alice, now).await?.len(), 2);
/// assert_eq!(store.count(alice, now).await?, 0);
/// # Ok(())
/// # }
/// ```
pub trait UserIndex: Store {
    /// The live sessions of a user, each with its record, but for [pending](frame::PENDING) ones. Ended and expired ones are
    /// left out; they leave the index when their record is gone, since by the clock of another server an expired one may
    /// still live.
    fn sessions_of(
        &self,
        user: UserKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Ends every session of a user, in one step and pending ones included, and answers the keys of those that were live.
    ///
    /// When it has returned, every session of the user that was created before the call is dead.
    fn end_all(
        &self,
        user: UserKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<StoreKey>, StoreError>> + Send;

    /// Ends every session of a user but `keep`, as [`end_all`](Self::end_all) does. If `keep` is not live, or does not stand in
    /// this user's index, nothing ends: of sessions that end each other at once, one stays.
    fn end_others(
        &self,
        user: UserKey,
        keep: StoreKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Revoked, StoreError>> + Send;

    /// Ends one session of a user, pending or not. A key that does not stand in this user's index ends nothing, so that a
    /// handle may come from whoever claims to be the user.
    fn end_one(
        &self,
        user: UserKey,
        key: StoreKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Ended, StoreError>> + Send;

    /// Ends every session of a user on a device, pending ones included, and answers the keys of those that were live.
    /// [`DeviceDigest::NONE`] is no device, and ends nothing.
    fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<StoreKey>, StoreError>> + Send;

    /// How many sessions [`sessions_of`](Self::sessions_of) would list.
    fn count(&self, user: UserKey, now: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;
}
