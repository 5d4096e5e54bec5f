//! Writes land over the revision that they name, and nowhere else.

use keycard::store::{
    Create, End, Ended, Loaded, Replace, Replaced, Store as _, Touch, Touched, Update, Updated, frame,
};

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

#[tokio::test]
async fn update_writes_over_the_expected_revision_only() {
    let world = World::begin().await;
    world.create(key(A, 1), &live(1), None).await;
    let update = |expected, record| Update::new(key(A, 1), revision(expected), record, None, NOW);
    assert_eq!(
        world.store.update(update(1, live(2))).await.unwrap(),
        Updated::Applied
    );
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(2)));
    assert_eq!(
        world.store.update(update(1, live(3))).await.unwrap(),
        Updated::Conflict(live(2))
    );
    assert_eq!(
        world.store.update(update(1, live(2))).await.unwrap(),
        Updated::Applied,
        "its own revision"
    );
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(2)));
}

#[tokio::test]
async fn a_revision_is_compared_byte_by_byte() {
    let world = World::begin().await;
    let revisions = [
        0,
        1,
        0x0a00,
        u64::MAX,
        0x00ff_00ff_00ff_00ff,
        0x2500_0000_0000_0025,
        0x8000_0000_0000_0000,
    ];
    for (session, stored) in revisions.into_iter().enumerate() {
        let key = key(A, session as u64);
        world.create(key, &live(stored), None).await;
        for expected in revisions.into_iter().filter(|expected| *expected != stored) {
            let update = Update::new(key, revision(expected), live(77), None, NOW);
            assert_eq!(
                world.store.update(update).await.unwrap(),
                Updated::Conflict(live(stored))
            );
        }
        let update = Update::new(key, revision(stored), live(77), None, NOW);
        assert_eq!(world.store.update(update).await.unwrap(), Updated::Applied);
    }
}

#[tokio::test]
async fn what_is_gone_is_not_written() {
    let world = World::begin().await;
    let (nothing, expired, ended) = (key(A, 1), key(A, 2), key(A, 3));
    world.create(expired, &record(1, NOW), None).await;
    world.put(ended, &frame::tombstone(after(MINUTE)));
    for key in [nothing, expired, ended] {
        let before = world.stored(key);
        let update = Update::new(key, revision(1), live(2), Some(owner(A, after(HOUR))), NOW);
        assert_eq!(world.store.update(update).await.unwrap(), Updated::Gone);
        let touch = Touch::new(key, revision(1), after(HOUR), NOW);
        assert_eq!(world.store.touch(touch).await.unwrap(), Touched::Gone);
        let successor = Create::new(
            crate::support::key(B, 1),
            live(2),
            Some(owner(B, after(HOUR))),
            NOW,
        );
        let replace = Replace::new(key, revision(1), None, successor);
        assert_eq!(world.store.replace(replace).await.unwrap(), Replaced::Gone);
        assert_eq!(world.stored(key), before);
    }
    assert_eq!(world.stored(key(B, 1)), None);
    assert_eq!(world.index(user(A)), []);
    assert_eq!(world.index(user(B)), []);
}

#[tokio::test]
async fn a_record_of_another_version_is_shown_and_left_alone() {
    let world = World::begin().await;
    let corrupt = live(1).slice(..frame::HEADER_LEN - 1);
    for stored in [unknown(), corrupt] {
        world.put(key(A, 1), &stored);
        let update = Update::new(key(A, 1), revision(1), live(2), None, NOW);
        assert_eq!(
            world.store.update(update).await.unwrap(),
            Updated::Conflict(stored.clone())
        );
        let touch = Touch::new(key(A, 1), revision(1), after(HOUR), NOW);
        assert_eq!(world.store.touch(touch).await.unwrap(), Touched::Changed);
        let successor = Create::new(key(B, 1), live(2), None, NOW);
        let replace = Replace::new(key(A, 1), revision(1), None, successor);
        assert_eq!(
            world.store.replace(replace).await.unwrap(),
            Replaced::Conflict(stored.clone())
        );
        assert_eq!(world.stored(key(A, 1)).unwrap(), stored);
        assert_eq!(world.stored(key(B, 1)), None);
    }
    assert_eq!(
        world.store.end(End::new(key(A, 1), None, NOW)).await.unwrap(),
        Ended::Applied
    );
    assert_eq!(world.load(key(A, 1)).await, Loaded::Ended);
}
