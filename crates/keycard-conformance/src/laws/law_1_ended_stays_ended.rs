//! A session that ended never comes back: who is slower keeps the answer, loses the write, and sends no cookie.

use keycard::store::{End, Ended, Store};
use keycard::{ErrorKind, Session};

use super::world::{Client, Request, World};
use crate::record::MINUTE;
use crate::testing::Verb;

/// Logs the client's session out, and gives the client the answer.
async fn log_out<S: Store>(world: &World<S>, client: &mut Client) {
    let reply = world.visit(client, Session::logout).await;
    assert_eq!(reply.cookie(), Some(""));
    assert_eq!(client.cookie, None);
}

pub async fn a_logout_is_not_undone_by_a_slower_request(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let slow = world.request(&client);
    let session = slow.session().await;
    session.insert("late", &true).unwrap();
    log_out(&world, &mut client).await;

    let reply = slow.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
    assert!(!world.knows(&old).await);
}

pub async fn a_logout_is_not_undone_by_a_write_that_is_already_on_its_way(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("late", &true).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    log_out(&world, &mut client).await;
    held.release();

    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&old).await);
}

pub async fn what_timed_out_and_arrives_after_the_logout_revives_nothing(store: impl Store) {
    type Handle = fn(&Session);
    let world = World::over(store);
    let late: [(Verb, Handle); 4] = [
        (Verb::Update, |session| session.insert("late", &true).unwrap()),
        (Verb::Update, Session::rotate),
        (Verb::Replace, |session| session.login("bob")),
        (Verb::Touch, |_| ()),
    ];
    for (verb, handle) in late {
        let mut client = world.logged_in("alice").await;
        let old = client.clone();
        world.pass(2 * MINUTE);
        let slow = Request::of(&world.another_server(), &client);
        handle(&slow.session().await);
        let call = world.store.time_out(verb);
        let reply = slow.end(200).await;
        assert_eq!(
            reply.set_cookie(),
            None,
            "{verb:?}: nobody knows whether it will land"
        );
        log_out(&world, &mut client).await;
        call.carried_out().await;
        assert!(!world.knows(&old).await, "{verb:?}");
    }
}

pub async fn a_logout_ends_a_write_that_landed_just_before(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("late", &true).unwrap();
    let held = world.store.hold_answer(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    log_out(&world, &mut client).await;
    held.release();

    assert_eq!(slow.await.unwrap().set_cookie(), None);
    assert!(!world.knows(&old).await);
}

pub async fn a_write_on_a_session_that_was_revoked_meanwhile_is_dropped(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let request = world.request(&client);
    let session = request.session().await;
    session.insert("late", &true).unwrap();
    let end = End::new(session.handle().unwrap(), None, world.now());
    assert_eq!(world.store.inner().end(end).await.unwrap(), Ended::Applied);

    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&client).await);
}

pub async fn a_write_on_a_session_that_expired_meanwhile_is_dropped(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let request = world.request(&client);
    request.session().await.insert("late", &true).unwrap();
    world.pass(30 * MINUTE);

    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&client).await);
}

pub async fn a_touch_does_not_revive_an_ended_session(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    world.pass(2 * MINUTE);
    let slow = world.request(&client);
    slow.session().await;
    let held = world.store.hold(Verb::Touch);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    log_out(&world, &mut client).await;
    held.release();

    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(!world.knows(&old).await);
}

pub async fn the_cookie_of_a_login_survives_a_slow_anonymous_write(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("late", &true).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    world.visit(&mut client, |session| session.login("alice")).await;
    held.release();

    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    client.take(&reply);
    assert!(world.knows(&client).await);
}

pub async fn only_the_request_that_ends_the_session_removes_the_cookie(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.logout();
    let held = world.store.hold(Verb::End);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    log_out(&world, &mut client).await;
    world.visit(&mut client, |session| session.login("alice")).await;
    held.release();

    let reply = slow.await.unwrap();
    assert_eq!(
        reply.set_cookie(),
        None,
        "it would remove the cookie of the new login"
    );
    client.take(&reply);
    assert!(world.knows(&client).await);
}

pub async fn a_login_that_a_logout_overtakes_succeeds_without_the_old_data(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let old = client.clone();
    let login = Request::of(&world.another_server(), &client);
    login.session().await.login("alice");
    let held = world.store.hold(Verb::Replace);
    let login = tokio::spawn(login.end(200));
    held.reached().await;
    log_out(&world, &mut client).await;
    held.release();

    client.take(&login.await.unwrap());
    let session = world.session(&client).await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert!(
        session.is_empty(),
        "what the guest had went down with the session"
    );
    assert!(world.session(&old).await.is_empty());
}

pub async fn writes_with_a_dead_id_are_dropped_and_a_login_with_it_works(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let dead = client.clone();
    log_out(&world, &mut client).await;

    let request = world.request(&dead);
    let session = request.session().await;
    session.insert("n", &1).unwrap();
    let refused = session.increment("n", 1).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Ended);
    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));

    let mut again = dead.clone();
    world
        .visit(&mut again, |session| {
            session.insert("before", &1).unwrap();
            session.login("alice");
            session.insert("after", &1).unwrap();
        })
        .await;
    assert_ne!(again, dead);
    assert_eq!(world.session(&again).await.keys(), ["after"]);
    assert!(!world.knows(&dead).await);
}

pub async fn an_ended_id_stays_dead_after_its_tombstone(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let dead = client.clone();
    let slow = world.request(&client);
    slow.session().await.insert("late", &true).unwrap();
    log_out(&world, &mut client).await;
    world.pass(2 * MINUTE);

    assert_eq!(slow.end(200).await.set_cookie(), None);
    let mut next = dead.clone();
    world
        .visit(&mut next, |session| session.insert("n", &1).unwrap())
        .await;
    assert_ne!(next, dead, "a new session has a new id");
    assert!(!world.knows(&dead).await && world.session(&dead).await.is_empty());
}
