//! Budgets: what each use of a session sends to Redis, counted by the server itself, with few sessions and with many.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod crowd;
mod measure;
mod uses;

use keycard::store::Retention;
use keycard::{IndexKey, KeyRing, Keycard};
use keycard_redis::RedisStore;
use keycard_tests::world::{Adapter, Kind, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_use_keeps_its_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    measure::each_use_keeps_its_budget(&world, &world.keycard()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_sessions_change_no_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    crowd::moves_in(&world).await;
    measure::each_use_keeps_its_budget(&world, &world.keycard()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_changes_no_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    let store = RedisStore::connect(&world.redis.as_ref().unwrap().url())
        .await
        .unwrap();
    let ring = KeyRing::new([[1; 32]]).unwrap();
    let builder = Keycard::with_history(store, ring, Retention::DEFAULT).clock(world.clock.clone());
    let (keycard, users) = builder
        .index_key(IndexKey::new([1; 32]).unwrap())
        .build()
        .unwrap();
    measure::each_use_keeps_its_budget(&world, &keycard).await;
    assert_eq!(users.of("alice").history().await.unwrap().len(), 20);
}
