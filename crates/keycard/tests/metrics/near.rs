//! What a near cache counts and measures, as it is told with its news.

use std::time::{Duration, Instant};

use bytes::Bytes;
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, Loaded, News, Store, frame};
use keycard::{StoreKey, Timestamp};
use keycard_conformance::testing::ScriptedStore;

use crate::monitor::{Monitor, assert_told};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_hours(1);

type Near = NearCache<ScriptedStore<MemoryStore>>;

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Keys of one part of the copies.
fn key(session: u8) -> StoreKey {
    StoreKey::from_bytes([[7; 8].as_slice(), &[session; 12]].concat().try_into().unwrap())
}

fn record() -> Bytes {
    let mut bytes = vec![0; frame::HEADER_LEN];
    bytes[0] = frame::VERSION;
    bytes[frame::EXPIRES].copy_from_slice(&NOW.after(HOUR).as_millis().to_be_bytes());
    bytes.into()
}

/// A cache that trusts what it is told, over a store with some sessions.
async fn trusting(monitor: &Monitor) -> (Near, ScriptedStore<MemoryStore>) {
    let store = ScriptedStore::new(MemoryStore::new());
    // Room for two copies in each part.
    let near = monitor.over(|| NearCache::builder(store.clone()).entries(128).build().unwrap());
    for session in 1..=4 {
        let create = Create::new(key(session), record(), None, NOW);
        assert_eq!(store.inner().create(create).await.unwrap(), Created::Applied);
    }
    store.tell(News::Up);
    is_alive(&store);
    assert_told(monitor, &[("near_cache_watching", 1)], "it is told of changes");
    (near, store)
}

fn is_alive(store: &ScriptedStore<MemoryStore>) {
    store.tell(News::Alive(now() + HOUR));
}

async fn load(near: &Near, session: u8) {
    let loaded = near.load(key(session), NOW).await.unwrap();
    assert_eq!(loaded, Loaded::Live(record()));
}

#[tokio::test]
async fn reads_and_copies_are_told_with_the_next_sign_of_life() {
    let monitor = Monitor::default();
    let (near, store) = trusting(&monitor).await;
    for _ in 0..3 {
        load(&near, 1).await;
    }
    assert_told(&monitor, &[], "nothing is told by a read");
    is_alive(&store);
    let bytes = u32::try_from(near.figures().counts.bytes).unwrap();
    assert!(bytes > 0);
    let told = [
        ("near_cache_bytes", bytes),
        ("near_cache_entries", 1),
        ("near_cache_reads_total outcome hit", 2),
        ("near_cache_reads_total outcome miss", 1),
    ];
    assert_told(&monitor, &told, "three reads");
    is_alive(&store);
    assert_told(&monitor, &[], "nothing is told twice");
}

#[tokio::test]
async fn copies_leave_for_two_causes() {
    let monitor = Monitor::default();
    let (near, store) = trusting(&monitor).await;
    for session in [1, 2, 3] {
        load(&near, session).await;
    }
    store.tell(News::Changed(key(3)));
    is_alive(&store);
    let bytes = u32::try_from(near.figures().counts.bytes).unwrap();
    let told = [
        ("near_cache_bytes", bytes),
        ("near_cache_entries", 1),
        ("near_cache_reads_total outcome miss", 3),
        ("near_cache_removals_total cause evicted", 1),
        ("near_cache_removals_total cause invalidated", 1),
    ];
    assert_told(&monitor, &told, "one made room, one was changed");
}

#[tokio::test]
async fn a_delay_is_told_by_each_sign_of_life() {
    let monitor = Monitor::default();
    let (_near, store) = trusting(&monitor).await;
    monitor.series();
    let asked = now().checked_sub(Duration::from_secs(1)).unwrap();
    store.tell(News::Alive(asked));
    store.tell(News::Changed(key(1)));
    store.tell(News::Flush);
    let [(name, seconds)] = &monitor.seconds()[..] else {
        panic!("one delay")
    };
    assert_eq!(name, "keycard_near_cache_revocation_delay_seconds");
    assert!(
        seconds.len() == 1 && (1.0..60.0).contains(&seconds[0]),
        "{seconds:?}"
    );
}

/// Each level since the monitor was made.
fn levels(told: Vec<(String, f64)>) -> Vec<(String, f64)> {
    told.into_iter()
        .filter(|(name, _)| !name.contains("_total"))
        .collect()
}

#[tokio::test]
async fn what_is_gone_with_the_link_or_with_the_cache_is_no_level_any_more() {
    let left = [
        ("keycard_near_cache_bytes", -1.0),
        ("keycard_near_cache_entries", -1.0),
        ("keycard_near_cache_watching", -1.0),
    ];
    for goes in ["the link", "the cache"] {
        let monitor = Monitor::default();
        let (near, store) = trusting(&monitor).await;
        load(&near, 1).await;
        is_alive(&store);
        let bytes = levels(monitor.told())[0].1;
        if goes == "the link" {
            store.tell(News::Lost);
        } else {
            drop(near);
        }
        let mut told = levels(monitor.told());
        told[0].1 /= bytes;
        let left = left.map(|(name, level)| (name.to_owned(), level));
        assert_eq!(told, left, "{goes}");
    }
}

#[tokio::test]
async fn two_caches_of_a_process_add_up() {
    let monitor = Monitor::default();
    let (near, store) = trusting(&monitor).await;
    let (other, others_store) = trusting(&monitor).await;
    load(&near, 1).await;
    load(&other, 1).await;
    load(&other, 2).await;
    is_alive(&store);
    is_alive(&others_store);
    let told = levels(monitor.told());
    assert_eq!(told[1], ("keycard_near_cache_entries".to_owned(), 3.0));
}
