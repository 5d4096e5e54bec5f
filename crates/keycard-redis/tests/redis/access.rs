//! How a server is reached, by whom, and what of it the store keeps to.

use std::time::Duration;

use keycard::auth::throttle::Limit;
use keycard::store::{
    Create, Created, End, Ended, History as _, Loaded, Note, Refund, Replace, Replaced, Reserved, Retention,
    SessionLimit, Statistics as _, Store, Throttle, ThrottleKey, Touch, Touched, Update, Updated, UserIndex,
    Which, Window,
};
use keycard::{StoreErrorKind, Timestamp};
use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use crate::support::*;

const A: u64 = 1;

/// The rights that the crate's documentation names.
pub(crate) const RIGHTS: &[&str] = &[
    "+ping",
    "+get",
    "+eval",
    "+evalsha",
    "+set",
    "+getrange",
    "+setrange",
    "+del",
    "+pexpire",
    "+pttl",
    "+zadd",
    "+zrem",
    "+zcard",
    "+zrange",
    "+zremrangebyscore",
];

/// And of a store that counts.
const RIGHTS_TO_COUNT: &[&str] = &["+zcount", "+hincrby", "+hgetall"];

/// And of a store that keeps histories.
const RIGHTS_TO_REMEMBER: &[&str] = &["+lpush", "+ltrim", "+lindex", "+rpop", "+lrange"];

/// Every verb once, with every command that it may send.
pub(crate) async fn exercise(store: &RedisStore) {
    write_sessions(store).await;
    read_sessions(store).await;
    end_sessions(store).await;
    end_devices(store).await;
    throttle(store).await;
}

fn login(session: u64) -> Create {
    Create::new(key(A, session), live(1), Some(owner(A, after(HOUR))), NOW)
}

async fn write_sessions(store: &RedisStore) {
    let owned = Some(owner(A, after(HOUR)));
    assert_eq!(store.create(login(1)).await.unwrap(), Created::Applied);
    let update = Update::new(key(A, 1), revision(1), live(2), owned, NOW);
    assert_eq!(store.update(update).await.unwrap(), Updated::Applied);
    let touch = Touch::new(key(A, 1), revision(2), after(40 * MINUTE), after(MINUTE));
    assert_eq!(store.touch(touch).await.unwrap(), Touched::Applied);
    let replace = Replace::new(key(A, 1), revision(2), owned, login(2));
    assert_eq!(store.replace(replace).await.unwrap(), Replaced::Applied);
}

async fn read_sessions(store: &RedisStore) {
    assert_eq!(store.load(key(A, 1), NOW).await.unwrap(), Loaded::Ended);
    assert_eq!(
        store.load_many(&[key(A, 2)], NOW).await.unwrap(),
        [Loaded::Live(live(1))]
    );
    assert_eq!(store.sessions_of(user(A), NOW).await.unwrap().len(), 1);
    assert_eq!(store.count(user(A), NOW).await.unwrap(), 1);
}

async fn end_sessions(store: &RedisStore) {
    let end = End::new(key(A, 2), Some(owner(A, after(HOUR))), NOW);
    assert_eq!(store.end(end).await.unwrap(), Ended::Applied);
    assert_eq!(store.create(login(3)).await.unwrap(), Created::Applied);
    assert_eq!(store.end_all(user(A), NOW).await.unwrap(), [key(A, 3)]);
}

async fn end_devices(store: &RedisStore) {
    let on_device = on(*b"a device", owner(A, after(HOUR))).limited(SessionLimit::EvictOldest(1));
    let login = |session| Create::new(key(A, session), live(1), Some(on_device), NOW);
    assert_eq!(store.create(login(4)).await.unwrap(), Created::Applied);
    let displaced = Created::Displaced(vec![key(A, 4)]);
    assert_eq!(store.create(login(5)).await.unwrap(), displaced);
    let ended = store.end_one(user(A), key(A, 5), NOW).await.unwrap();
    assert_eq!(ended, Ended::Applied);
    let ended = store.end_device(user(A), on_device.device, NOW).await.unwrap();
    assert_eq!(ended, []);
}

