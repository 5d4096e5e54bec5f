//! One session ends and another begins.

use keycard::store::{Create, Loaded, Replace, Replaced, Store as _, frame};

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

#[tokio::test]
async fn replace_ends_one_session_and_begins_another() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    let replace = |expected| {
        let new = Create::new(key(B, 1), live(2), Some(owner(B, after(2 * HOUR))), NOW);
        Replace::new(key(A, 1), revision(expected), Some(owner(A, after(HOUR))), new)
    };
    assert_eq!(
        world.store.replace(replace(7)).await.unwrap(),
        Replaced::Conflict(live(1))
    );
    assert_eq!(world.stored(key(B, 1)), None);
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 1)), after(HOUR).as_millis())]
    );

    for attempt in ["first", "repeated after a lost answer"] {
        assert_eq!(
            world.store.replace(replace(1)).await.unwrap(),
            Replaced::Applied,
            "{attempt}"
        );
        assert_eq!(world.load(key(A, 1)).await, Loaded::Ended);
        assert_eq!(world.load(key(B, 1)).await, Loaded::Live(live(2)));
        assert_eq!(world.index(user(A)), []);
        assert_eq!(
            world.index(user(B)),
            [(member(key(B, 1)), after(2 * HOUR).as_millis())]
        );
    }
    assert_between(
        "life",
        world.life(&session_name(key(A, 1))),
        MINUTE - 5_000,
        MINUTE,
    );
    assert_between(
        "life",
        world.life(&session_name(key(B, 1))),
        31 * MINUTE - 5_000,
        31 * MINUTE,
    );
}

#[tokio::test]
async fn replace_serves_every_pair_of_owners() {
    let world = World::begin().await;
    let owners = [None, Some(owner(A, after(HOUR)))];
    for (case, (from, to)) in owners
        .iter()
        .flat_map(|from| owners.iter().map(move |to| (*from, *to)))
        .enumerate()
    {
        let (old, new) = (key(A, 10 + case as u64), key(A, 20 + case as u64));
        world.create(old, &live(1), from).await;
        let replace = Replace::new(old, revision(1), from, Create::new(new, live(2), to, NOW));
        assert_eq!(world.store.replace(replace).await.unwrap(), Replaced::Applied);
        let listed: Vec<_> = world
            .index(user(A))
            .into_iter()
            .map(|(member, _)| member)
            .collect();
        assert!(!listed.contains(&member(old)), "{from:?} to {to:?}");
        assert_eq!(listed.contains(&member(new)), to.is_some(), "{from:?} to {to:?}");
    }
}

#[tokio::test]
async fn replace_is_refused_when_the_new_key_is_taken_and_the_old_session_lives_on() {
    let world = World::begin().await;
    world.create(key(A, 1), &live(1), None).await;
    for taken in [
        frame::tombstone(after(MINUTE)),
        live(9).to_vec(),
        unknown().to_vec(),
    ] {
        world.put(key(B, 1), &taken);
        let new = Create::new(key(B, 1), live(2), Some(owner(B, after(HOUR))), NOW);
        let replace = Replace::new(key(A, 1), revision(1), None, new);
        assert_eq!(world.store.replace(replace).await.unwrap(), Replaced::Refused);
        assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(1)));
        assert_eq!(world.stored(key(B, 1)).unwrap(), taken);
        assert_eq!(world.index(user(B)), []);
    }
}
