//! Where the figures stand, and what becomes of what has expired.

use keycard::StoreErrorKind;
use keycard::store::{Create, Created, Statistics as _, Store as _};

use crate::each_verb::exercise;
use crate::support::*;

const A: u64 = 1;

/// The place of all sessions of these tests: their tags begin with 0.
const SET: &str = "keycard:{s0}a";
const COUNTERS: &str = "keycard:{s0}c";

fn active_set(world: &World) -> Vec<Vec<u8>> {
    let range = ["ZRANGE", SET, "0", "-1", "WITHSCORES"];
    world.server.command(&range).unwrap()
}

#[tokio::test]
async fn a_session_stands_in_its_set_by_its_expiry_and_counters_beside_it() {
    let world = World::that_counts().await;
    world.log_in(A, 1, HOUR).await;
    let score = after(30 * MINUTE).as_millis().to_string();
    assert_eq!(
        active_set(&world),
        [key(A, 1).to_bytes().to_vec(), score.into_bytes()]
    );
    let counters: Vec<String> = world.server.command(&["HGETALL", COUNTERS]).unwrap();
    assert_eq!(counters, ["logins", "1"]);
}

#[tokio::test]
async fn some_of_what_has_expired_makes_way_for_each_new_session() {
    let world = World::that_counts().await;
    for session in 0..20 {
        world.log_in(A, session, HOUR).await;
    }
    let later = after(30 * MINUTE);
    for (session, left) in [(20, 13), (21, 6), (22, 3), (23, 4)] {
        let create = Create::new(key(A, session), record(session, after(HOUR)), None, later);
        assert_eq!(world.store.create(create).await.unwrap(), Created::Applied);
        assert_eq!(active_set(&world).len(), 2 * left);
    }
    assert_eq!(world.store.statistics(later).await.unwrap().active_sessions, 4);
}

#[tokio::test]
async fn what_began_uncounted_is_counted_from_its_next_use_on() {
    let world = World::begin().await;
    world.log_in(A, 1, HOUR).await;
    let counts = unchecked(&world.server.url());
    let counts = counts.statistics(true).connect().await.unwrap();
    assert_eq!(counts.statistics(NOW).await.unwrap().active_sessions, 0);
    let touch = keycard::store::Touch::new(key(A, 1), revision(1), after(40 * MINUTE), after(MINUTE));
    let _: keycard::store::Touched = counts.touch(touch).await.unwrap();
    assert_eq!(counts.statistics(NOW).await.unwrap().active_sessions, 1);
}

#[tokio::test]
async fn a_store_that_was_not_told_to_count_keeps_nothing_and_says_so() {
    let world = World::begin().await;
    exercise(&world.store).await;
    let names: Vec<String> = world.server.command(&["KEYS", "keycard:{s*"]).unwrap();
    assert_eq!(names, Vec::<String>::new());
    let error = world.store.statistics(NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(
        error.to_string().contains("RedisStoreBuilder::statistics"),
        "{error}"
    );
}
