//! A near cache over a cluster: every primary tells what changes.

use std::time::Duration;

use keycard::StoreKey;
use keycard::store::{End, Loaded, Store as _};
use keycard_fixtures::RedisCluster;

use crate::clusters::*;
use crate::nears::*;
use crate::support::*;

/// A session of a user of each primary.
async fn sessions(world: &InCluster, session: u64) -> [StoreKey; 3] {
    let users = [0, 1, 2].map(|primary| world.user_at(primary));
    for number in users {
        world.log_in(number, session).await;
    }
    users.map(|number| key(number, session))
}

/// A reader with a connection of its own, which somebody else's changes are told to.
async fn reader(world: &InCluster) -> Near {
    near(&patient(&world.cluster.url()).connect().await.unwrap()).await
}

#[tokio::test]
async fn every_primary_tells_what_changes() {
    let world = InCluster::begin().await;
    let reader = reader(&world).await;
    for key in sessions(&world, 1).await {
        has_copy(&reader, key).await;
        world.write(key, 1..2).await;
        eventually(HANGS, "the update", async || {
            reader.load(key, NOW).await.unwrap() == Loaded::Live(live(2))
        })
        .await;
        has_copy(&reader, key).await;
        end(&world.store, key).await;
        learns_of_the_end(&reader, key).await;
    }
}

#[tokio::test]
async fn it_is_off_while_one_primary_does_not_tell() {
    // No other takes its place meanwhile.
    let cluster = RedisCluster::builder()
        .node_timeout(Duration::from_mins(1))
        .start()
        .unwrap();
    let world = InCluster::on(cluster).await;
    let reader = reader(&world).await;
    let [frozen, other, _] = sessions(&world, 1).await;
    has_copy(&reader, frozen).await;
    has_copy(&reader, other).await;
    world.cluster.nodes()[0].freeze().unwrap();
    is_off(&reader).await;
    end(&world.store, other).await;
    learns_of_the_end(&reader, other).await;
    world.cluster.nodes()[0].thaw().unwrap();
    is_on(&reader).await;
    has_copy(&reader, frozen).await;
    end(&world.store, frozen).await;
    learns_of_the_end(&reader, frozen).await;

    let killed: u64 = world.cluster.nodes()[1]
        .command(&["CLIENT", "KILL", "TYPE", "normal"])
        .unwrap();
    assert!(killed > 0);
    is_on(&reader).await;
}

#[tokio::test]
async fn after_a_failover_the_successor_tells() {
    let mut world = InCluster::begin().await;
    let reader = reader(&world).await;
    let [handed_over, lost, _] = sessions(&world, 1).await;
    has_copy(&reader, handed_over).await;
    has_copy(&reader, lost).await;
    assert_eq!(world.cluster.fail_over(0).unwrap(), 3);
    end(&world.store, handed_over).await;
    learns_of_the_end(&reader, handed_over).await;

    world.cluster.wait_until_ok().unwrap();
    world.cluster.nodes()[1].wait_for_replicas(1).unwrap();
    is_on(&reader).await;
    has_copy(&reader, lost).await;
    world.cluster.node(1).kill().unwrap();
    is_off(&reader).await;
    world.cluster.wait_for_new_primary(1).unwrap();
    let end = End::new(lost, None, NOW);
    eventually(HANGS, "the successor ends it", async || {
        world.store.end(end.clone()).await.is_ok()
    })
    .await;
    learns_of_the_end(&reader, lost).await;
    is_on(&reader).await;
    let [again, ..] = sessions(&world, 2).await;
    has_copy(&reader, again).await;
}

#[tokio::test]
async fn a_slot_that_moves_is_told_of_by_its_new_node() {
    let world = InCluster::begin().await;
    let reader = reader(&world).await;
    let [moved, ..] = sessions(&world, 1).await;
    let slot = world.slot_of(moved);
    for (to, revision) in [(1, 1), (2, 2), (0, 3)] {
        has_copy(&reader, moved).await;
        world.cluster.move_slot(slot, to).unwrap();
        world.write(moved, revision..revision + 1).await;
        let written = Loaded::Live(live(revision + 1));
        eventually(HANGS, "the update", async || {
            reader.load(moved, NOW).await.unwrap() == written
        })
        .await;
        is_on(&reader).await;
    }
    // What counts would wait until the slot has moved.
    let writer = unchecked(&world.cluster.url()).connect().await.unwrap();
    let moving = world.cluster.begin_move(slot, 1).unwrap();
    has_copy(&reader, moved).await;
    world.cluster.migrate(&moving, &[session_name(moved)]).unwrap();
    has_copy(&reader, moved).await;
    end(&writer, moved).await;
    learns_of_the_end(&reader, moved).await;
    world.cluster.finish_move(moving).unwrap();
    learns_of_the_end(&reader, moved).await;
}
