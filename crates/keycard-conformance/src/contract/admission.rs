//! Who leaves for a login: those on its device, never itself, and nobody if it does not land.

use keycard::store::SessionLimit::{EvictOldest, Refuse};
use keycard::store::{Create, Created, Loaded, Replace, Update, UserIndex};

use super::ways::{
    Outcome, WAYS, Way, aged, assert_left, begin, displaces, limits, log_in, owner, replace, there_are,
    update, user,
};
use crate::record::{NOW, Sample, alice, anonymous, create, namesake, revision, session_of};

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
