//! The rights that the crate's documentation names are enough, on each topology.

use keycard::store::{Loaded, Statistics as _};
use keycard_fixtures::{RedisCluster, RedisSentinels, RedisServer};
use keycard_redis::RedisStore;

use crate::clusters::*;
use crate::each_verb::*;
use crate::nears::near;
use crate::support::*;

const RIGHTS_IN_A_CLUSTER: &[&str] = &["+cluster|slots", "+cluster|info", "+asking"];
/// And there with histories, and with statistics.
const RIGHTS_TO_PART: &[&str] = &["+lpop", "+exists"];
const RIGHTS_BEHIND_SENTINELS: &[&str] = &["+role"];
const RIGHTS_TO_TRACK: &[&str] = &["+client|tracking"];

fn grant(nodes: &[RedisServer], rights: &[&[&str]]) {
    let user = [
        "ACL",
        "SETUSER",
        "keycard",
        "on",
        ">word",
        "resetchannels",
        "~keycard:*",
    ];
    let all = [RIGHTS, RIGHTS_TO_COUNT, RIGHTS_TO_REMEMBER, RIGHTS_TO_TRACK];
    for node in nodes {
        let words = [&user[..], &all.concat(), &rights.concat()].concat();
        node.command::<()>(&words).unwrap();
    }
}

async fn connect(url: &str) -> RedisStore {
    let url = url.replace("://", "://keycard:word@");
    patient(&url).connect().await.unwrap()
}

fn refused(nodes: &[RedisServer]) -> usize {
    let log = |node: &RedisServer| node.command::<Vec<redis::Value>>(&["ACL", "LOG"]).unwrap().len();
    nodes.iter().map(log).sum()
}

async fn do_everything(store: &RedisStore) {
    near(store).await;
    exercise(store).await;
    remember(store).await;
    store.statistics(NOW).await.unwrap();
}

#[tokio::test]
async fn in_a_cluster() {
    let cluster = RedisCluster::start().unwrap();
    grant(cluster.nodes(), &[RIGHTS_IN_A_CLUSTER, RIGHTS_TO_PART]);
    let store = connect(&cluster.url()).await;
    do_everything(&store).await;
    let world = InCluster { cluster, store };
    let number = world.user_at(0);
    let moving = world
        .cluster
        .begin_move(world.slot_of(key(number, 1)), 1)
        .unwrap();
    let asked = world.answered("ASK");
    assert_eq!(world.load(key(number, 1)).await, Loaded::Absent);
    assert!(world.answered("ASK") > asked);
    world.cluster.finish_move(moving).unwrap();
    assert_eq!(refused(world.cluster.nodes()), 0);
}

#[tokio::test]
async fn behind_sentinels() {
    let sentinels = RedisSentinels::start().unwrap();
    grant(sentinels.nodes(), &[RIGHTS_BEHIND_SENTINELS]);
    do_everything(&connect(&sentinels.url()).await).await;
    assert_eq!(refused(sentinels.nodes()), 0);
}
