//! How many leave for a login, and in what order.

use std::sync::Arc;

use keycard::store::SessionLimit::{EvictLeastRecentlyUsed, EvictOldest, Refuse};
use keycard::store::{Loaded, SessionLimit, UserIndex};

use super::index::listed;
use super::once::race;
use super::ways::{
    Outcome, WAYS, Way, aged, assert_left, begin, displaces, limits, log_in, owner, there_are, user,
};
use crate::record::{MILLISECOND, MINUTE, NOW, Sample, session_of, unreadable};

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
