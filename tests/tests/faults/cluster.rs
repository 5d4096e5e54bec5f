//! A cluster that loses a primary, and one whose slots move.

use std::collections::BTreeSet;
use std::time::Duration;

use keycard_fixtures::RedisCluster;
use keycard_redis::{RedisDurability, RedisStore, RedisStoreBuilder};

use crate::harness::{DEADLINE, Fails, Fault, Lost, PATIENCE, Traffic, UNREPLICATED, get_ahead, is_lost};

const FROZEN: Fault = Fault {
    name: "cluster node frozen",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: UNREPLICATED,
};
const KILLED: Fault = Fault {
    name: "cluster node killed",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: UNREPLICATED,
};
const DURABLE: Fault = Fault {
    name: "the same, endings on its replica",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[Lost::Session, Lost::Write],
};
/// The primary hands over when its replica has everything.
const ORDERED: Fault = Fault {
    name: "cluster failover ordered",
    deadline: DEADLINE,
    fails: Fails::May,
    may_lose: &[],
};
const MOVING: Fault = Fault {
    name: "slots on the move",
    deadline: PATIENCE,
    fails: Fails::Never,
    may_lose: &[],
};

fn at(cluster: &RedisCluster) -> RedisStoreBuilder {
    RedisStore::builder(&cluster.url()).unwrap()
}

/// Where no node may be taken for lost because the machine stands still.
fn patient() -> RedisCluster {
    let cluster = RedisCluster::builder().node_timeout(Duration::from_secs(5));
    cluster.start().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_freezes() {
    let cluster = RedisCluster::start().unwrap();
    let mut traffic = Traffic::begin(&FROZEN, || at(&cluster)).await;
    let primary = busiest(&cluster);
    cluster.nodes()[primary].freeze().unwrap();
    traffic.loses();
    cluster.wait_for_new_primary(primary).unwrap();
    traffic.recovers().await;
    cluster.nodes()[primary].thaw().unwrap();
    cluster.wait_until_ok().unwrap();
    traffic.serves_everybody().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed() {
    let mut cluster = RedisCluster::start().unwrap();
    let mut traffic = Traffic::begin(&KILLED, || at(&cluster)).await;
    let (primary, own) = killed_ahead_of_its_replica(&mut cluster).await;
    traffic.loses();
    cluster.wait_for_new_primary(primary).unwrap();
    traffic.recovers().await;
    cluster.node(primary).restart().unwrap();
    cluster.wait_until_ok().unwrap();
    traffic.serves_everybody().await;
    traffic.ends().await;
    assert!(is_lost(&own, cluster.nodes()), "the replica had everything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ending_is_lost_with_a_node_whose_replica_must_confirm() {
    let mut cluster = RedisCluster::start().unwrap();
    let durability = RedisDurability::replicas(1, DEADLINE / 4);
    let mut traffic = Traffic::begin(&DURABLE, || at(&cluster).durability(durability)).await;
    let (primary, own) = killed_ahead_of_its_replica(&mut cluster).await;
    traffic.loses();
    cluster.wait_for_new_primary(primary).unwrap();
    // Nobody of these slots logs out before the new primary has a replica.
    cluster.node(primary).restart().unwrap();
    cluster.wait_until_ok().unwrap();
    traffic.recovers().await;
    traffic.ends().await;
    assert!(is_lost(&own, cluster.nodes()), "the replica had everything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hands_over() {
    let cluster = patient();
    let mut traffic = Traffic::begin(&ORDERED, || at(&cluster)).await;
    cluster.fail_over(busiest(&cluster)).unwrap();
    traffic.recovers().await;
    cluster.wait_until_ok().unwrap();
    traffic.serves_everybody().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_move_while_they_are_used() {
    let cluster = patient();
    let mut traffic = Traffic::begin(&MOVING, || at(&cluster)).await;
    let primary = busiest(&cluster);
    for slot in used_slots(&cluster, primary) {
        cluster.move_slot(slot, (primary + 1) % 3).unwrap();
    }
    assert_eq!(keys(&cluster, primary), [""; 0]);
    traffic.recovers().await;
    traffic.ends().await;
}

/// The primary of most keys.
fn busiest(cluster: &RedisCluster) -> usize {
    let primaries = (0..3).max_by_key(|primary| keys(cluster, *primary).len());
    primaries.unwrap()
}

fn keys(cluster: &RedisCluster, primary: usize) -> Vec<String> {
    cluster.nodes()[primary].command(&["KEYS", "*"]).unwrap()
}

fn used_slots(cluster: &RedisCluster, primary: usize) -> BTreeSet<u16> {
    let keys = keys(cluster, primary).into_iter();
    let slots = keys.map(|key| cluster.nodes()[primary].command(&["CLUSTER", "KEYSLOT", &key]));
    slots.collect::<Result<_, _>>().unwrap()
}

/// Ends the busiest primary when its replica has stood still for a while; answers which one it was, and a key that it alone had.
async fn killed_ahead_of_its_replica(cluster: &mut RedisCluster) -> (usize, String) {
    let primary = busiest(cluster);
    let replica = cluster.replica_of(primary).unwrap();
    cluster.nodes()[replica].freeze().unwrap();
    let own = get_ahead(&cluster.nodes()[primary]).await;
    cluster.node(primary).kill().unwrap();
    cluster.nodes()[replica].thaw().unwrap();
    (primary, own)
}
