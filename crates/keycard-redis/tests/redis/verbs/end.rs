//! What an end leaves.

use keycard::store::{Create, Created, End, Ended, Loaded, Store as _, frame};

use crate::support::*;

const A: u64 = 1;

#[tokio::test]
async fn end_leaves_a_tombstone_that_stays_as_it_is() {
    let world = World::begin().await;
    world.create(key(A, 1), &live(1), None).await;
    assert_eq!(
        world.store.end(End::new(key(A, 1), None, NOW)).await.unwrap(),
        Ended::Applied
    );
    let grave = frame::tombstone(after(MINUTE));
    assert_eq!(world.stored(key(A, 1)).unwrap(), grave);
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        MINUTE - 5_000,
        MINUTE,
    );

    assert_eq!(
        world
            .store
            .end(End::new(key(A, 1), None, after(MINUTE - 1)))
            .await
            .unwrap(),
        Ended::Absent
    );
    assert_eq!(world.stored(key(A, 1)).unwrap(), grave);
    assert_eq!(
        world
            .store
            .end(End::new(key(A, 1), None, after(MINUTE)))
            .await
            .unwrap(),
        Ended::Absent
    );
    assert_eq!(
        world.stored(key(A, 1)).unwrap(),
        frame::tombstone(after(2 * MINUTE)),
        "an old one no longer counts"
    );
}

#[tokio::test]
async fn end_of_what_is_not_there_keeps_a_write_under_way_from_creating_it() {
    let world = World::begin().await;
    world.create(key(A, 2), &record(1, NOW), None).await;
    for key in [key(A, 1), key(A, 2)] {
        assert_eq!(
            world.store.end(End::new(key, None, NOW)).await.unwrap(),
            Ended::Absent
        );
        assert_eq!(world.load(key).await, Loaded::Ended);
        let create = Create::new(key, live(2), None, NOW);
        assert_eq!(world.store.create(create).await.unwrap(), Created::Refused);
    }
}
