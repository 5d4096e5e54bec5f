//! Who leaves for a login: those on its device, and as many as its limit asks for.

use std::sync::Arc;

use bytes::Bytes;
use keycard::store::SessionLimit::{EvictLeastRecentlyUsed, EvictOldest, Refuse};
use keycard::store::{
    Create, Created, Loaded, Owner, Replace, Replaced, SessionLimit, Update, Updated, UserIndex,
};
use keycard::{StoreKey, UserKey};

use super::index::{entries, listed};
use super::once::race;
use crate::record::{
    MILLISECOND, MINUTE, NOW, Sample, alice, anonymous, create, device, namesake, revision, session_of,
    unreadable,
};

/// The ways in which a session becomes one of a user's.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Without a session before.
    Create,
    /// In the stead of a guest's.
    Replace,
    /// With the last factor of a pending login.
    Update,
}

const WAYS: [Way; 3] = [Way::Create, Way::Replace, Way::Update];

/// The policies at a limit of so many.
fn limits(most: usize) -> [SessionLimit; 3] {
    [EvictOldest(most), EvictLeastRecentlyUsed(most), Refuse(most)]
}

/// What became of a login, whatever the way; the keys in order.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It landed, and these have ended for it.
    In(Vec<StoreKey>),
    Full,
    Otherwise,
}

fn landed(mut displaced: Vec<StoreKey>) -> Outcome {
    displaced.sort_unstable();
    Outcome::In(displaced)
}

/// It landed, and these sessions of the user have ended for it.
fn displaces(user: UserKey, numbers: &[u64]) -> Outcome {
    landed(numbers.iter().map(|number| session_of(user, *number)).collect())
}

/// One of many users, so that what is to be tried in many ways can be tried on one store.
fn user(row: usize, way: Way) -> UserKey {
    let number = u8::try_from(3 * row + way as usize).expect("few rows");
    UserKey::from_bytes([number; 16])
}

fn owner(user: UserKey, on: u8, limit: impl Into<Option<SessionLimit>>) -> Owner {
    Owner::new(user, device(on), Sample::new(0).absolute).limited(limit)
}

async fn begin(store: &impl UserIndex, number: u64, owner: Owner, record: Bytes) -> Outcome {
    let create = Create::new(session_of(owner.user, number), record, Some(owner), NOW);
    match store.create(create).await.unwrap() {
        Created::Applied => landed(Vec::new()),
        Created::Displaced(keys) => landed(keys),
        Created::LimitReached => Outcome::Full,
        Created::Refused | _ => Outcome::Otherwise,
    }
}

async fn replace(store: &impl UserIndex, replace: Replace) -> Outcome {
    match store.replace(replace).await.unwrap() {
        Replaced::Applied => landed(Vec::new()),
        Replaced::Displaced(keys) => landed(keys),
        Replaced::LimitReached => Outcome::Full,
        Replaced::Conflict(_) | Replaced::Gone | Replaced::Refused | _ => Outcome::Otherwise,
    }
}

async fn update(store: &impl UserIndex, update: Update) -> Outcome {
    match store.update(update).await.unwrap() {
        Updated::Applied => landed(Vec::new()),
        Updated::Displaced(keys) => landed(keys),
        Updated::LimitReached => Outcome::Full,
        Updated::Conflict(_) | Updated::Gone | _ => Outcome::Otherwise,
    }
}

/// The revision of what a login begins with: a guest's session, or a pending login.
const BEFORE: u64 = 1_000_000;

