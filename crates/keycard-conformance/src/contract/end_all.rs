//! `end_all`: every session of one user, and of no other.

use std::collections::BTreeSet;

use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Create, Created, Loaded, Touch, Touched, UserIndex};
use keycard::{StoreKey, Timestamp, UserKey};

use super::index::{begin, entries, listed};
use crate::record::{
    HOUR, MILLISECOND, MINUTE, NOW, Sample, alice, namesake, owner, revision, session_of, unreadable,
};

pub(super) fn keys(user: UserKey, numbers: impl IntoIterator<Item = u64>) -> BTreeSet<StoreKey> {
    numbers
        .into_iter()
        .map(|number| session_of(user, number))
        .collect()
}

async fn end_all(store: &impl UserIndex, user: UserKey, now: Timestamp) -> BTreeSet<StoreKey> {
    let ended = store.end_all(user, now).await.unwrap();
    let unique: BTreeSet<StoreKey> = ended.iter().copied().collect();
    assert_eq!(unique.len(), ended.len(), "a key is answered once");
    unique
}

pub async fn end_all_ends_what_it_answers(store: impl UserIndex) {
    for number in 0..5 {
        begin(&store, alice(), number, &Sample::new(number)).await;
    }
    let ended = end_all(&store, alice(), NOW).await;
    assert_eq!(ended, keys(alice(), 0..5));
    for key in ended {
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
        let last = NOW.after(TOMBSTONE_LIFE - MILLISECOND);
        assert_eq!(store.load(key, last).await.unwrap(), Loaded::Ended);
    }
    assert_eq!(listed(&store, alice(), NOW).await, []);
    assert_eq!(end_all(&store, alice(), NOW).await, keys(alice(), []));
}

pub async fn end_all_ends_pending_logins(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1).pending()).await;
    begin(&store, alice(), 2, &Sample::new(2)).await;
    assert_eq!(end_all(&store, alice(), NOW).await, keys(alice(), [1, 2]));
    let pending = store.load(session_of(alice(), 1), NOW).await.unwrap();
    assert_eq!(pending, Loaded::Ended);
}

pub async fn end_all_keeps_users_of_one_tag_apart(store: impl UserIndex) {
    assert_eq!(alice().tag(), namesake().tag());
    begin(&store, alice(), 1, &Sample::new(1)).await;
    begin(&store, namesake(), 2, &Sample::new(2)).await;
    begin(&store, namesake(), 3, &Sample::new(3)).await;
    assert_eq!(end_all(&store, alice(), NOW).await, keys(alice(), [1]));
    let both = entries(namesake(), &[(2, &Sample::new(2)), (3, &Sample::new(3))]);
    assert_eq!(listed(&store, namesake(), NOW).await, both);
    assert_eq!(end_all(&store, namesake(), NOW).await, keys(namesake(), [2, 3]));
}

pub async fn end_all_needs_to_read_nothing(store: impl UserIndex) {
    for (number, bytes) in (0..).zip(unreadable()) {
        let owner = owner(alice(), NOW.after(24 * HOUR));
        let create = Create::new(session_of(alice(), number), bytes, Some(owner), NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
    assert_eq!(end_all(&store, alice(), NOW).await, keys(alice(), 0..6));
    for key in keys(alice(), 0..6) {
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
    }
}

pub async fn end_all_leaves_nothing_to_a_server_whose_clock_is_behind(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let ended = end_all(&store, alice(), NOW.after(MINUTE)).await;
    assert_eq!(ended, keys(alice(), []), "it was not live");
    let touch = Touch::new(session_of(alice(), 1), revision(1), NOW.after(HOUR), NOW);
    assert_eq!(store.touch(touch).await.unwrap(), Touched::Gone);
    let found = store.load(session_of(alice(), 1), NOW).await.unwrap();
    assert!(!matches!(found, Loaded::Live(_)), "{found:?}");
}
