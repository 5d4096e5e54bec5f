//! Budgets: what each use of a session sends to Redis, counted by the server itself, with few sessions and with many.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod account;
mod crowd;
mod csrf;
mod dead;
mod measure;
mod tokens;
mod uses;

use std::time::Duration;

use keycard::store::{MAX_SESSIONS_PER_USER, Retention, SessionLimit};
use keycard::{IndexKey, KeyRing, Keycard, Transport};
use keycard_redis::RedisStore;
use keycard_tests::world::{Adapter, Kind, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_use_keeps_its_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    every_transport_keeps_its_budget(&world).await;
    account::each_request_keeps_its_budget(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_against_forgery_asks_no_server() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    csrf::the_check_asks_no_server(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_use_of_a_token_keeps_its_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    tokens::each_use_keeps_its_budget(&world).await;
    tokens::a_check_over_a_hot_session_asks_no_server(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_sessions_change_no_budget() {
    let mut world = World::new(Adapter::Axum, Kind::Redis).await;
    world.deadline = Some(Duration::from_mins(1)); // A hundred at once move in, on a machine that may have much to do.
    crowd::moves_in(&world).await;
    every_transport_keeps_its_budget(&world).await;
    account::each_request_keeps_its_budget(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_changes_no_budget() {
    let world = World::new(Adapter::Axum, Kind::Redis).await;
    let builder = RedisStore::builder(&world.redis.as_ref().unwrap().url()).unwrap();
    let store = builder.check_at_start(false).connect().await.unwrap();
    let ring = KeyRing::new([[1; 32]]).unwrap();
    let builder = Keycard::with_history(store, ring, Retention::DEFAULT).clock(world.clock.clone());
    let (keycard, users) = builder
        .index_key(IndexKey::new([1; 32]).unwrap())
        .build()
        .unwrap();
    measure::each_use_keeps_its_budget(&world, &keycard, Transport::Cookie).await;
    assert_eq!(users.of("alice").history().await.unwrap().len(), 20);
}

/// Ids in cookies, and ids in headers together with a limit of sessions: neither costs more.
async fn every_transport_keeps_its_budget(world: &World) {
    measure::each_use_keeps_its_budget(world, &world.keycard(), Transport::Cookie).await;
    for transport in [Transport::Header(measure::HEADER), Transport::Bearer] {
        let most = SessionLimit::EvictOldest(MAX_SESSIONS_PER_USER);
        let keycard = world.keycard_with(&[1], |builder| {
            builder.transports([transport]).session_limit(most)
        });
        measure::each_use_keeps_its_budget(world, &keycard, transport).await;
    }
}