/// Logs a user in. What comes first on the way is left from the last time if the login is made again.
async fn log_in(store: &impl UserIndex, way: Way, number: u64, owner: Owner, record: Bytes) -> Outcome {
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
async fn there_are(store: &impl UserIndex, user: UserKey, sessions: &[(u64, u8, Sample)]) {
    for (number, on, sample) in sessions {
        let begun = begin(store, *number, owner(user, *on, None), sample.bytes()).await;
        assert_eq!(begun, displaces(user, &[]));
    }
}

/// The user has exactly these sessions.
async fn assert_left(store: &impl UserIndex, user: UserKey, sessions: &[(u64, Sample)]) {
    let sessions: Vec<_> = sessions
        .iter()
        .map(|(number, sample)| (*number, sample))
        .collect();
    assert_eq!(listed(store, user, NOW).await, entries(user, &sessions));
}

/// A session that began, and was used, so many minutes after the earliest.
fn aged(number: u64, created: u32, seen: u32) -> (u64, u8, Sample) {
    let at = |minutes| NOW.after(MINUTE * minutes);
    (number, 0, Sample::new(number).created(at(created)).seen(at(seen)))
}

pub async fn a_login_on_a_device_ends_the_session_there(store: impl UserIndex) {
    for way in WAYS {
        let user = user(0, way);
        let before = [(1, 7), (2, 8), (3, 0)].map(|(number, on)| (number, on, Sample::new(number)));
        there_are(&store, user, &before).await;
        let login = log_in(&store, way, 4, owner(user, 7, None), Sample::new(4).bytes()).await;
        assert_eq!(login, displaces(user, &[1]), "{way:?}");
        let ended = store.load(session_of(user, 1), NOW).await.unwrap();
        assert_eq!(ended, Loaded::Ended);
        let without = log_in(&store, way, 5, owner(user, 0, None), Sample::new(5).bytes()).await;
        assert_eq!(
            without,
            displaces(user, &[]),
            "{way:?}: no device is not a device"
        );
        let left: Vec<_> = (2..6).map(|number| (number, Sample::new(number))).collect();
        assert_left(&store, user, &left).await;
    }
}

pub async fn a_login_concerns_nobody_else(store: impl UserIndex) {
    assert_eq!(alice().tag(), namesake().tag());
    there_are(
        &store,
        namesake(),
        &[(1, 7, Sample::new(1)), (2, 8, Sample::new(2))],
    )
    .await;
    for (number, limit) in (3..).zip(limits(1)) {
        let login = begin(&store, number, owner(alice(), 7, limit), Sample::new(3).bytes()).await;
        let before = number - 1;
        let expected: &[u64] = if number == 3 { &[] } else { &[before] };
        assert_eq!(login, displaces(alice(), expected), "{limit:?}");
    }
    assert_left(&store, namesake(), &[(1, Sample::new(1)), (2, Sample::new(2))]).await;
}

pub async fn as_many_leave_as_the_limit_asks_for(store: impl UserIndex) {
    let rows: [(SessionLimit, Option<&[u64]>); 9] = [
        (EvictOldest(4), Some(&[])),
        (EvictOldest(3), Some(&[2])),
        (EvictOldest(2), Some(&[2, 3])),
        (EvictOldest(1), Some(&[1, 2, 3])),
        (EvictLeastRecentlyUsed(4), Some(&[])),
        (EvictLeastRecentlyUsed(3), Some(&[1])),
        (EvictLeastRecentlyUsed(2), Some(&[1, 3])),
        (Refuse(4), Some(&[])),
        (Refuse(3), None),
    ];
    for (row, (limit, leave)) in rows.into_iter().enumerate() {
        for way in WAYS {
            let user = user(row, way);
            there_are(&store, user, &[aged(1, 3, 3), aged(2, 1, 5), aged(3, 2, 4)]).await;
            // The new one would be the first to go by either time.
            let (_, _, new) = aged(4, 0, 0);
            let login = log_in(&store, way, 4, owner(user, 0, limit), new.bytes()).await;
            let expected = leave.map_or(Outcome::Full, |leave| displaces(user, leave));
            assert_eq!(login, expected, "{limit:?}, {way:?}");
            for number in leave.unwrap_or_default() {
                let ended = store.load(session_of(user, *number), NOW).await.unwrap();
                assert_eq!(ended, Loaded::Ended);
            }
            let left = leave.map_or(3, |leave| 4 - leave.len());
            assert_eq!(store.count(user, NOW).await.unwrap(), left, "{limit:?}, {way:?}");
        }
    }
}

pub async fn of_sessions_of_one_age_those_with_the_smallest_keys_leave(store: impl UserIndex) {
    // Bytes that are no text, and that a comparison by characters would put into another order.
    let numbers = [0xff, 0x80, 0x7f, 0xe9, b'a'.into(), b'B'.into(), 0];
    for (row, limit) in limits(4)[..2].iter().enumerate() {
        let user = user(row, Way::Create);
        there_are(
            &store,
            user,
            &numbers.map(|number| (number, 0, Sample::new(number))),
        )
        .await;
        let login = begin(&store, 1, owner(user, 0, *limit), Sample::new(1).bytes()).await;
        let smallest = [0, b'B'.into(), b'a'.into(), 0x7f];
        assert_eq!(login, displaces(user, &smallest), "{limit:?}");
    }
}

pub async fn pending_and_expired_sessions_neither_count_nor_leave(store: impl UserIndex) {
    for (row, limit) in limits(2).into_iter().enumerate() {
        for way in WAYS {
            let user = user(row, way);
            let pending = Sample::new(1).pending().created(NOW.after(MINUTE));
            let expired = Sample::new(2).expiring(NOW);
            there_are(
                &store,
                user,
                &[(2, 7, expired), (1, 7, pending.clone()), (3, 8, Sample::new(3))],
            )
            .await;
            let login = log_in(&store, way, 4, owner(user, 7, limit), Sample::new(4).bytes()).await;
            assert_eq!(login, displaces(user, &[]), "{limit:?}, {way:?}");
            let waits = store.load(session_of(user, 1), NOW).await.unwrap();
            assert_eq!(waits, Loaded::Live(pending.bytes()), "{limit:?}, {way:?}");
        }
    }
}

pub async fn a_pending_login_displaces_nobody_and_is_not_refused(store: impl UserIndex) {
    for (row, limit) in limits(1).into_iter().enumerate() {
        for way in WAYS {
            let user = user(row, way);
            there_are(&store, user, &[(1, 7, Sample::new(1)), (2, 8, Sample::new(2))]).await;
            let pending = Sample::new(3).pending().bytes();
            let login = log_in(&store, way, 3, owner(user, 7, limit), pending).await;
            assert_eq!(login, displaces(user, &[]), "{limit:?}, {way:?}");
            assert_left(&store, user, &[(1, Sample::new(1)), (2, Sample::new(2))]).await;
        }
    }
}

pub async fn a_refused_login_changes_nothing_and_may_come_again(store: impl UserIndex) {
    for way in WAYS {
        let user = user(0, way);
        there_are(
            &store,
            user,
            &[
                (1, 7, Sample::new(1)),
                (2, 8, Sample::new(2)),
                (3, 9, Sample::new(3)),
            ],
        )
        .await;
        let log_in = async || {
            let (owner, record) = (owner(user, 7, Refuse(2)), Sample::new(4).bytes());
            log_in(&store, way, 4, owner, record).await
        };
        for _ in 0..2 {
            assert_eq!(log_in().await, Outcome::Full, "{way:?}");
            let left = [1, 2, 3].map(|number| (number, Sample::new(number)));
            assert_left(&store, user, &left).await;
        }
        let ended = store.end_one(user, session_of(user, 2), NOW).await;
        assert_eq!(ended.unwrap(), keycard::store::Ended::Applied);
        assert_eq!(
            log_in().await,
            displaces(user, &[1]),
            "{way:?}: the device's leaves first"
        );
        assert_left(&store, user, &[(3, Sample::new(3)), (4, Sample::new(4))]).await;
    }
}

pub async fn a_session_neither_displaces_nor_counts_itself(store: impl UserIndex) {
    for (row, limit) in limits(1).into_iter().enumerate() {
        let user = user(row, Way::Update);
        let owner = owner(user, 7, limit);
        there_are(&store, user, &[(1, 7, Sample::new(1))]).await;
        let again = Update::new(
            session_of(user, 1),
            revision(1),
            Sample::new(2).bytes(),
            Some(owner),
            NOW,
        );
        assert_eq!(update(&store, again).await, displaces(user, &[]), "{limit:?}");
        assert_left(&store, user, &[(1, Sample::new(2))]).await;
        let new = Create::new(session_of(user, 3), Sample::new(3).bytes(), Some(owner), NOW);
        let next = Replace::new(session_of(user, 1), revision(2), Some(owner), new);
        assert_eq!(replace(&store, next).await, displaces(user, &[]), "{limit:?}");
        assert_left(&store, user, &[(3, Sample::new(3))]).await;
    }
}

pub async fn a_login_that_does_not_land_displaces_nobody(store: impl UserIndex) {
    let user = alice();
    let owner = owner(user, 7, EvictOldest(1));
    let pending = Sample::new(3).pending();
    there_are(
        &store,
        user,
        &[(1, 7, Sample::new(1)), (2, 8, Sample::new(2)), (3, 9, pending)],
    )
    .await;
    let taken = session_of(user, 2);
    let of = |key| Create::new(key, Sample::new(4).bytes(), Some(owner), NOW);
    let guest = anonymous(1);
    assert_eq!(
        store.create(create(guest, &Sample::new(1))).await.unwrap(),
        Created::Applied
    );
    for unlanded in [
        begin(&store, 2, owner, Sample::new(4).bytes()).await,
        replace(&store, Replace::new(guest, revision(1), None, of(taken))).await,
        replace(
            &store,
            Replace::new(guest, revision(9), None, of(session_of(user, 4))),
        )
        .await,
        replace(
            &store,
            Replace::new(anonymous(2), revision(1), None, of(session_of(user, 4))),
        )
        .await,
        update(
            &store,
            Update::new(
                session_of(user, 3),
                revision(9),
                Sample::new(4).bytes(),
                Some(owner),
                NOW,
            ),
        )
        .await,
        update(
            &store,
            Update::new(
                session_of(user, 5),
                revision(1),
                Sample::new(4).bytes(),
                Some(owner),
                NOW,
            ),
        )
        .await,
    ] {
        assert_eq!(unlanded, Outcome::Otherwise);
    }
    assert_left(&store, user, &[(1, Sample::new(1)), (2, Sample::new(2))]).await;
}

pub async fn a_login_after_a_lost_answer_displaces_nobody_else(store: impl UserIndex) {
    for way in WAYS {
        let user = user(0, way);
        there_are(&store, user, &[aged(1, 1, 1), aged(2, 2, 2)]).await;
        let (owner, record) = (owner(user, 7, EvictOldest(2)), Sample::new(3).bytes());
        let first = log_in(&store, way, 3, owner, record.clone()).await;
        assert_eq!(first, displaces(user, &[1]), "{way:?}");
        there_are(&store, user, &[aged(4, 4, 4)]).await;
        let again = log_in(&store, way, 3, owner, record).await;
        assert_eq!(again, displaces(user, &[]), "{way:?}");
        assert_eq!(store.count(user, NOW).await.unwrap(), 3);
    }
}

pub async fn what_cannot_be_read_counts_and_leaves_last(store: impl UserIndex) {
    for (row, limit) in limits(6).into_iter().enumerate() {
        let user = user(row, Way::Create);
        for (number, bytes) in (10..).zip(unreadable()) {
            let begun = begin(&store, number, owner(user, 0, None), bytes).await;
            assert_eq!(begun, displaces(user, &[]));
        }
        there_are(&store, user, &[(1, 0, Sample::new(1).created(NOW.after(MINUTE)))]).await;
        let login = begin(&store, 2, owner(user, 0, limit), Sample::new(2).bytes()).await;
        let expected = match limit.leaves_first() {
            Some(_) => displaces(user, &[1, 10]),
            None => Outcome::Full,
        };
        assert_eq!(login, expected, "{limit:?}");
    }
}

pub async fn a_session_that_changed_its_device_has_left_the_old_one(store: impl UserIndex) {
    let user = alice();
    there_are(&store, user, &[(1, 7, Sample::new(1))]).await;
    let moves = Update::new(
        session_of(user, 1),
        revision(1),
        Sample::new(2).bytes(),
        Some(owner(user, 8, None)),
        NOW,
    );
    assert_eq!(update(&store, moves).await, displaces(user, &[]));
    for (number, on, leave) in [(2, 7, &[][..]), (3, 8, &[1])] {
        let login = begin(&store, number, owner(user, on, None), Sample::new(3).bytes()).await;
        assert_eq!(login, displaces(user, leave), "device {on}");
    }
}

pub async fn of_many_parallel_logins_three_stay_by_a_limit_of_three(store: impl UserIndex) {
    let store = Arc::new(store);
    for (row, limit) in limits(3).into_iter().enumerate() {
        let user = user(row, Way::Create);
        let outcomes = race(&store, |store, number| async move {
            let way = WAYS[usize::from(number % 4 == 3)];
            // Each of another age, so that all policies have something to tell apart.
            let began = NOW.after(MILLISECOND * u32::try_from(number * 7 % 64).expect("small"));
            let record = Sample::new(number).created(began).seen(began).bytes();
            (
                number,
                log_in(&*store, way, number, owner(user, 0, limit), record).await,
            )
        })
        .await;
        let mut live = Vec::new();
        let mut displaced = Vec::new();
        for (number, outcome) in outcomes {
            match outcome {
                Outcome::In(keys) => {
                    live.push(session_of(user, number));
                    displaced.extend(keys);
                }
                Outcome::Full => assert_eq!(limit, Refuse(3)),
                Outcome::Otherwise => panic!("{number} met another"),
            }
        }
        live.retain(|key| !displaced.contains(key));
        live.sort_unstable();
        let listed: Vec<_> = listed(&*store, user, NOW)
            .await
            .iter()
            .map(|entry| entry.key)
            .collect();
        assert_eq!(listed.len(), 3, "{limit:?}");
        assert_eq!(listed, live, "{limit:?}: who is there came in and did not leave");
    }
}
