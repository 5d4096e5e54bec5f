//! Nodes of a cluster that forget, hand over, or are lost.

use std::time::Duration;

use keycard::StoreErrorKind;
use keycard::auth::throttle::Limit;
use keycard::store::{
    EndReason, Ended, Loaded, Reserved, Statistics as _, Store as _, Throttle as _, ThrottleKey,
    UserIndex as _, Window,
};
use keycard_fixtures::RedisCluster;

use crate::clusters::*;
use crate::each_verb::{exercise, remember};
use crate::support::*;

#[tokio::test]
async fn nodes_that_have_forgotten_their_scripts_are_told_them_again() {
    let world = InCluster::begin().await;
    for _ in 0..2 {
        exercise(&world.store).await;
        remember(&world.store).await;
        for node in &world.cluster.nodes()[..3] {
            node.command::<()>(&["FLUSHALL"]).unwrap();
            node.command::<()>(&["SCRIPT", "FLUSH", "SYNC"]).unwrap();
        }
    }
}

#[tokio::test]
async fn what_all_nodes_have_counted_adds_up() {
    let world = InCluster::begin().await;
    for primary in 0..3 {
        let number = world.user_at(primary);
        for session in 1..=3 {
            world.log_in(number, session).await;
        }
        let ended = world.store.end_one(user(number), key(number, 1), NOW).await;
        assert_eq!(ended.unwrap(), Ended::Applied);
    }
    let figures = world.store.statistics(NOW).await.unwrap();
    assert_eq!((figures.active_sessions, figures.logins), (6, 9));
    assert_eq!(figures.ended(EndReason::Revoked), 3);
}

/// Windows of throttles, each at another primary and with room for two attempts.
fn windows(world: &InCluster) -> Vec<Window> {
    let limit = Limit::new(2, Duration::from_mins(1)).unwrap();
    let at = |primary| {
        let mut keys = (0..).map(|number| ThrottleKey::from_bytes([number; 16]));
        let is_there = |key: &ThrottleKey| {
            world
                .cluster
                .primary_of(world.slot_of_name(&throttle_name(*key)))
                .unwrap()
                == primary
        };
        keys.find(is_there).unwrap()
    };
    (0..3).map(|primary| Window::new(at(primary), limit)).collect()
}

#[tokio::test]
async fn an_attempt_is_counted_in_all_slots_or_in_none() {
    let mut world = InCluster::on(
        RedisCluster::builder()
            .require_full_coverage(false)
            .start()
            .unwrap(),
    )
    .await;
    let windows = windows(&world);
    let store = world.store.clone();
    let reserve = async |windows: &[Window]| store.reserve(windows, NOW).await;
    for left in [1, 0] {
        assert_eq!(reserve(&windows[2..]).await.unwrap(), Reserved::Applied { left });
    }
    for _ in 0..3 {
        let reserved = reserve(&windows).await.unwrap();
        assert!(matches!(reserved, Reserved::Throttled { .. }), "{reserved:?}");
    }
    assert_eq!(
        reserve(&windows[..2]).await.unwrap(),
        Reserved::Applied { left: 1 }
    );

    for node in [5, 2] {
        world.cluster.node(node).kill().unwrap();
    }
    for _ in 0..3 {
        let error = reserve(&windows).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    }
    assert_eq!(
        reserve(&windows[..2]).await.unwrap(),
        Reserved::Applied { left: 0 }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_primary_hands_over() {
    let world = InCluster::begin().await;
    let number = world.user_at(0);
    for session in [1, 2] {
        world.log_in(number, session).await;
    }
    let store = world.store.clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writes = tokio::spawn(async move {
        let mut written = 1;
        while stopped.try_recv().is_err() {
            write(&store, key(number, 1), written..written + 1).await;
            assert_eq!(
                store.load(key(number, 2), NOW).await.unwrap(),
                Loaded::Live(live(1))
            );
            written += 1;
        }
        written
    });
    assert_eq!(world.cluster.fail_over(0).unwrap(), 3);
    world.cluster.wait_until_ok().unwrap();
    stop.send(()).unwrap();
    let written = writes.await.unwrap();
    assert!(written > 1);
    assert_eq!(world.load(key(number, 1)).await, Loaded::Live(live(written)));
    assert_eq!(world.store.end_all(user(number), NOW).await.unwrap().len(), 2);
    assert_eq!(world.cluster.replica_of(3).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_primary_is_lost_the_sessions_of_others_are_served() {
    let mut world = InCluster::on(
        RedisCluster::builder()
            .require_full_coverage(false)
            .start()
            .unwrap(),
    )
    .await;
    let users = [0, 1, 2].map(|primary| world.user_at(primary));
    for number in users {
        world.log_in(number, 1).await;
    }
    world.cluster.nodes()[0].wait_for_replicas(1).unwrap();
    world.cluster.node(0).kill().unwrap();

    let store = world.store.clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let others = tokio::spawn(async move {
        let mut served = 0;
        while stopped.try_recv().is_err() {
            let key = key(users[1 + served % 2], 1);
            assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Live(live(1)));
            served += 1;
        }
        served
    });
    let own = key(users[0], 1);
    eventually(HANGS, "its own are served again", async || {
        match world.store.load(own, NOW).await {
            Ok(loaded) => {
                assert_eq!(loaded, Loaded::Live(live(1)));
                true
            }
            Err(error) => {
                assert_eq!(
                    error.kind(),
                    StoreErrorKind::Unavailable,
                    "it fails at once: {error}"
                );
                false
            }
        }
    })
    .await;
    stop.send(()).unwrap();
    assert!(others.await.unwrap() > 0);
    assert_eq!(world.cluster.primary_of(world.slot_of(own)).unwrap(), 3);
    world.write(own, 1..3).await;
}
