//! The memory store by itself: bounded, swept, and true to the contract where the journeys do not look.

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{Create, Created, End, Ended, Loaded, Replace, Replaced, Store, UserIndex, frame};
use keycard::{DeviceDigest, Revision, StoreKey, Timestamp, UserKey};
use tokio::task::JoinSet;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);

fn key(number: u16) -> StoreKey {
    let mut bytes = [0; 20];
    bytes[18..].copy_from_slice(&number.to_be_bytes());
    StoreKey::from_bytes(bytes)
}

/// A header that expires at the given time, and nothing else.
fn record(revision: u8, expires: Timestamp) -> bytes::Bytes {
    let mut bytes = vec![0; frame::HEADER_LEN];
    bytes[0] = frame::VERSION;
    bytes[frame::REVISION].fill(revision);
    bytes[frame::EXPIRES].copy_from_slice(&expires.as_millis().to_be_bytes());
    bytes.into()
}

fn create(number: u16, now: Timestamp, owner: Option<UserKey>) -> Create {
    let absolute = now.after(MINUTE * 60);
    let owner = owner.map(|user| {
        keycard::store::Owner::new(
            user,
            DeviceDigest::NONE,
            absolute.after(Duration::from_secs(number.into())),
        )
    });
    Create::new(key(number), record(1, now.after(MINUTE)), owner, now)
}

#[tokio::test]
async fn a_full_store_refuses_new_sessions_and_drops_no_live_one() {
    let store = MemoryStore::with_capacity(2);
    assert_eq!(
        store.create(create(1, NOW, None)).await.unwrap(),
        Created::Applied
    );
    assert_eq!(
        store.create(create(2, NOW, None)).await.unwrap(),
        Created::Applied
    );
    assert_eq!(
        store.create(create(3, NOW, None)).await.unwrap(),
        Created::Refused
    );
    assert!(matches!(store.load(key(1), NOW).await.unwrap(), Loaded::Live(_)));
    let later = NOW.after(MINUTE);
    assert_eq!(
        store.create(create(3, later, None)).await.unwrap(),
        Created::Applied,
        "the expired make room"
    );
    assert_eq!(store.len(), 1);
}

/// A key in one of the 16 parts of the store.
fn key_in(part: u8, number: u16) -> StoreKey {
    let mut bytes = key(number).to_bytes();
    bytes[0] = part;
    StoreKey::from_bytes(bytes)
}

