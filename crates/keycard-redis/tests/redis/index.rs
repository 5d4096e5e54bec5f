//! The index of a user's sessions: what it holds after each verb, and who is in a listing.

use keycard::store::{
    Create, Created, End, Ended, Entry, Loaded, MAX_SESSIONS_PER_USER, Owner, Replace, Replaced, Revoked,
    SessionLimit, Store as _, Update, Updated, UserIndex as _, frame,
};
use keycard::{DeviceDigest, UserKey};

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

#[tokio::test]
async fn a_session_stands_in_its_users_index_from_create_to_end() {
    let world = World::begin().await;
    world.log_in(A, 1, 2 * HOUR).await;
    let on_device = on(*b"a device", owner(A, after(HOUR)));
    world.create(key(A, 2), &live(2), Some(on_device)).await;
    assert_eq!(
        world.index(user(A)),
        [
            (member_on(*b"a device", key(A, 2)), after(HOUR).as_millis()),
            (member(key(A, 1)), after(2 * HOUR).as_millis())
        ]
    );
    let end = End::new(key(A, 2), Some(on_device), NOW);
    assert_eq!(world.store.end(end).await.unwrap(), Ended::Applied);
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 1)), after(2 * HOUR).as_millis())]
    );
    let end = End::new(key(A, 1), Some(owner(A, after(2 * HOUR))), NOW);
    assert_eq!(world.store.end(end).await.unwrap(), Ended::Applied);
    assert_eq!(
        world
            .server
            .command::<i64>(&["EXISTS", &index_name(user(A))])
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn an_update_with_an_owner_moves_the_entry() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    let update = Update::new(
        key(A, 1),
        revision(1),
        live(2),
        Some(owner(A, after(3 * HOUR))),
        NOW,
    );
    assert_eq!(world.store.update(update).await.unwrap(), Updated::Applied);
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 1)), after(3 * HOUR).as_millis())]
    );
    let conflict = Update::new(
        key(A, 1),
        revision(1),
        live(3),
        Some(owner(A, after(4 * HOUR))),
        NOW,
    );
    assert_eq!(
        world.store.update(conflict).await.unwrap(),
        Updated::Conflict(live(2))
    );
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 1)), after(3 * HOUR).as_millis())]
    );
}

#[tokio::test]
async fn an_index_lives_an_hour_longer_than_its_last_entry() {
    let world = World::begin().await;
    world.log_in(A, 1, 5 * HOUR).await;
    assert_between(
        "life",
        world.life(&index_name(user(A))),
        6 * HOUR - 5_000,
        6 * HOUR,
    );
    world
        .create(key(A, 2), &live(1), Some(owner(A, after(HOUR))))
        .await;
    assert_between(
        "life",
        world.life(&index_name(user(A))),
        6 * HOUR - 5_000,
        6 * HOUR,
    );
    world
        .create(key(A, 3), &live(1), Some(owner(A, after(9 * HOUR))))
        .await;
    assert_between(
        "life",
        world.life(&index_name(user(A))),
        10 * HOUR - 5_000,
        10 * HOUR,
    );
}

#[tokio::test]
async fn a_listing_holds_the_live_and_prunes_the_ended() {
    let world = World::begin().await;
    for session in 1..=5 {
        world.log_in(A, session, session * HOUR).await;
    }
    world
        .create(
            key(A, 6),
            &record(6, after(MINUTE)),
            Some(owner(A, after(6 * HOUR))),
        )
        .await;
    world.put(key(A, 1), &frame::tombstone(after(MINUTE)));
    world
        .server
        .command::<()>(&["DEL", &session_name(key(A, 2))])
        .unwrap();
    world.put(key(A, 3), &unknown());

    let now = after(MINUTE);
    let expected = [(key(A, 3), unknown()), (key(A, 4), live(4)), (key(A, 5), live(5))];
    let expected = expected.map(|(key, record)| Entry::new(key, record));
    assert_eq!(world.store.count(user(A), now).await.unwrap(), 3);
    assert_eq!(
        world
            .store
            .sessions_of(user(A), after(MINUTE - 1))
            .await
            .unwrap()
            .len(),
        4
    );
    assert_eq!(world.store.sessions_of(user(A), now).await.unwrap(), expected);
    let left: Vec<_> = world
        .index(user(A))
        .into_iter()
        .map(|(member, _)| member)
        .collect();
    let kept = [3, 4, 5, 6].map(|session| member(key(A, session)));
    assert_eq!(
        left, kept,
        "the expired one may be live by another server's clock, as long as its record is there"
    );
    assert_eq!(world.store.count(user(A), now).await.unwrap(), 3);
}

