//! What a link does that no command shows.

use std::thread;
use std::time::Duration;

use keycard_fixtures::RedisServer;
use tokio::runtime::Builder;

use super::Link;
use crate::cluster::Kin;
use crate::target::Target;
use crate::topology::Place;

#[tokio::test]
async fn whoever_has_no_connection_yet_may_ask_on_another_s() {
    let server = RedisServer::start().unwrap();
    let place = Place::At(Target::parse(&server.url()).unwrap());
    let link = Link::new(place, Duration::from_secs(20), None);
    link.first_outcome().await.unwrap();
    let has_pipe = || {
        let elsewhere = Builder::new_current_thread().build().unwrap();
        elsewhere.block_on(async { link.pipe().is_some() })
    };
    assert!(thread::scope(|scope| scope.spawn(has_pipe).join().unwrap()));
}

#[tokio::test]
async fn a_node_of_another_cluster_is_not_spoken_to() {
    let server = RedisServer::builder()
        .args(["--cluster-enabled", "yes"])
        .start()
        .unwrap();
    server.command::<()>(&["CLUSTER", "ADDSLOTS", "0"]).unwrap();
    let id: String = server.command(&["CLUSTER", "MYID"]).unwrap();
    let target = Target::parse(&server.url()).unwrap();
    for (known, is_ours) in [
        (None, true),
        (Some(id), true),
        (Some("of another".to_owned()), false),
    ] {
        let kin = Kin::default();
        kin.learn(known.into_iter().collect());
        let link = Link::new(Place::Node(target.clone(), kin), Duration::from_secs(20), None);
        let outcome = link
            .first_outcome()
            .await
            .map_err(|down| down.message.to_string());
        assert_eq!(outcome.is_ok(), is_ours, "{outcome:?}");
        assert!(
            is_ours
                || outcome
                    .unwrap_err()
                    .contains("a node of another cluster has the address now")
        );
    }
}
