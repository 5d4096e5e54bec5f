//! The times of a session move, and nothing else does.

use keycard::Revision;
use keycard::store::{Loaded, Store as _, Touch, Touched, frame};

use crate::support::*;

const A: u64 = 1;

#[tokio::test]
async fn touch_moves_the_times_and_nothing_else() {
    let world = World::begin().await;
    world.create(key(A, 1), &live(1), None).await;
    let now = after(5 * MINUTE);
    let touch = Touch::new(key(A, 1), revision(1), after(35 * MINUTE), now);
    assert_eq!(world.store.touch(touch).await.unwrap(), Touched::Applied);
    let mut expected = live(1).to_vec();
    frame::patch_touch(&mut expected, now, after(35 * MINUTE));
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(expected.into()));
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        31 * MINUTE - 5_000,
        31 * MINUTE,
    );
    let other = Touch::new(
        key(A, 1),
        Revision::from_bytes(*b"another!"),
        after(50 * MINUTE),
        now,
    );
    assert_eq!(world.store.touch(other).await.unwrap(), Touched::Changed);
}

#[tokio::test]
async fn touch_moves_no_time_back() {
    let world = World::begin().await;
    let extended = record(1, after(2 * HOUR));
    world.create(key(A, 1), &extended, None).await;
    let touch = Touch::new(key(A, 1), revision(1), after(30 * MINUTE), after(1));
    assert_eq!(world.store.touch(touch).await.unwrap(), Touched::Applied);
    let mut expected = extended.to_vec();
    frame::patch_touch(&mut expected, after(1), after(30 * MINUTE));
    assert_eq!(frame::expires(&expected), Some(after(2 * HOUR)));
    assert_eq!(world.stored(key(A, 1)).unwrap(), expected);
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        2 * HOUR + MINUTE - 5_000,
        2 * HOUR + MINUTE,
    );

    let late = Touch::new(key(A, 1), revision(1), after(30 * MINUTE), NOW);
    assert_eq!(world.store.touch(late).await.unwrap(), Touched::Applied);
    assert_eq!(
        world.stored(key(A, 1)).unwrap(),
        expected,
        "a touch overtaken by a later one changes nothing"
    );
}