async fn throttle(store: &RedisStore) {
    let limit = Limit::new(2, Duration::from_mins(1)).unwrap();
    let window = Window::new(ThrottleKey::from_bytes([7; 16]), limit);
    for left in [1, 0] {
        let reserved = store.reserve(&[window], NOW).await.unwrap();
        assert_eq!(reserved, Reserved::Applied { left });
    }
    let refund = Refund::new(vec![window.key], vec![], NOW);
    store.refund(&refund).await.unwrap();
}

/// Every verb that a note can be given to, and those that read and forget: four scripts and two commands.
pub(crate) async fn remember(store: &RedisStore) {
    let retention = Retention::new(1, Duration::from_mins(1)).unwrap();
    let note = || Note::new(user(A), "a note".into(), retention);
    let login = |session, now| Create::new(key(A, session), live(1), Some(owner(A, after(HOUR))), now);
    let created = store.create(login(6, NOW).noting(note())).await.unwrap();
    assert_eq!(created, Created::Applied);
    // The first note is a minute old by now.
    let later = login(7, after(MINUTE)).noting(note());
    assert_eq!(store.create(later).await.unwrap(), Created::Applied);
    let step_up = Update::new(key(A, 7), revision(1), live(2), None, after(MINUTE)).noting(note());
    assert_eq!(store.update(step_up).await.unwrap(), Updated::Applied);
    let ended = store.end_noting(Which::All, note(), after(MINUTE));
    assert_eq!(ended.await.unwrap().into_keys().len(), 2);
    let noted = store.history(user(A), retention, after(MINUTE)).await.unwrap();
    assert_eq!(noted.len(), 1);
    store.forget_history(user(A)).await.unwrap();
}

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
        let store = RedisStore::builder(&url).unwrap().statistics(statistics);
        let store = store.connect().await.unwrap();
        exercise(&store).await;
        assert_eq!(store.statistics(NOW).await.is_ok(), statistics);
        server.command::<()>(&["FLUSHALL"]).unwrap();
    }
    server
        .command::<()>(&[&base, RIGHTS_TO_REMEMBER].concat())
        .unwrap();
    for statistics in [false, true] {
        let store = RedisStore::builder(&url).unwrap().statistics(statistics);
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

    let elsewhere = RedisStore::builder(&url)
        .unwrap()
        .prefix("shop:")
        .connect()
        .await
        .unwrap();
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
    let store = RedisStore::connect(&url).await.unwrap();
    assert!(!format!("{store:?}").contains("sesame"), "{store:?}");
    exercise(&store).await;
}

#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    let server = RedisServer::start().unwrap();
    let store = RedisStore::connect(&server.unix_url()).await.unwrap();
    exercise(&store).await;
}

#[tokio::test]
async fn each_database_has_its_own_sessions() {
    let server = RedisServer::start().unwrap();
    let first = RedisStore::connect(&server.url()).await.unwrap();
    let third = RedisStore::connect(&format!("{}/3", server.url())).await.unwrap();
    let by_socket = RedisStore::connect(&format!("{}?db=3", server.unix_url()))
        .await
        .unwrap();
    let create = Create::new(key(A, 1), live(1), None, NOW);
    assert_eq!(third.create(create).await.unwrap(), Created::Applied);
    assert_eq!(first.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(
        by_socket.load(key(A, 1), NOW).await.unwrap(),
        Loaded::Live(live(1))
    );
    let error = RedisStore::connect(&format!("{}/99", server.url()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("database"), "{error}");
}

#[tokio::test]
async fn stores_with_different_prefixes_do_not_meet() {
    let server = RedisServer::start().unwrap();
    let ours = RedisStore::connect(&server.url()).await.unwrap();
    let shop = RedisStore::builder(&server.url())
        .unwrap()
        .prefix("shop:")
        .connect()
        .await
        .unwrap();
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
