//! Many at once: no update is lost, and no session survives its end.

use std::ops::RangeInclusive;

use bytes::Bytes;
use keycard::StoreKey;
use keycard::store::{Create, Created, Loaded, Store as _, Update, Updated, UserIndex as _, frame};
use keycard_redis::RedisStore;
use tokio::task::JoinSet;

use crate::support::*;

const A: u64 = 1;
const TASKS: u64 = 64;
const ROUNDS: u64 = 10;

/// A record with a number in its data.
fn counting(revision: u64, count: u64) -> Bytes {
    let mut bytes = live(revision).to_vec();
    bytes[frame::HEADER_LEN..frame::HEADER_LEN + 8].copy_from_slice(&count.to_be_bytes());
    bytes.into()
}

fn count_in(record: &[u8]) -> u64 {
    u64::from_be_bytes(
        record[frame::HEADER_LEN..frame::HEADER_LEN + 8]
            .try_into()
            .unwrap(),
    )
}

/// Adds one to the number in a session's data again and again, as requests do, under revisions of its own.
async fn count_up(store: RedisStore, key: StoreKey, revisions: RangeInclusive<u64>) {
    for revision in revisions {
        add_one(&store, key, revision).await;
    }
}

async fn add_one(store: &RedisStore, key: StoreKey, revision: u64) {
    let Loaded::Live(mut newest) = store.load(key, NOW).await.unwrap() else {
        panic!("the session is gone")
    };
    loop {
        let expected = frame::revision(&newest).unwrap();
        let next = counting(revision, count_in(&newest) + 1);
        let outcome = store
            .update(Update::new(key, expected, next, None, NOW))
            .await
            .unwrap();
        if outcome == Updated::Applied {
            return;
        }
        let Updated::Conflict(stored) = outcome else {
            panic!("{outcome:?}")
        };
        newest = stored;
    }
}

async fn log_in(store: RedisStore, key: StoreKey) -> StoreKey {
    let create = Create::new(key, live(1), Some(owner(A, after(HOUR))), NOW);
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    key
}

async fn write(store: RedisStore, key: StoreKey, number: u64) -> Updated {
    let update = Update::new(key, revision(1), live(number), Some(owner(A, after(HOUR))), NOW);
    store.update(update).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_compare_and_set_loops_lose_no_update() {
    let world = World::begin().await;
    world.create(key(A, 1), &counting(0, 0), None).await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let revisions = 1 + task * ROUNDS..=(task + 1) * ROUNDS;
        tasks.spawn(count_up(world.store.clone(), key(A, 1), revisions));
    }
    tasks.join_all().await;
    let Loaded::Live(stored) = world.load(key(A, 1)).await else {
        panic!("the session is gone")
    };
    assert_eq!(count_in(&stored), TASKS * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn end_all_leaves_no_session_that_was_created_before_the_call() {
    let world = World::begin().await;
    for round in 0..20_u64 {
        let mut logins = JoinSet::new();
        for session in 0..TASKS {
            logins.spawn(log_in(world.store.clone(), key(A, round * TASKS + session)));
        }
        let mut before = Vec::new();
        for _ in 0..round * 3 {
            before.push(logins.join_next().await.unwrap().unwrap());
        }
        let ended = world.store.end_all(user(A), NOW).await.unwrap();
        assert!(
            before.iter().all(|key| ended.contains(key)),
            "one that was created before lives on"
        );
        for key in &ended {
            assert_eq!(world.load(*key).await, Loaded::Ended);
        }

        let mut survivors = logins.join_all().await;
        survivors.retain(|key| !ended.contains(key));
        survivors.sort_unstable();
        let mut listed = world.store.end_all(user(A), NOW).await.unwrap();
        listed.sort_unstable();
        assert_eq!(listed, survivors, "who came later is in the index");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_write_does_not_bring_back_a_session_that_ended() {
    let world = World::begin().await;
    for session in 0..50 {
        let key = key(A, session);
        world.create(key, &live(1), Some(owner(A, after(HOUR)))).await;
        let mut writers = JoinSet::new();
        for number in 2..10 {
            writers.spawn(write(world.store.clone(), key, number));
        }
        assert_eq!(world.store.end_all(user(A), NOW).await.unwrap(), [key]);
        writers.join_all().await;
        assert_eq!(world.load(key).await, Loaded::Ended);
        assert_eq!(world.index(user(A)), []);
    }
}
