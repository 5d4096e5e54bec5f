//! Every verb once, and the rights that it takes.

use std::time::Duration;

use keycard::auth::throttle::Limit;
use keycard::store::{
    Create, Created, End, Ended, History as _, Loaded, Note, Refund, Replace, Replaced, Reserved, Retention,
    SessionLimit, Store, Throttle, ThrottleKey, Touch, Touched, Update, Updated, UserIndex, Which, Window,
};
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
pub(crate) const RIGHTS_TO_COUNT: &[&str] = &["+zcount", "+hincrby", "+hgetall"];

/// And of a store that keeps histories.
pub(crate) const RIGHTS_TO_REMEMBER: &[&str] = &["+lpush", "+ltrim", "+lindex", "+rpop", "+lrange"];

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
