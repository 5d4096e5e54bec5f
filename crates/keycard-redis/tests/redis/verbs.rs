//! Each verb's every outcome.

use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store as _, Touch, Touched, Update, Updated,
    frame,
};
use keycard::{Revision, Timestamp};

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

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
