//! A primary that Sentinels watch: who names it, and what becomes of its sessions when another takes its place.

use std::time::Duration;

use keycard::StoreErrorKind;
use keycard::store::{Create, Created, Loaded, Store as _, Update, Updated};
use keycard_fixtures::{RedisSentinels, RedisServer};
use keycard_redis::RedisStore;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::clusters::{HANGS, patient};
use crate::each_verb::{exercise, remember};
use crate::nears::*;
use crate::support::*;

const A: u64 = 1;

/// Sessions that the replicas have too.
async fn begin(sentinels: &RedisSentinels, store: &RedisStore, sessions: u64) {
    for session in 1..=sessions {
        let create = Create::new(key(A, session), live(1), None, NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
    let primary = &sentinels.nodes()[sentinels.primary().unwrap()];
    primary.wait_for_replicas(2).unwrap();
}

#[tokio::test]
async fn any_sentinel_that_lives_names_the_primary() {
    let mut sentinels = RedisSentinels::start().unwrap();
    let store = unchecked(&sentinels.url()).connect().await.unwrap();
    exercise(&store).await;
    remember(&store).await;
    sentinels.sentinel(0).kill().unwrap();
    unchecked(&sentinels.url()).connect().await.unwrap();
    sentinels.sentinels()[1].freeze().unwrap();
    unchecked(&sentinels.url()).connect().await.unwrap();
    sentinels.sentinel(2).kill().unwrap();
    let error = unchecked(&sentinels.url())
        .connect()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("by the Sentinels 127.0.0.1"), "{error}");

    sentinels.sentinel(2).restart().unwrap();
    let strange = sentinels.url().replace("mymaster", "strange");
    let error = unchecked(&strange).connect().await.unwrap_err().to_string();
    assert!(
        error.contains("strange") && error.contains("No such master"),
        "{error}"
    );
    // Who has connected needs none of them.
    sentinels.sentinel(2).kill().unwrap();
    assert_eq!(store.load(key(A, 1), NOW).await.unwrap(), Loaded::Ended);
}

#[tokio::test]
async fn who_has_lost_its_role_while_it_was_waited_for_is_not_used() {
    let mut sentinels = RedisSentinels::builder().down_after(HANGS).start().unwrap();
    for other in [1, 2] {
        sentinels.sentinel(other).kill().unwrap();
    }
    let (old, new, sentinel) = (
        &sentinels.nodes()[0],
        &sentinels.nodes()[1],
        &sentinels.sentinels()[0],
    );
    old.freeze().unwrap();
    let url = format!("redis+sentinel://127.0.0.1:{}/mymaster", sentinel.port());
    let store = unchecked(&url).connect_lazily().unwrap();
    sleep(Duration::from_millis(300)).await; // sleep: for how long the server lets us wait
    new.command::<()>(&["REPLICAOF", "NO", "ONE"]).unwrap();
    let port = new.port().to_string();
    for command in [
        &["SENTINEL", "REMOVE", "mymaster"][..],
        &["SENTINEL", "MONITOR", "mymaster", "127.0.0.1", &port, "1"],
    ] {
        sentinel.command::<()>(command).unwrap();
    }
    old.thaw().unwrap();
    let create = Create::new(key(A, 1), live(1), None, NOW);
    eventually(HANGS, "a session is created", async || {
        store.create(create.clone()).await.is_ok()
    })
    .await;
    let keys = |server: &RedisServer| server.command::<usize>(&["DBSIZE"]).unwrap();
    assert_eq!((keys(old), keys(new)), (0, 1));
}

#[tokio::test]
async fn sentinels_and_those_that_they_watch_have_their_own_passwords() {
    let with = |password: &str| RedisServer::builder().password(password);
    let sentinels = RedisSentinels::builder()
        .node(with("sesame"))
        .sentinel(with("watchword"));
    let sentinels = sentinels.start().unwrap();
    let builder = unchecked(&sentinels.url());
    let store = builder
        .clone()
        .sentinel_password("watchword")
        .connect()
        .await
        .unwrap();
    exercise(&store).await;
    near(&store).await;
    for refused in [builder.clone(), builder.sentinel_password("sesame")] {
        let error = refused.connect().await.unwrap_err().to_string();
        assert!(error.to_lowercase().contains("auth"), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
    let another = sentinels.url().replace("sesame", "watchword");
    let another = unchecked(&another).sentinel_password("watchword");
    let error = another.connect().await.unwrap_err().to_string();
    assert!(error.contains("authentication failed"), "{error}");
}

/// Writes a session until told otherwise, whatever fails meanwhile; answers the last revision that was acknowledged.
async fn write_on(store: RedisStore, mut stopped: oneshot::Receiver<()>) -> u64 {
    let mut acknowledged = 1;
    while stopped.try_recv().is_err() {
        let update = Update::new(
            key(A, 1),
            revision(acknowledged),
            live(acknowledged + 1),
            None,
            NOW,
        );
        match store.update(update).await {
            Ok(Updated::Applied) => acknowledged += 1,
            // The replica that has become the primary had not heard of what was acknowledged last, or had of what was not.
            Ok(Updated::Conflict(newest)) => {
                acknowledged =
                    u64::from_be_bytes(newest[keycard::store::frame::REVISION].try_into().unwrap());
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert_ne!(error.kind(), StoreErrorKind::Protocol, "{error}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_under_writes_needs_no_restart() {
    let sentinels = RedisSentinels::start().unwrap();
    let store = patient(&sentinels.url()).connect().await.unwrap();
    begin(&sentinels, &store, 2).await;
    let reader = near(&patient(&sentinels.url()).connect().await.unwrap()).await;
    has_copy(&reader, key(A, 2)).await;
    let (stop, stopped) = oneshot::channel();
    let writes = tokio::spawn(write_on(store.clone(), stopped));

    let new = sentinels.fail_over().unwrap();
    let there = unchecked(&sentinels.nodes()[new].url()).connect().await.unwrap();
    end(&there, key(A, 2)).await;
    learns_of_the_end(&reader, key(A, 2)).await;
    is_on(&reader).await;
    sentinels.wait_until_ok().unwrap();
    let before = there.load(key(A, 1), NOW).await.unwrap();
    eventually(HANGS, "the new primary is written to", async || {
        there.load(key(A, 1), NOW).await.unwrap() != before
    })
    .await;
    stop.send(()).unwrap();
    let acknowledged = writes.await.unwrap();
    assert_eq!(
        there.load(key(A, 1), NOW).await.unwrap(),
        Loaded::Live(live(acknowledged))
    );
    learns_of_the_end(&reader, key(A, 2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_primary_is_lost_everything_fails_at_once() {
    let mut sentinels = RedisSentinels::start().unwrap();
    let store = patient(&sentinels.url()).connect().await.unwrap();
    begin(&sentinels, &store, 1).await;
    sentinels.node(0).kill().unwrap();
    let mut failed = 0;
    eventually(HANGS, "another is the primary", async || {
        match store.load(key(A, 1), NOW).await {
            Ok(loaded) => {
                assert_eq!(loaded, Loaded::Live(live(1)));
                true
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
                failed += 1;
                false
            }
        }
    })
    .await;
    assert!(failed > 0);
    assert_ne!(sentinels.wait_for_new_primary(0).unwrap(), 0);
    end(&store, key(A, 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_cut_off_from_the_sentinels_is_left() {
    let node = RedisServer::builder().password("sesame");
    let sentinels = RedisSentinels::builder().node(node).start().unwrap();
    for node in sentinels.nodes() {
        let shop = ["ACL", "SETUSER", "shop", "on", ">open", "~*", "&*", "+@all"];
        node.command::<()>(&shop).unwrap();
    }
    let url = sentinels.url().replace("//:sesame@", "//shop:open@");
    let store = patient(&url).connect().await.unwrap();
    begin(&sentinels, &store, 1).await;
    let reader = near(&store).await;
    has_copy(&reader, key(A, 1)).await;
    // It answers us, and nothing that the Sentinels ask it; so it stays a primary.
    let old = &sentinels.nodes()[0];
    old.command::<()>(&["ACL", "SETUSER", "default", "-@all"])
        .unwrap();
    let new = sentinels.wait_for_new_primary(0).unwrap();
    let there = sentinels.nodes()[new].url().replace("//:sesame@", "//shop:open@");
    let there = unchecked(&there).deadline(Duration::from_secs(10));
    end(&there.connect().await.unwrap(), key(A, 1)).await;
    learns_of_the_end(&reader, key(A, 1)).await;
    let stored: Vec<u8> = old.command(&["GET", &session_name(key(A, 1))]).unwrap();
    assert_eq!(stored, live(1), "it is as it was where nobody asks any more");
    is_on(&reader).await;
}
