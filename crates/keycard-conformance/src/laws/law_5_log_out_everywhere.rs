//! Log out everywhere means everywhere: what was created before `end_all` began is dead when it has returned.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use keycard::store::{Created, Loaded, UserIndex};
use keycard::{Session, StoreKey};
use tokio::sync::Barrier;

use super::world::{Client, Request, World};
use crate::record::MINUTE;
use crate::record::{NOW, Sample, alice, create_for};
use crate::testing::Verb;

/// Ends all sessions of Alice; answers how many there were.
async fn end_all<S: UserIndex>(world: &World<S>) -> usize {
    let alice = world.user_key("alice");
    let ended = world.store.end_all(alice, world.now()).await;
    ended.unwrap().len()
}

pub async fn every_session_of_the_user_dies_and_no_other(store: impl UserIndex) {
    let world = World::over(store);
    let (bob, guest) = (world.logged_in("bob").await, world.guest().await);
    let mut devices = Vec::new();
    for _ in 0..5 {
        devices.push(world.logged_in("alice").await);
    }
    assert_eq!(end_all(&world).await, 5);
    for device in &devices {
        assert!(!world.knows(device).await);
    }
    assert!(world.knows(&bob).await);
    assert_eq!(world.session(&guest).await.keys(), ["n"]);
    assert_eq!(end_all(&world).await, 0);
}

pub async fn the_session_that_asks_may_stay(store: impl UserIndex) {
    let world = World::over(store);
    let other = world.logged_in("alice").await;
    let mine = world.logged_in("alice").await;
    let keep = world.session(&mine).await.handle().expect("a session");
    let alice = world.user_key("alice");
    let revoked = world.store.end_others(alice, keep, world.now()).await;
    assert_eq!(revoked.unwrap().into_keys().len(), 1);
    assert!(world.knows(&mine).await && !world.knows(&other).await);
}

pub async fn a_session_is_found_however_it_came_to_its_user(store: impl UserIndex) {
    let world = World::over(store);
    let mut from_guest = world.guest().await;
    world
        .visit(&mut from_guest, |session| session.login("alice"))
        .await;
    let mut from_bob = world.logged_in("bob").await;
    world.visit(&mut from_bob, |session| session.login("alice")).await;
    let mut again = world.logged_in("alice").await;
    world.visit(&mut again, |session| session.login("alice")).await;
    let mut rotated = world.logged_in("alice").await;
    world.visit(&mut rotated, Session::rotate).await;
    let mut after_logout = world.logged_in("alice").await;
    world
        .visit(&mut after_logout, |session| {
            session.logout();
            session.login("alice");
        })
        .await;

    let devices = [from_guest, from_bob, again, rotated, after_logout];
    for device in &devices {
        assert!(world.knows(device).await);
    }
    assert_eq!(end_all(&world).await, 5, "each once, and none that was left");
    for device in &devices {
        assert!(!world.knows(device).await);
    }
}

pub async fn a_write_that_is_on_its_way_does_not_survive(store: impl UserIndex) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("late", &1).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    assert_eq!(end_all(&world).await, 1);
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&client).await);
}

pub async fn a_re_authentication_that_is_on_its_way_does_not_survive(store: impl UserIndex) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let again = Request::of(&world.another_server(), &client);
    again.session().await.login("alice");
    let held = world.store.hold_answer(Verb::Update);
    let again = tokio::spawn(again.end(200));
    held.reached().await;
    assert_eq!(end_all(&world).await, 1);
    held.release();
    client.take(&again.await.unwrap());
    assert!(!world.knows(&client).await);
}

pub async fn a_login_that_was_created_before_dies_before_its_answer_is_out(store: impl UserIndex) {
    let world = World::over(store);
    let mut client = Client::default();
    let login = world.request(&client);
    login.session().await.login("alice");
    let held = world.store.hold_answer(Verb::Create);
    let login = tokio::spawn(login.end(200));
    held.reached().await;
    assert_eq!(end_all(&world).await, 1);
    held.release();
    client.take(&login.await.unwrap());
    assert!(client.cookie.is_some() && !world.knows(&client).await);
}

