//! `end_one` and `end_device`: what an account page asks for, whatever it was given.

use keycard::store::{Create, Created, Ended, Loaded, Touch, Touched, UserIndex};
use keycard::{StoreKey, UserKey};

use super::index::{begin, entries, listed};
use crate::record::{
    HOUR, MINUTE, NOW, Sample, alice, anonymous, bob, create, device, namesake, owner, revision, session_of,
    unreadable,
};

/// A session of a user on a device.
async fn begin_on(store: &impl UserIndex, user: UserKey, number: u64, on: u8, sample: &Sample) {
    let mut owner = owner(user, sample.absolute);
    owner.device = device(on);
    let create = Create::new(session_of(user, number), sample.bytes(), Some(owner), NOW);
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
}

async fn lives(store: &impl UserIndex, key: StoreKey) -> bool {
    matches!(store.load(key, NOW).await.unwrap(), Loaded::Live(_))
}

pub async fn end_one_ends_a_session_of_the_user_once(store: impl UserIndex) {
    for number in 0..3 {
        begin(&store, alice(), number, &Sample::new(number)).await;
    }
    let key = session_of(alice(), 1);
    assert_eq!(store.end_one(alice(), key, NOW).await.unwrap(), Ended::Applied);
    assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
    assert_eq!(
        listed(&store, alice(), NOW).await,
        entries(alice(), &[(0, &Sample::new(0)), (2, &Sample::new(2))])
    );
    assert_eq!(store.end_one(alice(), key, NOW).await.unwrap(), Ended::Absent);
}

pub async fn end_one_ends_nobody_else_s(store: impl UserIndex) {
    begin(&store, alice(), 0, &Sample::new(0)).await;
    begin(&store, namesake(), 1, &Sample::new(1)).await;
    begin(&store, bob(), 2, &Sample::new(2)).await;
    assert_eq!(
        store.create(create(anonymous(3), &Sample::new(3))).await.unwrap(),
        Created::Applied
    );
    let foreign = [session_of(namesake(), 1), session_of(bob(), 2), anonymous(3)];
    for key in foreign {
        assert_eq!(store.end_one(alice(), key, NOW).await.unwrap(), Ended::Absent);
        assert!(lives(&store, key).await, "{key:?}");
    }
    assert!(lives(&store, session_of(alice(), 0)).await);
}

pub async fn end_one_of_a_key_that_nobody_has_leaves_no_tombstone(store: impl UserIndex) {
    for key in [session_of(alice(), 9), anonymous(9)] {
        assert_eq!(store.end_one(alice(), key, NOW).await.unwrap(), Ended::Absent);
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Absent);
        let created = store.create(create(key, &Sample::new(1))).await;
        assert_eq!(created.unwrap(), Created::Applied);
    }
}

pub async fn end_one_of_an_expired_session_is_absent_and_final(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let key = session_of(alice(), 1);
    let ended = store.end_one(alice(), key, NOW.after(MINUTE)).await;
    assert_eq!(ended.unwrap(), Ended::Absent);
    let touch = Touch::new(key, revision(1), NOW.after(HOUR), NOW);
    assert_eq!(
        store.touch(touch).await.unwrap(),
        Touched::Gone,
        "on a server behind"
    );
}

pub async fn end_one_ends_pending_logins_and_what_it_cannot_read(store: impl UserIndex) {
    let mut records = unreadable().to_vec();
    records.push(Sample::new(1).pending().bytes());
    for (number, bytes) in (0..).zip(records) {
        let key = session_of(alice(), number);
        let create = Create::new(key, bytes, Some(owner(alice(), NOW.after(HOUR))), NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
        assert_eq!(store.end_one(alice(), key, NOW).await.unwrap(), Ended::Applied);
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
    }
}

pub async fn end_device_ends_the_user_s_sessions_there_and_no_others(store: impl UserIndex) {
    let pending = Sample::new(2).pending();
    let over = Sample::new(3).expiring(NOW);
    for (user, number, on, sample) in [
        (alice(), 3, 7, &over),
        (alice(), 1, 7, &Sample::new(1)),
        (alice(), 2, 7, &pending),
        (alice(), 4, 8, &Sample::new(4)),
        (alice(), 5, 0, &Sample::new(5)),
        (namesake(), 6, 7, &Sample::new(6)),
        (bob(), 7, 7, &Sample::new(7)),
    ] {
        begin_on(&store, user, number, on, sample).await;
    }
    let mut ended = store.end_device(alice(), device(7), NOW).await.unwrap();
    ended.sort_unstable();
    assert_eq!(ended, [1, 2].map(|number| session_of(alice(), number)));
    for key in ended {
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
    }
    let left = entries(alice(), &[(4, &Sample::new(4)), (5, &Sample::new(5))]);
    assert_eq!(listed(&store, alice(), NOW).await, left);
    assert!(lives(&store, session_of(namesake(), 6)).await);
    assert!(lives(&store, session_of(bob(), 7)).await);

    for nobody_s in [device(7), device(9), device(0)] {
        assert_eq!(store.end_device(alice(), nobody_s, NOW).await.unwrap(), []);
    }
    assert_eq!(listed(&store, alice(), NOW).await, left);
}
