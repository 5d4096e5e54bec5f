//! A primary that Sentinels replace.

use keycard_fixtures::RedisSentinels;
use keycard_redis::{RedisDurability, RedisStore, RedisStoreBuilder};

use crate::harness::{DEADLINE, Fails, Fault, Lost, Traffic, UNREPLICATED, get_ahead, is_lost};

const ORDERED: Fault = Fault {
    name: "failover ordered from a Sentinel",
    deadline: DEADLINE,
    fails: Fails::May,
    may_lose: UNREPLICATED,
};
const FROZEN: Fault = Fault {
    name: "primary frozen behind Sentinels",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: UNREPLICATED,
};
const KILLED: Fault = Fault {
    name: "primary killed behind Sentinels",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: UNREPLICATED,
};
const DURABLE: Fault = Fault {
    name: "both, endings on all replicas",
    deadline: DEADLINE,
    fails: Fails::Must,
    may_lose: &[Lost::Session, Lost::Write],
};

fn at(sentinels: &RedisSentinels) -> RedisStoreBuilder {
    RedisStore::builder(&sentinels.url()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_to_be_another() {
    let sentinels = RedisSentinels::start().unwrap();
    let mut traffic = Traffic::begin(&ORDERED, || at(&sentinels)).await;
    sentinels.fail_over().unwrap();
    traffic.recovers().await;
    sentinels.wait_until_ok().unwrap();
    // Until all agree the server before may take itself for the primary, and loses what it then acknowledges.
    traffic.loses();
    traffic.serves_everybody().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_freezes() {
    let sentinels = RedisSentinels::start().unwrap();
    let mut traffic = Traffic::begin(&FROZEN, || at(&sentinels)).await;
    let primary = sentinels.primary().unwrap();
    sentinels.nodes()[primary].freeze().unwrap();
    traffic.loses();
    let successor = sentinels.wait_for_new_primary(primary).unwrap();
    traffic.recovers().await;
    sentinels.nodes()[primary].thaw().unwrap();
    settled(&sentinels, successor, &mut traffic);
    traffic.serves_everybody().await;
    traffic.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_killed() {
    let mut sentinels = RedisSentinels::start().unwrap();
    let mut traffic = Traffic::begin(&KILLED, || at(&sentinels)).await;
    let (primary, own) = killed_ahead_of_its_replicas(&mut sentinels).await;
    traffic.loses();
    let successor = sentinels.wait_for_new_primary(primary).unwrap();
    traffic.recovers().await;
    sentinels.node(primary).restart().unwrap();
    settled(&sentinels, successor, &mut traffic);
    traffic.serves_everybody().await;
    traffic.ends().await;
    assert!(is_lost(&own, sentinels.nodes()), "the replicas had everything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ending_is_lost_with_a_primary_that_all_replicas_must_confirm() {
    let mut sentinels = RedisSentinels::start().unwrap();
    let durability = RedisDurability::replicas(2, DEADLINE / 4);
    let mut traffic = Traffic::begin(&DURABLE, || at(&sentinels).durability(durability)).await;
    sentinels.fail_over().unwrap();
    sentinels.wait_until_ok().unwrap();
    traffic.serves_everybody().await;
    let (primary, own) = killed_ahead_of_its_replicas(&mut sentinels).await;
    traffic.loses();
    let successor = sentinels.wait_for_new_primary(primary).unwrap();
    // Nobody logs out before there are as many replicas again.
    sentinels.node(primary).restart().unwrap();
    settled(&sentinels, successor, &mut traffic);
    traffic.recovers().await;
    traffic.ends().await;
    assert!(is_lost(&own, sentinels.nodes()), "the replicas had everything");
}

/// Ends the primary when its replicas have stood still for a while; answers which one it was, and a key that it alone had.
async fn killed_ahead_of_its_replicas(sentinels: &mut RedisSentinels) -> (usize, String) {
    let primary = sentinels.primary().unwrap();
    let replicas = || (0..3).filter(|node| *node != primary);
    for replica in replicas() {
        sentinels.nodes()[replica].freeze().unwrap();
    }
    let own = get_ahead(&sentinels.nodes()[primary]).await;
    sentinels.node(primary).kill().unwrap();
    for replica in replicas() {
        sentinels.nodes()[replica].thaw().unwrap();
    }
    (primary, own)
}

/// Where the machine stands still the successor may be taken for lost in its turn, and what it alone had is.
fn settled(sentinels: &RedisSentinels, successor: usize, traffic: &mut Traffic) {
    sentinels.wait_until_ok().unwrap();
    if sentinels.primary().unwrap() != successor {
        traffic.loses();
    }
}
