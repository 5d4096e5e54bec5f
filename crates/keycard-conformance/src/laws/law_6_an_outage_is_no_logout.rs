//! An outage is not a logout: an error of the store is a 503 that leaves cookie and session as they are.

use keycard::store::Store;
use keycard::{Error, ErrorKind, Session};

use super::world::{Client, World};
use crate::record::MINUTE;
use crate::testing::Verb;

fn assert_outage(error: &Error) {
    assert_eq!((error.kind(), error.status()), (ErrorKind::Store, 503));
}

pub async fn a_failed_load_is_not_taken_for_no_session(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.fail(Verb::Load);
    let request = world.request(&client);
    for _ in 0..3 {
        assert_outage(&request.lazy().load().await.unwrap_err());
    }
    let reply = request.end(200).await;
    assert!(reply.is_bare(), "the cookie stays");
    assert_eq!(
        world.store.calls(),
        [Verb::Load],
        "asked once, and nothing written"
    );
    world.store.recover();
    assert!(world.knows(&client).await);
}

pub async fn a_lost_answer_of_a_load_is_not_taken_for_no_session(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.lose_answer(Verb::Load);
    let request = world.request(&client);
    assert_outage(&request.lazy().load().await.unwrap_err());
    assert!(request.end(200).await.is_bare());
    assert!(world.knows(&client).await);
}

pub async fn requests_that_do_not_use_the_session_go_on(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.go_down();
    let reply = world.request(&client).end(200).await;
    assert!(reply.is_bare() && reply.error.is_none());
    let reply = world.request(&Client::default()).end(200).await;
    assert!(reply.is_bare() && reply.error.is_none());
}

pub async fn a_commit_that_fails_is_an_error_and_leaves_the_cookie(store: impl Store) {
    type Handle = fn(&Session);
    let world = World::over(store);
    let cases: [(Verb, Client, Handle); 4] = [
        (Verb::Create, Client::default(), |session| session.login("alice")),
        (Verb::Update, world.logged_in("alice").await, |session| {
            session.insert("n", &1).unwrap();
        }),
        (Verb::Replace, world.guest().await, |session| {
            session.login("alice");
        }),
        (Verb::End, world.logged_in("alice").await, Session::logout),
    ];
    for (verb, client, handle) in cases {
        let before = world.session(&client).await;
        world.store.fail(verb);
        let request = world.request(&client);
        handle(&request.session().await);
        let reply = request.end(200).await;
        assert_eq!(reply.error, Some(ErrorKind::Store), "{verb:?}");
        assert_eq!(reply.set_cookie(), None, "{verb:?}");
        world.store.recover();
        let after = world.session(&client).await;
        assert_eq!(after.user(), before.user(), "{verb:?}");
        assert_eq!(after.keys(), before.keys(), "{verb:?}");
    }
}

pub async fn an_error_of_a_commit_reaches_who_asks_for_it(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let session = world.session(&client).await;
    world.store.fail(Verb::Update);
    assert_outage(&session.increment("n", 1).await.unwrap_err());
    assert_outage(&session.consume::<i64>("n").await.unwrap_err());
    session.insert("m", &1).unwrap();
    assert_outage(&session.commit().await.unwrap_err());
    world.store.recover();
    assert_eq!(session.increment("n", 1).await.unwrap(), 1);
}

pub async fn a_logout_whose_answer_is_lost_is_an_error_and_still_a_logout(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.lose_answer(Verb::End);
    let request = world.request(&client);
    request.session().await.logout();
    let reply = request.end(204).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
    assert!(!world.knows(&client).await);
}

pub async fn a_logout_that_times_out_is_an_error_until_it_arrives(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let logout = world.request(&client);
    logout.session().await.logout();
    let call = world.store.time_out(Verb::End);
    let reply = logout.end(204).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
    assert!(world.knows(&client).await, "nothing has happened yet");
    call.carried_out().await;
    assert!(!world.knows(&client).await);
}

pub async fn a_write_that_times_out_and_arrives_before_the_next_one_is_found(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let session = world.session(&client).await;
    let call = world.store.time_out(Verb::Update);
    assert_outage(&session.increment("n", 10).await.unwrap_err());
    call.carried_out().await;
    assert_eq!(session.increment("n", 1).await.unwrap(), 11);
}

pub async fn a_write_that_times_out_and_arrives_after_the_next_one_is_dropped(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let session = world.session(&client).await;
    let call = world.store.time_out(Verb::Update);
    assert_outage(&session.increment("n", 10).await.unwrap_err());
    assert_eq!(session.increment("n", 1).await.unwrap(), 1);
    call.carried_out().await;
    let n: Option<i64> = world.session(&client).await.get("n").unwrap();
    assert_eq!(
        n,
        Some(1),
        "it was told to have failed, and others have built on that"
    );
}

pub async fn a_login_that_times_out_leaves_the_guest_until_it_arrives(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let login = world.request(&client);
    login.session().await.login("alice");
    let call = world.store.time_out(Verb::Replace);
    let reply = login.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
    assert_eq!(world.session(&client).await.keys(), ["n"]);
    call.carried_out().await;
    let session = world.session(&client).await;
    assert!(
        session.is_empty() && session.handle().is_none(),
        "its successor is held by nobody"
    );
    world.visit(&mut client, |session| session.login("alice")).await;
    assert!(world.knows(&client).await);
}

pub async fn a_touch_that_fails_does_not_fail_the_request(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world.pass(2 * MINUTE);
    world.store.fail(Verb::Touch);
    let reply = world.visit(&mut client, |_| ()).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(world.knows(&client).await);
}

pub async fn an_open_connection_learns_of_the_outage_and_goes_on_after_it(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let socket = world.session(&client).await;
    world.store.go_down();
    world.pass(2 * MINUTE);
    assert_outage(&socket.touch().await.unwrap_err());
    world.store.recover();
    socket.touch().await.unwrap();
    world.pass(29 * MINUTE);
    assert!(world.knows(&client).await, "the touch has counted");
}

pub async fn after_an_outage_everything_is_as_it_was(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let before = world.session(&client).await.expires_at();
    world.store.go_down();
    for _ in 0..5 {
        let request = world.request(&client);
        assert_outage(&request.lazy().load().await.unwrap_err());
        client.take(&request.end(503).await);
    }
    world.store.recover();
    let session = world.session(&client).await;
    assert_eq!(session.keys(), ["n"]);
    assert_eq!(session.expires_at(), before);
}
