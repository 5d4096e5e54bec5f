//! What a store counts, and that it counts what landed, once.

use std::sync::Arc;
use std::time::Duration;

use keycard::store::SessionLimit::{EvictOldest, Refuse};
use keycard::store::{
    Create, Created, End, EndReason, Ended, Figures, Owner, Replace, Replaced, Statistics, Touch, Touched,
    Update, Updated, UserIndex,
};
use keycard::{StoreKey, Timestamp, UserKey};

use super::once::race;
use crate::record::{
    HOUR, MINUTE, NOW, Sample, alice, anonymous, bob, create, device, revision, session_of, update,
};

/// A store that counts all that can be counted.
pub trait Counting: UserIndex + Statistics {}

impl<S: UserIndex + Statistics> Counting for S {}

async fn figures(store: &impl Counting) -> Figures {
    store.statistics(NOW).await.unwrap()
}

pub(super) async fn active_at(store: &impl Counting, after: Duration) -> u64 {
    store.statistics(NOW.after(after)).await.unwrap().active_sessions
}

/// Active sessions, logins, and endings in the order of their reasons.
async fn assert_counted(store: &impl Counting, active: u64, logins: u64, ended: [u64; 5], what: &str) {
    let figures = figures(store).await;
    let reasons = EndReason::ALL.map(|reason| figures.ended(reason));
    assert_eq!(
        (figures.active_sessions, figures.logins, reasons),
        (active, logins, ended),
        "{what}"
    );
}

pub(super) fn owner(user: UserKey, on: u8) -> Owner {
    Owner::new(user, device(on), Sample::new(0).absolute)
}

/// A session at a revision of its own number, which must begin.
pub(super) async fn begin(store: &impl Counting, key: StoreKey, owner: Option<Owner>, sample: &Sample) {
    let created = store.create(Create::new(key, sample.bytes(), owner, NOW)).await;
    assert_eq!(created.unwrap(), Created::Applied);
}

/// A user's session, which must begin.
pub(super) async fn log_in(store: &impl Counting, user: UserKey, number: u64, on: u8) {
    let (key, sample) = (session_of(user, number), Sample::new(number));
    begin(store, key, Some(owner(user, on)), &sample).await;
}

pub async fn an_unused_store_counts_nothing(store: impl Counting) {
    assert_eq!(figures(&store).await, Figures::default());
}

pub async fn each_login_is_counted_once(store: impl Counting) {
    let user = alice();
    let owned = Some(owner(user, 0));
    begin(&store, anonymous(1), None, &Sample::new(1)).await;
    assert_counted(&store, 1, 0, [0; 5], "a guest").await;

    for _ in 0..2 {
        log_in(&store, user, 2, 0).await;
        assert_counted(&store, 2, 1, [0; 5], "a login, and its repetition").await;
    }
    let again = Update::new(
        session_of(user, 2),
        revision(2),
        Sample::new(3).bytes(),
        owned,
        NOW,
    );
    assert_eq!(store.update(again).await.unwrap(), Updated::Applied);
    assert_counted(&store, 2, 1, [0; 5], "a re-authentication").await;

    let pending = Sample::new(4).pending();
    begin(&store, session_of(user, 4), owned, &pending).await;
    assert_counted(&store, 3, 1, [0; 5], "a pending login").await;
    let complete = Update::new(
        session_of(user, 4),
        revision(4),
        Sample::new(5).bytes(),
        owned,
        NOW,
    );
    for _ in 0..2 {
        assert_eq!(store.update(complete.clone()).await.unwrap(), Updated::Applied);
        assert_counted(&store, 3, 2, [0; 5], "its last factor, and its repetition").await;
    }
    let new = Create::new(session_of(user, 6), Sample::new(6).bytes(), owned, NOW);
    let replace = Replace::new(anonymous(1), revision(1), None, new);
    for _ in 0..2 {
        assert_eq!(store.replace(replace.clone()).await.unwrap(), Replaced::Applied);
        assert_counted(
            &store,
            3,
            3,
            [0, 0, 0, 1, 0],
            "a guest's login, and its repetition",
        )
        .await;
    }
    let guest = create(anonymous(7), &Sample::new(7));
    let leave = Replace::new(session_of(user, 6), revision(6), owned, guest);
    assert_eq!(store.replace(leave).await.unwrap(), Replaced::Applied);
    assert_counted(&store, 3, 3, [0, 0, 0, 2, 0], "a guest's session after a user's").await;
}

pub async fn each_ending_is_counted_once_by_its_reason(store: impl Counting) {
    let user = alice();
    let logout = End::new(anonymous(1), None, NOW);
    begin(&store, anonymous(1), None, &Sample::new(1)).await;
    for (ended, what) in [(Ended::Applied, "a logout"), (Ended::Absent, "another")] {
        assert_eq!(store.end(logout.clone()).await.unwrap(), ended);
        assert_counted(&store, 0, 0, [1, 0, 0, 0, 0], what).await;
    }
    for (reason, logins, counted) in [
        (EndReason::Revoked, 1, [1, 1, 0, 0, 0]),
        (EndReason::Drifted, 2, [1, 1, 0, 0, 1]),
    ] {
        log_in(&store, user, logins, 0).await;
        let end = End::new(session_of(user, logins), Some(owner(user, 0)), NOW).because(reason);
        assert_eq!(store.end(end).await.unwrap(), Ended::Applied);
        assert_counted(&store, 0, logins, counted, reason.name()).await;
    }

    for (number, on) in [(3, 1), (4, 2), (5, 3), (6, 0)] {
        log_in(&store, user, number, on).await;
    }
    assert_counted(&store, 4, 6, [1, 1, 0, 0, 1], "four logins").await;
    for _ in 0..2 {
        let _: Ended = store.end_one(user, session_of(user, 3), NOW).await.unwrap();
        assert_counted(&store, 3, 6, [1, 2, 0, 0, 1], "end_one").await;
    }
    for _ in 0..2 {
        drop(store.end_device(user, device(2), NOW).await.unwrap());
        assert_counted(&store, 2, 6, [1, 3, 0, 0, 1], "end_device").await;
    }
    log_in(&store, bob(), 1, 0).await;
    for _ in 0..2 {
        drop(store.end_all(user, NOW).await.unwrap());
        assert_counted(&store, 1, 7, [1, 5, 0, 0, 1], "end_all").await;
    }
}

