//! The settings of every primary are looked at, wherever the servers are.

use std::collections::BTreeSet;
use std::time::Duration;

use keycard_fixtures::{RedisCluster, Shared};
use keycard_redis::{RedisAdvice, RedisStore};

use crate::log::Log;
use crate::support::*;

const HANGS: Duration = Duration::from_secs(20);

/// The servers of which something is said, and what, as soon as it has been said of the replicas of each.
async fn advice_at(url: &str, servers: usize) -> Vec<RedisAdvice> {
    let store = unchecked(url).connect().await.unwrap();
    let mut advice = Vec::new();
    eventually(HANGS, "every primary has its replicas", async || {
        advice = store.check().await.unwrap();
        let of_replicas = advice
            .iter()
            .filter(|one| one.setting() == "min-replicas-to-write");
        of_replicas.count() == servers
    })
    .await;
    advice
}

fn distinct<'a>(advice: &'a [RedisAdvice], part: impl Fn(&'a RedisAdvice) -> &'a str) -> BTreeSet<&'a str> {
    advice.iter().map(part).collect()
}

#[tokio::test]
async fn in_a_cluster_it_is_each_primary() {
    let advice = advice_at(&Shared::Cluster.url().unwrap(), 3).await;
    assert_eq!(distinct(&advice, RedisAdvice::server).len(), 3);
    let settings = distinct(&advice, RedisAdvice::setting);
    assert_eq!(
        settings.into_iter().collect::<Vec<_>>(),
        [
            "appendonly",
            "cluster-require-full-coverage",
            "maxmemory",
            "min-replicas-to-write"
        ]
    );
    assert!(!advice.iter().any(RedisAdvice::is_unchecked), "{advice:?}");
}

#[tokio::test]
async fn behind_sentinels_it_is_the_one_that_they_name() {
    let advice = advice_at(&Shared::Sentinels.url().unwrap(), 1).await;
    assert_eq!(distinct(&advice, RedisAdvice::server).len(), 1);
    let settings = distinct(&advice, RedisAdvice::setting);
    assert_eq!(
        settings.into_iter().collect::<Vec<_>>(),
        ["appendonly", "maxmemory", "min-replicas-to-write"]
    );
}

#[tokio::test]
async fn a_primary_that_is_away_is_told_of_later_and_the_others_at_once() {
    let cluster = RedisCluster::builder().node_timeout(HANGS * 2).start().unwrap();
    let (log, _listening) = Log::listen();
    let told = || log.lines_with("maxmemory is 0").len();
    let away = &cluster.nodes()[1];
    away.freeze().unwrap();
    let builder = RedisStore::builder(&cluster.url()).unwrap();
    let store = builder.connect_lazily().unwrap();
    eventually(HANGS, "two warnings", async || told() == 2).await;
    away.thaw().unwrap();
    eventually(HANGS, "a third warning", async || told() > 2).await;
    assert_eq!(told(), 3, "each is told once");
    drop(store);
}