#[tokio::test]
async fn a_user_without_sessions_has_an_empty_listing() {
    let world = World::begin().await;
    assert_eq!(world.store.sessions_of(user(A), NOW).await.unwrap(), []);
    assert_eq!(world.store.count(user(A), NOW).await.unwrap(), 0);
    assert_eq!(world.store.end_all(user(A), NOW).await.unwrap(), []);
}

#[tokio::test]
async fn a_session_that_changed_its_device_stands_in_the_index_once() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    let on_device = on(*b"a device", owner(A, after(HOUR)));
    let update = Update::new(key(A, 1), revision(1), live(2), Some(on_device), NOW);
    assert_eq!(world.store.update(update).await.unwrap(), Updated::Applied);
    assert_eq!(
        world.index(user(A)),
        [(member_on(*b"a device", key(A, 1)), after(HOUR).as_millis())]
    );
}

#[tokio::test]
async fn who_leaves_for_a_login_leaves_the_index_and_a_tombstone() {
    let world = World::begin().await;
    for session in 1..=3 {
        world.log_in(A, session, session * HOUR).await;
    }
    let limited = owner(A, after(HOUR)).limited(SessionLimit::EvictOldest(2));
    let login = Create::new(key(A, 4), live(4), Some(limited), NOW);
    assert_eq!(
        world.store.create(login).await.unwrap(),
        Created::Displaced(vec![key(A, 1), key(A, 2)])
    );
    for session in [1, 2] {
        let left = world.stored(key(A, session)).unwrap();
        assert_eq!(left, frame::tombstone(after(MINUTE)));
    }
    let left: Vec<_> = world
        .index(user(A))
        .into_iter()
        .map(|(member, _)| member)
        .collect();
    assert_eq!(left, [member(key(A, 4)), member(key(A, 3))]);
}

#[tokio::test]
async fn end_others_ends_every_session_but_the_one_to_keep() {
    let world = World::begin().await;
    for session in 1..=4 {
        world.log_in(A, session, session * HOUR).await;
    }
    world
        .create(key(A, 5), &record(5, NOW), Some(owner(A, after(5 * HOUR))))
        .await;
    world.log_in(B, 1, HOUR).await;
    world.put(key(A, 4), &unknown());
    world
        .server
        .command::<()>(&["DEL", &session_name(key(A, 1))])
        .unwrap();

    let ended = world.store.end_others(user(A), key(A, 2), NOW).await.unwrap();
    assert_eq!(ended, Revoked::Applied(vec![key(A, 3), key(A, 4)]));
    assert_eq!(world.load(key(A, 2)).await, Loaded::Live(live(2)));
    for session in [3, 4, 5] {
        assert_eq!(world.load(key(A, session)).await, Loaded::Ended);
        assert_between(
            "life",
            world.life(&session_name(key(A, session))),
            MINUTE - 5_000,
            MINUTE,
        );
    }
    assert_eq!(
        world.index(user(A)),
        [(member(key(A, 2)), after(2 * HOUR).as_millis())]
    );
    assert_eq!(world.load(key(B, 1)).await, Loaded::Live(live(1)));
    assert_eq!(world.index(user(B)).len(), 1);

    for gone in [key(B, 2), key(A, 3)] {
        let ended = world.store.end_others(user(A), gone, NOW).await.unwrap();
        assert_eq!(ended, Revoked::Gone);
    }
    assert_eq!(world.index(user(A)).len(), 1);
}

