//! A server that refuses to write: nothing is left half done, and sessions can still be ended where that is possible.

use bytes::Bytes;
use keycard::StoreErrorKind;
use keycard::store::{
    Create, End, EndReason, Ended, Loaded, Replace, Statistics as _, Store as _, Touch, Touched, Update,
    UserIndex as _, frame,
};
use keycard_fixtures::RedisServer;

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

/// A server without memory for more, in which user A has two sessions.
async fn full(statistics: bool) -> World {
    let server = RedisServer::builder()
        .args(["--maxmemory-policy", "noeviction"])
        .start()
        .unwrap();
    let store = unchecked(&server.url()).statistics(statistics);
    let store = store.connect().await.unwrap();
    let world = World { server, store };
    for session in [1, 2] {
        world.log_in(A, session, HOUR).await;
    }
    world
        .server
        .command::<()>(&["CONFIG", "SET", "maxmemory", "1"])
        .unwrap();
    world
}

#[tokio::test]
async fn a_full_server_refuses_what_would_grow_and_leaves_nothing_half_written() {
    let world = full(false).await;
    let before: Vec<String> = world.server.command(&["KEYS", "*"]).unwrap();
    let grown = Bytes::from([&live(9)[..], &[b'.'; 1000]].concat());

    let new = || Create::new(key(B, 1), grown.clone(), Some(owner(B, after(HOUR))), NOW);
    let error = world.store.create(new()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    let update = Update::new(
        key(A, 1),
        revision(1),
        grown.clone(),
        Some(owner(A, after(2 * HOUR))),
        NOW,
    );
    let error = world.store.update(update).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    let replace = Replace::new(key(A, 1), revision(1), Some(owner(A, after(HOUR))), new());
    let error = world.store.replace(replace).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");

    let left: Vec<String> = world.server.command(&["KEYS", "*"]).unwrap();
    assert_eq!(left.len(), before.len(), "{left:?}");
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(1)));
    assert_eq!(
        world.index(user(A)),
        [1, 2].map(|session| (member(key(A, session)), after(HOUR).as_millis()))
    );
}

#[tokio::test]
async fn a_full_server_still_touches_and_ends_sessions() {
    let world = full(false).await;
    touches_a_session(&world).await;
    ends_both_sessions(&world).await;
}

#[tokio::test]
async fn a_full_server_counts_what_it_still_does() {
    let world = full(true).await;
    let create = Create::new(key(B, 1), live(9), Some(owner(B, after(HOUR))), NOW);
    world.store.create(create).await.unwrap_err();
    touches_a_session(&world).await;
    ends_both_sessions(&world).await;
    let figures = world.store.statistics(NOW).await.unwrap();
    assert_eq!((figures.active_sessions, figures.logins), (0, 2));
    let ended = [EndReason::Logout, EndReason::Revoked].map(|reason| figures.ended(reason));
    assert_eq!(ended, [1, 1]);
}

async fn touches_a_session(world: &World) {
    let touch = Touch::new(key(A, 1), revision(1), after(40 * MINUTE), after(MINUTE));
    assert_eq!(world.store.touch(touch).await.unwrap(), Touched::Applied);
    let Loaded::Live(touched) = world.load(key(A, 1)).await else {
        panic!("the session is gone")
    };
    assert_eq!(frame::expires(&touched), Some(after(40 * MINUTE)));
}

async fn ends_both_sessions(world: &World) {
    let end = End::new(key(A, 1), Some(owner(A, after(HOUR))), NOW);
    assert_eq!(world.store.end(end).await.unwrap(), Ended::Applied);
    assert_eq!(world.load(key(A, 1)).await, Loaded::Ended);
    assert_eq!(world.store.end_all(user(A), NOW).await.unwrap(), [key(A, 2)]);
    assert_eq!(world.load(key(A, 2)).await, Loaded::Ended);
    assert_eq!(world.index(user(A)), []);
}

#[tokio::test]
async fn a_replica_refuses_every_write() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    world
        .server
        .command::<()>(&["REPLICAOF", "127.0.0.1", "1"])
        .unwrap();
    let end = End::new(key(A, 1), Some(owner(A, after(HOUR))), NOW);
    assert_eq!(
        world.store.end(end).await.unwrap_err().kind(),
        StoreErrorKind::Refused
    );
    let create = Create::new(key(A, 2), live(2), Some(owner(A, after(HOUR))), NOW);
    assert_eq!(
        world.store.create(create).await.unwrap_err().kind(),
        StoreErrorKind::Refused
    );
    assert_eq!(
        world.store.end_all(user(A), NOW).await.unwrap_err().kind(),
        StoreErrorKind::Refused
    );
    assert_eq!(world.load(key(A, 1)).await, Loaded::Live(live(1)));
    assert_eq!(world.store.count(user(A), NOW).await.unwrap(), 1);
}

#[tokio::test]
async fn a_replica_without_its_primary_is_unavailable() {
    let world = World::begin().await;
    world
        .server
        .command::<()>(&["CONFIG", "SET", "replica-serve-stale-data", "no"])
        .unwrap();
    world
        .server
        .command::<()>(&["REPLICAOF", "127.0.0.1", "1"])
        .unwrap();
    let error = world.store.load(key(A, 1), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
}
