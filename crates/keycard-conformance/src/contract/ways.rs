//! The ways in which a user logs in, tried alike.

use bytes::Bytes;
use keycard::store::SessionLimit::{EvictLeastRecentlyUsed, EvictOldest, Refuse};
use keycard::store::{Create, Created, Owner, Replace, Replaced, SessionLimit, Update, Updated, UserIndex};
use keycard::{StoreKey, UserKey};

use super::index::{entries, listed};
use crate::record::{MINUTE, NOW, Sample, anonymous, create, device, revision, session_of};

/// The ways in which a session becomes one of a user's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// Without a session before.
    Create,
    /// In the stead of a guest's.
    Replace,
    /// With the last factor of a pending login.
    Update,
}

pub(super) const WAYS: [Way; 3] = [Way::Create, Way::Replace, Way::Update];

/// The policies at a limit of so many.
pub(super) fn limits(most: usize) -> [SessionLimit; 3] {
    [EvictOldest(most), EvictLeastRecentlyUsed(most), Refuse(most)]
}

/// What became of a login, whatever the way; the keys in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It landed, and these have ended for it.
    In(Vec<StoreKey>),
    Full,
    Otherwise,
}

pub(super) fn landed(mut displaced: Vec<StoreKey>) -> Outcome {
    displaced.sort_unstable();
    Outcome::In(displaced)
}

/// It landed, and these sessions of the user have ended for it.
pub(super) fn displaces(user: UserKey, numbers: &[u64]) -> Outcome {
    landed(numbers.iter().map(|number| session_of(user, *number)).collect())
}

/// One of many users, so that what is to be tried in many ways can be tried on one store.
pub(super) fn user(row: usize, way: Way) -> UserKey {
    let number = u8::try_from(3 * row + way as usize).expect("few rows");
    UserKey::from_bytes([number; 16])
}

pub(super) fn owner(user: UserKey, on: u8, limit: impl Into<Option<SessionLimit>>) -> Owner {
    Owner::new(user, device(on), Sample::new(0).absolute).limited(limit)
}

pub(super) async fn begin(store: &impl UserIndex, number: u64, owner: Owner, record: Bytes) -> Outcome {
    let create = Create::new(session_of(owner.user, number), record, Some(owner), NOW);
    match store.create(create).await.unwrap() {
        Created::Applied => landed(Vec::new()),
        Created::Displaced(keys) => landed(keys),
        Created::LimitReached => Outcome::Full,
        Created::Refused | _ => Outcome::Otherwise,
    }
}

pub(super) async fn replace(store: &impl UserIndex, replace: Replace) -> Outcome {
    match store.replace(replace).await.unwrap() {
        Replaced::Applied => landed(Vec::new()),
        Replaced::Displaced(keys) => landed(keys),
        Replaced::LimitReached => Outcome::Full,
        Replaced::Conflict(_) | Replaced::Gone | Replaced::Refused | _ => Outcome::Otherwise,
    }
}

pub(super) async fn update(store: &impl UserIndex, update: Update) -> Outcome {
    match store.update(update).await.unwrap() {
        Updated::Applied => landed(Vec::new()),
        Updated::Displaced(keys) => landed(keys),
        Updated::LimitReached => Outcome::Full,
        Updated::Conflict(_) | Updated::Gone | _ => Outcome::Otherwise,
    }
}

/// The revision of what a login begins with: a guest's session, or a pending login.
pub(super) const BEFORE: u64 = 1_000_000;

/// Logs a user in. What comes first on the way is left from the last time if the login is made again.
pub(super) async fn log_in(
    store: &impl UserIndex,
    way: Way,
    number: u64,
    owner: Owner,
    record: Bytes,
) -> Outcome {
    let key = session_of(owner.user, number);
    let new = Create::new(key, record.clone(), Some(owner), NOW);
    match way {
        Way::Create => begin(store, number, owner, record).await,
        Way::Replace => {
            let old = anonymous(100 * (1 + u64::from(owner.user.digest()[0])) + number);
            drop(store.create(create(old, &Sample::new(BEFORE))).await.unwrap());
            replace(store, Replace::new(old, revision(BEFORE), None, new)).await
        }
        Way::Update => {
            begin(store, number, owner, Sample::new(BEFORE).pending().bytes()).await;
            update(
                store,
                Update::new(key, revision(BEFORE), record, Some(owner), NOW),
            )
            .await
        }
    }
}

/// Sessions of a user that are there before a login, each with its number, its device and its record.
pub(super) async fn there_are(store: &impl UserIndex, user: UserKey, sessions: &[(u64, u8, Sample)]) {
    for (number, on, sample) in sessions {
        let begun = begin(store, *number, owner(user, *on, None), sample.bytes()).await;
        assert_eq!(begun, displaces(user, &[]));
    }
}

/// The user has exactly these sessions.
pub(super) async fn assert_left(store: &impl UserIndex, user: UserKey, sessions: &[(u64, Sample)]) {
    let sessions: Vec<_> = sessions
        .iter()
        .map(|(number, sample)| (*number, sample))
        .collect();
    assert_eq!(listed(store, user, NOW).await, entries(user, &sessions));
}

/// A session that began, and was used, so many minutes after the earliest.
pub(super) fn aged(number: u64, created: u32, seen: u32) -> (u64, u8, Sample) {
    let at = |minutes| NOW.after(MINUTE * minutes);
    (number, 0, Sample::new(number).created(at(created)).seen(at(seen)))
}