#[tokio::test]
async fn users_who_share_a_tag_share_no_index() {
    let world = World::begin().await;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&A.to_be_bytes());
    let stranger = UserKey::from_bytes(bytes);
    world.log_in(A, 1, HOUR).await;
    world
        .create(
            key(A, 2),
            &live(2),
            Some(Owner::new(stranger, DeviceDigest::NONE, after(HOUR))),
        )
        .await;
    assert_eq!(world.store.end_all(stranger, NOW).await.unwrap(), [key(A, 2)]);
    assert_eq!(
        world.store.sessions_of(user(A), NOW).await.unwrap(),
        [Entry::new(key(A, 1), live(1))]
    );
}

#[tokio::test]
async fn an_entry_more_than_an_hour_past_its_deadline_is_dropped_at_the_next_login() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    world.log_in(A, 2, HOUR + 1).await;
    let create = Create::new(
        key(A, 3),
        live(3),
        Some(owner(A, after(9 * HOUR))),
        after(2 * HOUR + 1),
    );
    assert_eq!(world.store.create(create).await.unwrap(), Created::Applied);
    let left: Vec<_> = world
        .index(user(A))
        .into_iter()
        .map(|(member, _)| member)
        .collect();
    assert_eq!(left, [member(key(A, 2)), member(key(A, 3))]);
}

#[tokio::test]
async fn end_all_leaves_the_tombstone_of_a_session_that_ended_before() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    assert_eq!(
        world.store.end(End::new(key(A, 1), None, NOW)).await.unwrap(),
        Ended::Applied
    );
    assert_eq!(world.store.end_all(user(A), after(1)).await.unwrap(), []);
    assert_eq!(world.stored(key(A, 1)).unwrap(), frame::tombstone(after(MINUTE)));
    assert_eq!(world.index(user(A)), []);
}

#[tokio::test]
async fn the_login_that_exceeds_the_limit_ends_the_session_with_the_nearest_deadline() {
    let world = World::begin().await;
    let limit = MAX_SESSIONS_PER_USER as u64;
    for session in 1..=limit {
        world.log_in(A, session, HOUR + session).await;
    }
    assert_eq!(
        world.store.count(user(A), NOW).await.unwrap(),
        MAX_SESSIONS_PER_USER
    );

    let one_more = Create::new(key(A, limit + 1), live(1), Some(owner(A, after(1))), NOW);
    assert_eq!(
        world.store.create(one_more).await.unwrap(),
        Created::Displaced(vec![key(A, 1)])
    );
    assert_eq!(world.load(key(A, 1)).await, Loaded::Ended);
    assert_eq!(world.load(key(A, 2)).await, Loaded::Live(live(2)));
    assert_eq!(
        world.store.count(user(A), NOW).await.unwrap(),
        MAX_SESSIONS_PER_USER
    );

    world
        .server
        .command::<()>(&["DEL", &session_name(key(A, 500))])
        .unwrap();
    world
        .create(key(A, limit + 2), &live(1), Some(owner(A, after(2 * HOUR))))
        .await;
    assert_eq!(world.load(key(A, limit + 1)).await, Loaded::Live(live(1)));
    assert_eq!(
        world.load(key(A, 2)).await,
        Loaded::Live(live(2)),
        "there was room where a session had vanished"
    );
    world.create(key(B, 1), &live(1), None).await;
    let new = Create::new(key(A, limit + 3), live(2), Some(owner(A, after(2 * HOUR))), NOW);
    let replace = Replace::new(key(B, 1), revision(1), None, new);
    assert_eq!(
        world.store.replace(replace).await.unwrap(),
        Replaced::Displaced(vec![key(A, limit + 1)])
    );
    assert_eq!(world.load(key(A, limit + 1)).await, Loaded::Ended);
    assert_eq!(
        world.store.sessions_of(user(A), NOW).await.unwrap().len(),
        MAX_SESSIONS_PER_USER
    );
    assert_eq!(
        world.store.end_all(user(A), NOW).await.unwrap().len(),
        MAX_SESSIONS_PER_USER
    );
    assert_eq!(world.index(user(A)), []);
}
