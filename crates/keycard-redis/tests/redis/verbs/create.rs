//! A session begins where nothing is.

use keycard::Timestamp;
use keycard::store::{Create, Created, Loaded, Store as _, Update, Updated, frame};

use crate::support::*;

const A: u64 = 1;

#[tokio::test]
async fn create_never_writes_over_anything() {
    let world = World::begin().await;
    let expired = record(1, NOW);
    let grave = frame::tombstone(after(MINUTE));
    let old_grave = frame::tombstone(NOW);
    for (session, stored) in [
        &live(1)[..],
        &expired,
        &grave,
        &old_grave,
        &unknown(),
        b"",
        b"\x01short",
    ]
    .iter()
    .enumerate()
    {
        let key = key(A, session as u64);
        world.put(key, stored);
        let outcome = world
            .store
            .create(Create::new(key, live(2), None, NOW))
            .await
            .unwrap();
        assert_eq!(outcome, Created::Refused, "over {stored:?}");
        assert_eq!(world.stored(key).as_deref(), Some(*stored));
    }
}

#[tokio::test]
async fn create_is_applied_when_its_own_record_is_there_already() {
    let world = World::begin().await;
    for _ in 0..2 {
        world.log_in(A, 1, HOUR).await;
    }
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 1)), after(HOUR).as_millis())]
    );
}

#[tokio::test]
async fn a_record_is_kept_a_minute_longer_than_it_is_live() {
    let world = World::begin().await;
    world
        .create(key(A, 1), &record(1, after(10 * MINUTE)), None)
        .await;
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        11 * MINUTE - 5_000,
        11 * MINUTE,
    );
    let update = Update::new(key(A, 1), revision(1), record(2, after(20 * MINUTE)), None, NOW);
    assert_eq!(world.store.update(update).await.unwrap(), Updated::Applied);
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        21 * MINUTE - 5_000,
        21 * MINUTE,
    );
    let endless = record(1, Timestamp::from_millis(u64::MAX));
    world
        .create(
            key(A, 2),
            &endless,
            Some(owner(A, Timestamp::from_millis(u64::MAX))),
        )
        .await;
    assert_eq!(world.load(key(A, 2)).await, Loaded::Live(endless));
}
