//! What a load finds, and when.

use keycard::store::{End, Ended, Loaded, Store as _};

use crate::support::*;

const A: u64 = 1;

#[tokio::test]
async fn load_tells_live_ended_and_absent_apart() {
    let world = World::begin().await;
    let (live_key, ended, expired, newer, nothing) = (key(A, 1), key(A, 2), key(A, 3), key(A, 4), key(A, 5));
    world.create(live_key, &live(1), None).await;
    world.create(ended, &live(1), None).await;
    assert_eq!(
        world.store.end(End::new(ended, None, NOW)).await.unwrap(),
        Ended::Applied
    );
    world.create(expired, &record(1, NOW), None).await;
    world.put(newer, &unknown());

    let expected = vec![
        (live_key, Loaded::Live(live(1))),
        (ended, Loaded::Ended),
        (expired, Loaded::Absent),
        (newer, Loaded::Live(unknown())),
        (nothing, Loaded::Absent),
    ];
    for (key, loaded) in &expected {
        assert_eq!(world.load(*key).await, *loaded, "{key}");
    }
    let (keys, loaded): (Vec<_>, Vec<_>) = expected.into_iter().unzip();
    assert_eq!(world.store.load_many(&keys, NOW).await.unwrap(), loaded);
    assert_eq!(world.store.load_many(&[], NOW).await.unwrap(), []);
}

#[tokio::test]
async fn expiry_and_tombstones_are_judged_by_the_time_that_is_given() {
    let world = World::begin().await;
    world.create(key(A, 1), &record(1, after(MINUTE)), None).await;
    assert_eq!(
        world.store.load(key(A, 1), after(MINUTE - 1)).await.unwrap(),
        Loaded::Live(record(1, after(MINUTE)))
    );
    assert_eq!(
        world.store.load(key(A, 1), after(MINUTE)).await.unwrap(),
        Loaded::Absent
    );

    assert_eq!(
        world.store.end(End::new(key(A, 1), None, NOW)).await.unwrap(),
        Ended::Applied
    );
    assert_eq!(
        world.store.load(key(A, 1), after(MINUTE - 1)).await.unwrap(),
        Loaded::Ended
    );
    assert_eq!(
        world.store.load(key(A, 1), after(MINUTE)).await.unwrap(),
        Loaded::Absent
    );
}