pub async fn a_login_that_comes_after_lives_and_is_found_the_next_time(store: impl UserIndex) {
    let world = World::over(store);
    let (old, mut client) = (world.logged_in("alice").await, Client::default());
    let login = world.request(&client);
    login.session().await.login("alice");
    let held = world.store.hold(Verb::Create);
    let login = tokio::spawn(login.end(200));
    held.reached().await;
    assert_eq!(end_all(&world).await, 1);
    held.release();
    client.take(&login.await.unwrap());
    assert!(world.knows(&client).await && !world.knows(&old).await);
    assert_eq!(end_all(&world).await, 1);
    assert!(!world.knows(&client).await);
}

pub async fn a_use_from_before_the_expiry_does_not_survive_either(store: impl UserIndex) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.pass(30 * MINUTE - MINUTE / 60);
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("late", &1).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    // By now the session has expired; by the time that the slow request read, it has not.
    world.pass(MINUTE);
    let _ = end_all(&world).await;
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&client).await);
}

/// How far `end_all` has come, as those see it who create meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Before,
    Under,
    After,
}

/// When a session was created, as seen by its creator.
#[derive(Clone, Copy, Debug)]
struct Birth {
    key: StoreKey,
    begun: Phase,
    done: Phase,
}

const CREATORS: usize = 8;
const EACH: u64 = 24;

pub async fn against_concurrent_creators_what_was_before_is_dead_and_what_came_after_lives(
    store: impl UserIndex,
) {
    let store = Arc::new(store);
    let phase = Arc::new(Mutex::new(Phase::Before));
    let halfway = Arc::new(Barrier::new(CREATORS + 1));
    let creators: Vec<_> = (0..)
        .step_by(usize::try_from(EACH).expect("a small number"))
        .take(CREATORS)
        .map(|first| {
            tokio::spawn(create_some(
                Arc::clone(&store),
                first,
                Arc::clone(&phase),
                Arc::clone(&halfway),
            ))
        })
        .collect();

    halfway.wait().await;
    *phase.lock().unwrap() = Phase::Under;
    let ended = store.end_all(alice(), NOW).await.unwrap();
    *phase.lock().unwrap() = Phase::After;

    let ended: HashSet<StoreKey> = ended.into_iter().collect();
    let mut live = HashSet::new();
    for creator in creators {
        for birth in creator.await.unwrap() {
            let lives = matches!(store.load(birth.key, NOW).await.unwrap(), Loaded::Live(_));
            assert_eq!(lives, !ended.contains(&birth.key), "{birth:?}");
            assert!(
                !lives || birth.done != Phase::Before,
                "was before, and lives: {birth:?}"
            );
            assert!(
                lives || birth.begun != Phase::After,
                "came after, and died: {birth:?}"
            );
            live.extend(lives.then_some(birth.key));
        }
    }
    let listed = store.sessions_of(alice(), NOW).await.unwrap();
    let listed: HashSet<StoreKey> = listed.into_iter().map(|entry| entry.key).collect();
    assert_eq!(listed, live, "the index and the sessions are one");
    assert!(!ended.is_empty());
}

/// Creates sessions one after the other; in the middle it waits for the others.
async fn create_some(
    store: Arc<impl UserIndex>,
    first: u64,
    phase: Arc<Mutex<Phase>>,
    halfway: Arc<Barrier>,
) -> Vec<Birth> {
    let mut births = Vec::new();
    for number in first..first + EACH {
        if number == first + EACH / 2 {
            halfway.wait().await;
        }
        let create = create_for(alice(), number, &Sample::new(number));
        let (key, begun) = (create.key, *phase.lock().unwrap());
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
        let done = *phase.lock().unwrap();
        births.push(Birth { key, begun, done });
    }
    births
}
