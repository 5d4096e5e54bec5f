//! The memory store by itself: bounded, swept, and true to the contract where the journeys do not look.

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{Create, Created, End, Ended, Loaded, Store, UserIndex, frame};
use keycard::{DeviceDigest, StoreKey, Timestamp, UserKey};

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
    for number in 0..1_001 {
        assert_eq!(
            store.create(create(number, NOW, Some(user))).await.unwrap(),
            Created::Applied
        );
    }
    assert_eq!(store.load(key(0), NOW).await.unwrap(), Loaded::Ended);
    assert_eq!(store.count(user, NOW).await.unwrap(), 1_000);
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
    let mut ended = store.end_all(user, Some(key(3)), NOW).await.unwrap();
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
