//! How a server is reached, by whom, and what of it the store keeps to.

use keycard::store::{Create, Created, Loaded, Statistics as _, Store as _, Touch, UserIndex as _};
use keycard::{StoreErrorKind, Timestamp};
use keycard_fixtures::RedisServer;

use crate::each_verb::*;
use crate::support::*;

const A: u64 = 1;

#[tokio::test]
async fn a_user_with_the_least_rights_can_do_everything() {
    let server = RedisServer::start().unwrap();
    let base = [
        "ACL",
        "SETUSER",
        "keycard",
        "on",
        ">p%ss word",
        "resetchannels",
        "~keycard:*",
    ];
    let url = format!("redis://keycard:p%25ss%20word@127.0.0.1:{}", server.port());
    for (statistics, rights) in [(false, RIGHTS), (true, RIGHTS_TO_COUNT)] {
        server.command::<()>(&[&base, rights].concat()).unwrap();
        let store = unchecked(&url).statistics(statistics);
        let store = store.connect().await.unwrap();
        exercise(&store).await;
        assert_eq!(store.statistics(NOW).await.is_ok(), statistics);
        server.command::<()>(&["FLUSHALL"]).unwrap();
    }
    server
        .command::<()>(&[&base, RIGHTS_TO_REMEMBER].concat())
        .unwrap();
    for statistics in [false, true] {
        let store = unchecked(&url).statistics(statistics);
        remember(&store.connect().await.unwrap()).await;
        server.command::<()>(&["FLUSHALL"]).unwrap();
    }
    assert_eq!(
        server
            .command::<Vec<redis::Value>>(&["ACL", "LOG"])
            .unwrap()
            .len(),
        0
    );

    let elsewhere = unchecked(&url).prefix("shop:").connect().await.unwrap();
    let error = elsewhere.load(key(A, 1), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    let create = Create::new(key(A, 1), live(1), None, NOW);
    let error = elsewhere.create(create).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
}

#[tokio::test]
async fn a_password_opens_the_server_and_is_not_shown() {
    let server = RedisServer::builder()
        .args(["--requirepass", "open sesame"])
        .start()
        .unwrap();
    let url = format!("redis://:open%20sesame@127.0.0.1:{}", server.port());
    let store = unchecked(&url).connect().await.unwrap();
    assert!(!format!("{store:?}").contains("sesame"), "{store:?}");
    exercise(&store).await;
}

#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    let server = RedisServer::start().unwrap();
    let store = unchecked(&server.unix_url()).connect().await.unwrap();
    exercise(&store).await;
}

#[tokio::test]
async fn each_database_has_its_own_sessions() {
    let server = RedisServer::start().unwrap();
    let first = unchecked(&server.url()).connect().await.unwrap();
    let third = unchecked(&format!("{}/3", server.url())).connect().await.unwrap();
    let by_socket = unchecked(&format!("{}?db=3", server.unix_url()))
        .connect()
        .await
        .unwrap();
    let create = Create::new(key(A, 1), live(1), None, NOW);
    assert_eq!(third.create(create).await.unwrap(), Created::Applied);
    assert_eq!(first.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(
        by_socket.load(key(A, 1), NOW).await.unwrap(),
        Loaded::Live(live(1))
    );
    let error = unchecked(&format!("{}/99", server.url()))
        .connect()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("database"), "{error}");
}

#[tokio::test]
async fn stores_with_different_prefixes_do_not_meet() {
    let server = RedisServer::start().unwrap();
    let ours = unchecked(&server.url()).connect().await.unwrap();
    let shop = unchecked(&server.url()).prefix("shop:").connect().await.unwrap();
    let owned = Some(owner(A, after(HOUR)));
    let create = Create::new(key(A, 1), live(1), owned, NOW);
    assert_eq!(shop.create(create).await.unwrap(), Created::Applied);
    assert_eq!(ours.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(ours.end_all(user(A), NOW).await.unwrap(), []);
    let names: Vec<String> = server.command(&["KEYS", "*"]).unwrap();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.starts_with("shop:{")), "{names:?}");
    assert_eq!(shop.end_all(user(A), NOW).await.unwrap(), [key(A, 1)]);
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    let world = World::begin().await;
    exercise(&world.store).await;
    for session in 10..20 {
        world.server.command::<()>(&["SCRIPT", "FLUSH", "SYNC"]).unwrap();
        world.create(key(A, session), &live(session), None).await;
        assert_eq!(world.load(key(A, session)).await, Loaded::Live(live(session)));
    }
}

#[tokio::test]
async fn every_verb_is_one_command() {
    sends_one_command_for_each_verb(&World::begin().await).await;
}

#[tokio::test]
async fn counting_costs_no_further_command() {
    sends_one_command_for_each_verb(&World::that_counts().await).await;
}

#[tokio::test]
async fn remembering_costs_no_further_command() {
    let world = World::begin().await;
    remember(&world.store).await;
    world.server.command::<()>(&["FLUSHALL"]).unwrap();
    let calls = calls_of(&world, async || remember(&world.store).await).await;
    assert_eq!(
        ["evalsha", "eval", "lrange", "del"].map(calls),
        [4, 0, 1, 1],
        "the scripts write tombstones over the two sessions"
    );
}

async fn sends_one_command_for_each_verb(world: &World) {
    exercise(&world.store).await;
    world.server.command::<()>(&["FLUSHALL"]).unwrap();
    let calls = calls_of(world, async || exercise(&world.store).await).await;
    assert_eq!((calls("evalsha"), calls("eval")), (16, 0));
    for never in ["time", "keys", "scan"] {
        assert_eq!(calls(never), 0, "{never}");
    }
}

/// How often the server carries out each command meanwhile, those of scripts counted.
pub(crate) async fn calls_of(world: &World, does: impl AsyncFnOnce()) -> impl Fn(&str) -> u64 {
    world.server.command::<()>(&["CONFIG", "RESETSTAT"]).unwrap();
    does().await;
    let stats: String = world.server.command(&["INFO", "commandstats"]).unwrap();
    move |name| {
        let line = stats
            .lines()
            .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }
}

#[tokio::test]
async fn a_key_of_another_type_is_an_error_and_not_absent() {
    let world = World::begin().await;
    world
        .server
        .command::<()>(&["RPUSH", &session_name(key(A, 1)), "1"])
        .unwrap();
    let error = world.store.load(key(A, 1), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Protocol, "{error}");
    let touch = Touch::new(key(A, 1), revision(1), Timestamp::from_millis(1), NOW);
    let error = world.store.touch(touch).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Protocol, "{error}");
}
