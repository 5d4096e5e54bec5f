//! The cap only shrinks: idle time rolls, and nothing but an authentication moves the absolute deadline.

use std::time::Duration;

use keycard::store::Store;
use keycard::{LoginAs, Session};

use super::world::World;
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW};
use crate::testing::ScriptedStore;

/// Uses a session every 20 minutes, each time as `handle` does, until a millisecond before it must end; and then.
async fn in_use_until_the_cap(store: impl Store, handle: impl Fn(&Session)) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let cap = world.now().after(24 * HOUR);
    let to_the_cap = [20 * MINUTE; 71].into_iter().chain([20 * MINUTE - MILLISECOND]);
    for span in to_the_cap {
        world.pass(span);
        world.visit(&mut client, &handle).await;
        let session = world.session(&client).await;
        assert_eq!(session.absolute_at(), Some(cap), "a millisecond before");
        assert!(session.expires_at() <= Some(cap), "24 hours after the login");
    }
    world.pass(MILLISECOND);
    assert!(!world.knows(&client).await, "24 hours after the login");
}

pub async fn a_session_in_use_ends_at_its_absolute_deadline(store: impl Store) {
    in_use_until_the_cap(store, |session| assert!(session.user().is_some())).await;
}

pub async fn writes_move_nothing_beyond_the_cap(store: impl Store) {
    let write = |session: &Session| {
        let n: i64 = session.get("n").unwrap().unwrap_or(0);
        session.insert("n", &(n + 1)).unwrap();
    };
    in_use_until_the_cap(store, write).await;
}

pub async fn rotations_move_nothing_beyond_the_cap(store: impl Store) {
    in_use_until_the_cap(store, Session::rotate).await;
}

pub async fn extend_moves_nothing_beyond_the_cap(store: impl Store) {
    in_use_until_the_cap(store, |session| session.extend(48 * HOUR)).await;
}

pub async fn set_idle_moves_nothing_beyond_the_cap(store: impl Store) {
    in_use_until_the_cap(store, |session| session.set_idle(48 * HOUR)).await;
}

pub async fn rolling_needs_no_cookie(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    for _ in 0..6 {
        world.pass(20 * MINUTE);
        assert_eq!(world.visit(&mut client, |_| ()).await.set_cookie(), None);
    }
}

pub async fn an_unused_session_ends_after_its_idle_time(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world.pass(30 * MINUTE - MILLISECOND);
    world.visit(&mut client, |_| ()).await;
    world.pass(30 * MINUTE - MILLISECOND);
    assert!(world.knows(&client).await);
    world.pass(MILLISECOND);
    assert!(!world.knows(&client).await);
}

pub async fn a_session_ends_at_most_touch_after_before_its_idle_time_is_over(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world.pass(MINUTE);
    // Not touched: the last touch is not more than a minute ago.
    world.visit(&mut client, |_| ()).await;
    world.pass(29 * MINUTE - MILLISECOND);
    assert!(
        world.knows(&client).await,
        "idle - touch_after after its last use"
    );
    world.pass(MILLISECOND);
    assert!(!world.knows(&client).await);
}

pub async fn with_touch_after_zero_the_idle_time_is_exact(store: impl Store) {
    let world = World::with(ScriptedStore::new(store), NOW, |builder| {
        builder.touch_after(Duration::ZERO)
    });
    let mut client = world.logged_in("alice").await;
    world.pass(MILLISECOND);
    world.visit(&mut client, |_| ()).await;
    world.pass(30 * MINUTE - MILLISECOND);
    assert!(world.knows(&client).await);
    world.pass(MILLISECOND);
    assert!(!world.knows(&client).await);
}

pub async fn extend_stops_at_the_cap_and_later_use_does_not_shorten_it(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world.visit(&mut client, |session| session.extend(5 * HOUR)).await;
    world.pass(MINUTE + MILLISECOND);
    world.visit(&mut client, |_| ()).await;
    world.pass(4 * HOUR);
    assert!(world.knows(&client).await, "a touch moves nothing back");

    world
        .visit(&mut client, |session| session.extend(1000 * HOUR))
        .await;
    let session = world.session(&client).await;
    assert_eq!(session.expires_at(), session.absolute_at());
    world.pass(20 * HOUR);
    assert!(!world.knows(&client).await);
}

pub async fn a_fresh_authentication_sets_a_new_cap(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world
        .visit(&mut client, |session| session.extend(23 * HOUR))
        .await;
    world.pass(22 * HOUR);
    world.visit(&mut client, |session| session.login("alice")).await;
    let session = world.session(&client).await;
    assert_eq!(session.absolute_at(), Some(world.now().after(24 * HOUR)));
    assert_eq!(session.expires_at(), Some(world.now().after(30 * MINUTE)));
    let remembered = LoginAs::user("alice").remembered(true);
    world
        .visit(&mut client, |session| session.login_with(remembered))
        .await;
    let session = world.session(&client).await;
    assert_eq!(session.absolute_at(), Some(world.now().after(30 * 24 * HOUR)));
}