/// Adds sessions that live for a minute.
async fn fill(store: &MemoryStore, keys: impl Iterator<Item = StoreKey>) {
    for key in keys {
        let create = Create::new(key, record(1, NOW.after(MINUTE)), None, NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
}

/// A session that begins when those have expired.
fn late(part: u8, number: u16) -> Create {
    let later = NOW.after(MINUTE);
    Create::new(key_in(part, number), record(2, later.after(MINUTE)), None, later)
}

#[tokio::test]
async fn the_expired_make_room_whichever_part_they_are_in() {
    let store = MemoryStore::with_capacity(16);
    fill(&store, (0..16).map(|part| key_in(part, 0))).await;
    for number in 1..17 {
        assert_eq!(store.create(late(7, number)).await.unwrap(), Created::Applied);
    }
    assert_eq!(store.create(late(7, 17)).await.unwrap(), Created::Refused);
}

#[tokio::test]
async fn the_expired_make_room_for_a_replaced_session_and_its_tombstone() {
    let store = MemoryStore::with_capacity(2);
    fill(&store, [key_in(9, 0)].into_iter()).await;
    let old = late(3, 0);
    assert_eq!(store.create(old.clone()).await.unwrap(), Created::Applied);
    let replace = |old, new| Replace::new(old, Revision::from_bytes([2; 8]), None, new);
    let (new, newer) = (late(5, 0), late(6, 0));
    assert_eq!(
        store.replace(replace(old.key, new.clone())).await.unwrap(),
        Replaced::Applied
    );
    let second = replace(new.key, newer.clone());
    assert_eq!(store.replace(second).await.unwrap(), Replaced::Refused);
    assert!(matches!(
        store.load(new.key, new.now).await.unwrap(),
        Loaded::Live(_)
    ));
    assert_eq!(store.load(newer.key, new.now).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_new_session_removes_eight_expired_ones_at_most() {
    let store = MemoryStore::with_capacity(100);
    fill(&store, (0..100).map(key)).await;
    assert_eq!(store.create(late(1, 100)).await.unwrap(), Created::Applied);
    assert_eq!(
        store.len(),
        93,
        "there was no room, and eight of another part went"
    );
    for (number, left) in (101..).zip([86, 79, 72, 65, 58, 51, 44, 37, 30, 23, 16, 13, 14]) {
        assert_eq!(store.create(late(0, number)).await.unwrap(), Created::Applied);
        assert_eq!(store.len(), left);
    }
}

#[tokio::test]
async fn the_end_of_an_absent_session_adds_less_than_it_removes() {
    let store = MemoryStore::with_capacity(16);
    fill(&store, (0..16).map(key)).await;
    let end = End::new(key(100), None, NOW.after(MINUTE));
    assert_eq!(store.end(end).await.unwrap(), Ended::Absent);
    assert_eq!(store.len(), 9);
}

async fn begin(store: MemoryStore, create: Create) -> Created {
    store.create(create).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_for_room_refuses_nobody_for_whom_there_is_some() {
    for _ in 0..200 {
        let store = MemoryStore::with_capacity(64);
        fill(&store, (64..128).map(|part| key_in(part, 0))).await;
        let mut tasks = JoinSet::new();
        for number in 0..64 {
            tasks.spawn(begin(store.clone(), late(number % 4, number.into())));
        }
        assert_eq!(tasks.join_all().await, [const { Created::Applied }; 64]);
        assert_eq!(store.len(), 64);
        assert_eq!(store.create(late(9, 999)).await.unwrap(), Created::Refused);
    }
}

#[tokio::test]
async fn tombstones_are_swept_when_their_minute_is_over() {
    let store = MemoryStore::new();
    let long = Create::new(key(1), record(1, NOW.after(MINUTE * 600)), None, NOW);
    assert_eq!(store.create(long).await.unwrap(), Created::Applied);
    assert_eq!(
        store.end(End::new(key(1), None, NOW)).await.unwrap(),
        Ended::Applied
    );
    assert_eq!(store.load(key(1), NOW).await.unwrap(), Loaded::Ended);
    assert_eq!(
        store.create(create(1, NOW, None)).await.unwrap(),
        Created::Refused,
        "an ended key stays ended"
    );
    let later = NOW.after(MINUTE);
    assert_eq!(store.load(key(1), later).await.unwrap(), Loaded::Absent);
    assert_eq!(
        store.create(create(2, later, None)).await.unwrap(),
        Created::Applied
    );
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_full_index_ends_the_session_with_the_nearest_absolute_deadline() {
    let (store, user) = (MemoryStore::new(), UserKey::from_bytes([0; 16]));
    for number in 0..1_000 {
        assert_eq!(
            store.create(create(number, NOW, Some(user))).await.unwrap(),
            Created::Applied
        );
    }
    let one_more = store.create(create(1_000, NOW, Some(user))).await.unwrap();
    assert_eq!(one_more, Created::Displaced(vec![key(0)]));
    assert_eq!(store.load(key(0), NOW).await.unwrap(), Loaded::Ended);
    assert_eq!(store.count(user, NOW).await.unwrap(), 1_000);
}

#[tokio::test]
async fn a_full_index_gives_up_an_expired_session_first() {
    let (store, user) = (MemoryStore::new(), UserKey::from_bytes([0; 16]));
    // More than the sweep of one new session removes, before it comes to the user's.
    fill(&store, (2_000..2_020).map(key)).await;
    for number in 0..1_000 {
        let life = MINUTE * if number == 700 { 2 } else { 3 };
        let owned = create(number, NOW, Some(user));
        let create = Create::new(owned.key, record(1, NOW.after(life)), owned.owner, NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
    let later = NOW.after(MINUTE * 2);
    let new = create(1_000, later, Some(user));
    assert_eq!(store.create(new).await.unwrap(), Created::Applied);
    assert!(matches!(
        store.load(key(0), later).await.unwrap(),
        Loaded::Live(_)
    ));
    assert_eq!(store.count(user, later).await.unwrap(), 1_000);
}

#[tokio::test]
async fn users_whose_sessions_share_a_tag_are_kept_apart() {
    let store = MemoryStore::new();
    let users =
        [0, 1, 2].map(|last| UserKey::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]));
    for (number, user) in (0..).zip(users) {
        assert_eq!(
            store.create(create(number, NOW, Some(user))).await.unwrap(),
            Created::Applied
        );
    }
    assert_eq!(store.end_all(users[1], NOW).await.unwrap(), [key(1)]);
    for (user, sessions) in users.into_iter().zip([1, 0, 1]) {
        assert_eq!(store.count(user, NOW).await.unwrap(), sessions);
    }
}

#[tokio::test]
async fn ending_all_spares_the_one_that_is_kept() {
    let (store, user) = (MemoryStore::new(), UserKey::from_bytes([0; 16]));
    for number in 0..5 {
        assert_eq!(
            store.create(create(number, NOW, Some(user))).await.unwrap(),
            Created::Applied
        );
    }
    let mut ended = store.end_others(user, key(3), NOW).await.unwrap().into_keys();
    ended.sort();
    assert_eq!(ended, [key(0), key(1), key(2), key(4)]);
    assert_eq!(store.load(key(4), NOW).await.unwrap(), Loaded::Ended);
    let listed = store.sessions_of(user, NOW).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.key).collect::<Vec<_>>(), [key(3)]);
    assert_eq!(
        store.count(user, NOW.after(MINUTE)).await.unwrap(),
        0,
        "an expired session never counts"
    );
}
