//! Throttles on a real server: what is stored, for how long, at what price, and by several servers at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keycard::auth::throttle::{Limit, Throttles};
use keycard::store::memory::MemoryStore;
use keycard::store::{Refund, Reserved, Throttle as _, ThrottleKey, Window};
use keycard::{ErrorKind, KeyRing, Keycard, ManualClock, StoreErrorKind, UserId};
use keycard_redis::RedisStore;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::*;

const ACCOUNT: &str = "alice@example.com";
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

fn throttles(store: &RedisStore) -> Throttles {
    let clock = ManualClock::starting_at(NOW);
    let keycard = Keycard::builder(MemoryStore::new(), KeyRing::new([[7; 32]]).unwrap())
        .clock(clock)
        .build();
    Throttles::new(&keycard.unwrap(), store.clone())
}

fn window(number: u8) -> Window {
    let limit = Limit::new(5, Duration::from_millis(HOUR)).unwrap();
    Window::new(ThrottleKey::from_bytes([number; 16]), limit)
}

fn names(world: &World) -> Vec<String> {
    world.server.command(&["KEYS", "*"]).unwrap()
}

fn times(world: &World, name: &str) -> Vec<u8> {
    world.server.command(&["GET", name]).unwrap()
}

/// How many scripts the server has run.
fn scripts(world: &World) -> u64 {
    let stats: String = world.server.command(&["INFO", "commandstats"]).unwrap();
    let calls = |line: &str| -> u64 { line.split(['=', ',']).nth(1).unwrap().parse().unwrap() };
    stats
        .lines()
        .filter(|line| line.starts_with("cmdstat_eval"))
        .map(calls)
        .sum()
}

#[tokio::test]
async fn neither_accounts_nor_addresses_are_stored() {
    let world = World::begin().await;
    let throttles = throttles(&world.store);
    drop(throttles.login(ACCOUNT, CLIENT).await.unwrap());
    let user = UserId::from(ACCOUNT);
    let code = throttles.once(&user, "totp", 7, Duration::from_secs(90));
    assert!(code.await.unwrap());
    let names = names(&world);
    assert_eq!(names.len(), 4, "three windows and the code: {names:?}");
    for name in names {
        let digest = name.strip_prefix("keycard:t:").expect("a name of throttles");
        assert_eq!(digest.len(), 22, "16 bytes and nothing else: {name}");
        assert_eq!(
            times(&world, &name),
            NOW.as_millis().to_be_bytes(),
            "a time and nothing else"
        );
    }
}

#[tokio::test]
async fn a_window_lives_a_minute_longer_than_its_last_attempt_counts() {
    let world = World::begin().await;
    let assert_lives = || {
        for name in names(&world) {
            assert_between("the TTL", world.life(&name), HOUR, HOUR + MINUTE);
        }
    };
    for _ in 0..2 {
        let reserved = world.store.reserve(&[window(1), window(2)], NOW).await.unwrap();
        assert!(matches!(reserved, Reserved::Applied { .. }));
        assert_lives();
    }
    let refund = Refund::new(vec![window(1).key], vec![window(2).key], NOW);
    world.store.refund(&refund).await.unwrap();
    assert_lives();
    assert_eq!(names(&world).len(), 1, "what is empty is gone");
}

#[tokio::test]
async fn an_attempt_is_one_script_and_a_success_another() {
    let world = World::begin().await;
    let throttles = throttles(&world.store);
    // The server learns the scripts.
    throttles.login(ACCOUNT, CLIENT).await.unwrap().succeeded().await;
    let before = scripts(&world);
    let attempt = throttles.login(ACCOUNT, CLIENT).await.unwrap();
    assert_eq!(scripts(&world) - before, 1);
    attempt.succeeded().await;
    assert_eq!(scripts(&world) - before, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_count_together() {
    let world = World::begin().await;
    let other = unchecked(&world.server.url()).connect().await.unwrap();
    let start = Arc::new(Barrier::new(64));
    let mut guesses = JoinSet::new();
    for number in 0..64 {
        let throttles = throttles(if number % 2 == 0 { &world.store } else { &other });
        let start = Arc::clone(&start);
        guesses.spawn(async move {
            start.wait().await;
            throttles.login(ACCOUNT, CLIENT).await.map(drop)
        });
    }
    let guesses = guesses.join_all().await;
    assert_eq!(guesses.iter().filter(|guess| guess.is_ok()).count(), 5);
    let kinds = guesses
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.kind());
    assert!(
        kinds
            .into_iter()
            .all(|kind| kind == ErrorKind::Throttled { retry_after: 900 })
    );
}

#[tokio::test]
async fn a_full_server_counts_nothing_in_part_and_still_takes_refunds() {
    let world = World::begin().await;
    let reserve = async |windows: &[Window], at| world.store.reserve(windows, at).await;
    for at in [NOW, after(1)] {
        let reserved = reserve(&[window(1), window(2)], at).await.unwrap();
        assert!(matches!(reserved, Reserved::Applied { .. }));
    }
    let limit = |bytes: &str| {
        world
            .server
            .command::<()>(&["CONFIG", "SET", "maxmemory", bytes])
            .unwrap();
    };
    limit("1");
    let error = reserve(&[window(1), window(3)], after(2)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    let refund = Refund::new(vec![window(1).key], vec![window(2).key], NOW);
    world.store.refund(&refund).await.unwrap();
    limit("0");
    assert_eq!(
        reserve(&[window(1)], after(2)).await.unwrap(),
        Reserved::Applied { left: 3 },
        "one was given back, and what was refused is not counted"
    );
    assert_eq!(
        reserve(&[window(2), window(3)], after(2)).await.unwrap(),
        Reserved::Applied { left: 4 }
    );
}