pub async fn the_displaced_are_counted(store: impl Counting) {
    let user = alice();
    for (number, on) in [(1, 7), (2, 0), (3, 0)] {
        log_in(&store, user, number, on).await;
    }
    let limited = owner(user, 7).limited(EvictOldest(2));
    let login = Create::new(session_of(user, 4), Sample::new(4).bytes(), Some(limited), NOW);
    for _ in 0..2 {
        drop(store.create(login.clone()).await.unwrap());
        assert_counted(
            &store,
            2,
            4,
            [0, 0, 2, 0, 0],
            "one on the device, and one too many",
        )
        .await;
    }
}

pub async fn what_does_not_land_is_not_counted(store: impl Counting) {
    let user = alice();
    let owned = Some(owner(user, 0).limited(Refuse(1)));
    log_in(&store, user, 1, 0).await;
    begin(&store, anonymous(1), None, &Sample::new(1)).await;
    let new = |number| Create::new(session_of(user, number), Sample::new(9).bytes(), owned, NOW);
    assert_eq!(store.create(new(1)).await.unwrap(), Created::Refused);
    assert_eq!(store.create(new(2)).await.unwrap(), Created::LimitReached);
    let late = Sample::new(9).expiring(NOW.after(HOUR));
    let conflict = store.update(update(anonymous(1), 8, &late)).await.unwrap();
    assert_eq!(conflict, Updated::Conflict(Sample::new(1).bytes()));
    assert_eq!(
        store.update(update(anonymous(2), 1, &late)).await.unwrap(),
        Updated::Gone
    );
    let replace = |old, expected| Replace::new(old, revision(expected), None, new(2));
    let full = store.replace(replace(anonymous(1), 1)).await.unwrap();
    assert_eq!(full, Replaced::LimitReached);
    let conflict = store.replace(replace(anonymous(1), 8)).await.unwrap();
    assert_eq!(conflict, Replaced::Conflict(Sample::new(1).bytes()));
    assert_eq!(
        store.replace(replace(anonymous(2), 1)).await.unwrap(),
        Replaced::Gone
    );
    let touch = |key, expected| Touch::new(key, revision(expected), NOW.after(HOUR), NOW);
    assert_eq!(
        store.touch(touch(anonymous(1), 8)).await.unwrap(),
        Touched::Changed
    );
    assert_eq!(store.touch(touch(anonymous(2), 1)).await.unwrap(), Touched::Gone);
    assert_eq!(
        store.end(End::new(anonymous(2), None, NOW)).await.unwrap(),
        Ended::Absent
    );
    assert_counted(&store, 2, 1, [0; 5], "nothing has landed").await;
    assert_eq!(active_at(&store, MINUTE * 30).await, 0, "nor moved");
}

pub async fn what_has_expired_is_not_counted_as_ended(store: impl Counting) {
    let user = alice();
    let short = |number| Sample::new(number).expiring(NOW.after(MINUTE));
    for number in 1..=3 {
        begin(
            &store,
            session_of(user, number),
            Some(owner(user, 7)),
            &short(number),
        )
        .await;
        let later = NOW.after(MINUTE);
        match number {
            1 => drop(
                store
                    .end(End::new(session_of(user, 1), Some(owner(user, 7)), later))
                    .await
                    .unwrap(),
            ),
            2 => drop(store.end_all(user, later).await.unwrap()),
            _ => drop(store.create(login_at(user, later)).await.unwrap()),
        }
    }
    let figures = store.statistics(NOW.after(MINUTE)).await.unwrap();
    assert_eq!((figures.active_sessions, figures.logins), (1, 4));
    assert!(figures.ended.is_empty(), "{figures:?}");
}

fn login_at(user: UserKey, now: Timestamp) -> Create {
    let owner = owner(user, 7).limited(EvictOldest(1));
    Create::new(session_of(user, 4), Sample::new(4).bytes(), Some(owner), now)
}

pub async fn the_figures_are_exact_after_a_race(store: impl Counting) {
    let store = Arc::new(store);
    let limited = owner(alice(), 0).limited(EvictOldest(3));
    let before = race(&store, |store, number| async move {
        let key = session_of(alice(), number);
        let login = Create::new(key, Sample::new(number).bytes(), Some(limited), NOW);
        let landed = matches!(
            store.create(login).await.unwrap(),
            Created::Applied | Created::Displaced(_)
        );
        let logout = End::new(key, Some(limited), NOW);
        let ends = number % 4 == 0 && store.end(logout).await.unwrap() == Ended::Applied;
        (landed, ends)
    })
    .await;
    let logins = before.iter().filter(|(landed, _)| *landed).count() as u64;
    let logouts = before.iter().filter(|(_, ends)| *ends).count() as u64;
    let live = store.count(alice(), NOW).await.unwrap() as u64;
    let displaced = logins - logouts - live;
    assert_eq!(logins, 64);
    assert_counted(
        &*store,
        live,
        logins,
        [logouts, 0, displaced, 0, 0],
        "all of them",
    )
    .await;
}
