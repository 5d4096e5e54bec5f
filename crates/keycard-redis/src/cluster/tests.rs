//! Which cluster is believed, and that it is looked for.

use std::ops::Range;

use keycard_fixtures::{RedisServer, Shared};
use tokio::time::{advance, pause, resume, timeout};

use super::kin::GONE;
use super::*;
use crate::slots::{SLOTS, ids};
use crate::topology::Topology;

const DEADLINE: Duration = Duration::from_secs(10);
const HANGS: Duration = Duration::from_secs(30);

fn target(server: &RedisServer) -> Target {
    Target::parse(&server.url()).unwrap()
}

/// So much later, though nobody has waited.
async fn passes(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// The one node of a cluster.
fn node(slots: Range<u16>) -> RedisServer {
    let node = RedisServer::builder().args(["--cluster-enabled", "yes"]);
    let node = node.start().unwrap();
    take(&node, slots);
    node
}

fn take(node: &RedisServer, slots: Range<u16>) {
    let command = ["CLUSTER".to_owned(), "ADDSLOTS".to_owned()];
    let words: Vec<_> = command
        .into_iter()
        .chain(slots.map(|slot| slot.to_string()))
        .collect();
    node.command::<()>(&words).unwrap();
}

#[tokio::test]
async fn another_cluster_takes_the_place_of_one_of_which_no_node_has_answered_for_a_while() {
    let (ours, other) = (node(0..SLOTS), node(1..SLOTS));
    let cluster = Cluster::new([&ours, &other].map(target).to_vec(), DEADLINE, None);
    let slots: Value = ours.command(&["CLUSTER", "SLOTS"]).unwrap();
    cluster.kin.learn(ids(&slots));
    let is_at = |node| cluster.map().unwrap().at(&target(node).address).is_some();
    for _ in 0..2 {
        cluster.look().await;
        assert!(is_at(&ours) && !is_at(&other));
        passes(GONE).await;
    }
    ours.freeze().unwrap();
    cluster.look().await;
    assert!(!is_at(&other), "a while has not passed");
    passes(GONE).await;
    cluster.look().await;
    assert!(!is_at(&other), "it lacks a slot");
    take(&other, 0..1);
    let adopts = async {
        while !is_at(&other) {
            cluster.look().await;
        }
    };
    timeout(HANGS, adopts).await.expect("it is used");
    let answer = cluster.ask(&["GET", "key"], Instant::now() + DEADLINE).await;
    assert_eq!(answer.unwrap(), Value::Nil);
}

#[tokio::test]
async fn an_application_that_is_idle_looks_once_a_minute() {
    let url = Shared::Cluster.url().unwrap();
    let (Topology::Cluster(seeds), _) = Topology::parse(&url).unwrap() else {
        panic!("{url}")
    };
    let cluster = Cluster::new(seeds, DEADLINE, None);
    cluster.begin();
    cluster.first_outcome().await.unwrap();
    for _ in 0..2 {
        let before = looks(&cluster).await;
        passes(Duration::from_mins(1)).await;
        let more = looks_again(&cluster, before);
        timeout(HANGS, more).await.expect("it looks again");
    }
}

async fn looks(cluster: &Cluster) -> usize {
    cluster.asked.lock().await.1
}

async fn looks_again(cluster: &Cluster, before: usize) {
    while looks(cluster).await == before {
        sleep(PAUSE).await; // sleep: the pause between two looks
    }
}
