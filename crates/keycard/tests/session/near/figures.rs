//! What a near cache counts and measures, and how much room it has.

use std::time::Duration;

use bytes::Bytes;
use keycard::StoreKey;
use keycard::store::memory::MemoryStore;
use keycard::store::near::{Delays, NearCache, NearCacheBuilder};
use keycard::store::{Create, Created, Loaded, News, Store as _, frame};
use keycard_conformance::testing::{ScriptedStore, Verb};

use super::{HOUR, NOW, Near, now, record};

/// Of the 64 parts, whose sessions have a tag that begins with this byte.
const PARTS: u8 = 64;
const SMALLEST: usize = 1024 * 1024;

fn key(part: u8, session: u8) -> StoreKey {
    let mut bytes = [session; 20];
    bytes[0] = part;
    StoreKey::from_bytes(bytes)
}

fn trusting(
    settings: impl FnOnce(
        NearCacheBuilder<ScriptedStore<MemoryStore>>,
    ) -> NearCacheBuilder<ScriptedStore<MemoryStore>>,
) -> (Near, ScriptedStore<MemoryStore>) {
    let store = ScriptedStore::new(MemoryStore::new());
    let near = settings(NearCache::builder(store.clone())).build().unwrap();
    store.tell(News::Up);
    store.tell(News::Alive(now() + HOUR));
    (near, store)
}

/// Reads a session that there is; `true` if the store was asked.
async fn asks(near: &Near, store: &ScriptedStore<MemoryStore>, key: StoreKey, record: Bytes) -> bool {
    // Refused if it is there already.
    let _created: Created = store
        .inner()
        .create(Create::new(key, record.clone(), None, NOW))
        .await
        .unwrap();
    assert_eq!(near.load(key, NOW).await.unwrap(), Loaded::Live(record));
    store.calls() == [Verb::Load]
}

#[tokio::test]
async fn each_part_has_its_share_of_the_room_and_what_it_counts_adds_up() {
    let (near, store) = trusting(|builder| builder.entries(2 * usize::from(PARTS)));
    for part in 0..PARTS {
        for session in [1, 2] {
            assert!(asks(&near, &store, key(part, session), record(1)).await);
        }
    }
    for part in 0..PARTS {
        assert!(!asks(&near, &store, key(part, 2), record(1)).await, "part {part}");
    }
    let counts = near.figures().counts;
    assert_eq!((counts.hits, counts.misses), (64, 128));
    assert_eq!((counts.entries, counts.evicted, counts.dropped), (128, 0, 0));
    assert!(counts.bytes > 128 * record(1).len() as u64);

    assert!(asks(&near, &store, key(0, 3), record(1)).await);
    assert!(asks(&near, &store, key(1, 3), record(1)).await);
    store.tell(News::Changed(key(2, 1)));
    store.tell(News::Changed(key(3, 1)));
    let counts = near.figures().counts;
    assert_eq!((counts.entries, counts.evicted, counts.dropped), (126, 2, 2));
}

#[tokio::test]
async fn a_record_is_kept_up_to_a_128th_of_the_room() {
    /// What a copy takes beside its record.
    const OVERHEAD: usize = 160;
    let (near, store) = trusting(|builder| builder.bytes(SMALLEST));
    let long = |length: usize| {
        let mut bytes = record(1).to_vec();
        bytes.resize(length, 0);
        Bytes::from(bytes)
    };
    let largest = SMALLEST / 128 - OVERHEAD;
    for (session, length, asks_again) in [(1, largest, false), (2, largest + 1, true)] {
        assert!(asks(&near, &store, key(0, session), long(length)).await);
        let again = asks(&near, &store, key(0, session), long(length)).await;
        assert_eq!(again, asks_again, "{length} bytes");
    }
    assert_eq!(near.figures().counts.bytes, (SMALLEST / 128) as u64);
    assert!(largest > frame::HEADER_LEN);
}

#[tokio::test]
async fn each_sign_of_life_measures_a_delay_and_a_loss_ends_the_age() {
    let store = ScriptedStore::new(MemoryStore::new());
    let near = NearCache::over(store.clone());
    let figures = near.figures();
    assert!(!figures.on && figures.age.is_none());
    assert_eq!(figures.delays, Delays::default());

    let second = Duration::from_secs(1);
    store.tell(News::Up);
    store.tell(News::Alive(now().checked_sub(2 * second).unwrap()));
    store.tell(News::Alive(now().checked_sub(second).unwrap()));
    let figures = near.figures();
    assert!(figures.age.unwrap() >= second);
    let delays = figures.delays;
    assert!(
        delays.last >= second && delays.longest >= 2 * second && delays.last < delays.longest,
        "{delays:?}"
    );
    assert_eq!(delays.counts.iter().sum::<u64>(), 2);

    store.tell(News::Changed(key(0, 1)));
    store.tell(News::Flush);
    assert!(near.figures().age.is_some());
    store.tell(News::Alive(now() + HOUR));
    assert!(near.figures().on);
    store.tell(News::Lost);
    let figures = near.figures();
    assert!(!figures.on && figures.age.is_none());
    assert_eq!(figures.delays.counts.iter().sum::<u64>(), 3);
}

#[test]
fn delays_are_told_apart_by_their_bounds() {
    let mut delays = Delays::default();
    for bound in Delays::BOUNDS {
        delays.add(bound);
        delays.add(bound + Duration::from_nanos(1));
    }
    let mut expected = [2; Delays::BOUNDS.len() + 1];
    (expected[0], expected[Delays::BOUNDS.len()]) = (1, 1);
    assert_eq!(delays.counts, expected);
    delays.add(Duration::ZERO);
    assert_eq!((delays.last, delays.counts[0]), (Duration::ZERO, 2));
    assert_eq!(delays.longest, Delays::BOUNDS[9] + Duration::from_nanos(1));
}

#[test]
fn a_near_cache_shows_its_store_and_no_record() {
    let (near, _) = trusting(|builder| builder);
    let shown = format!("{near:?}");
    assert!(shown.starts_with("NearCache { store: ScriptedStore"), "{shown}");
}
