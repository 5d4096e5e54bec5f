//! A store that fails: an outage is not a logout, and a lost answer is neither a success nor a reason to do it again.

use std::time::Duration;

use keycard::{ErrorKind, Session};

use crate::client::{App, Client};
use crate::faulty::{Fault, FaultyStore};

pub(crate) fn app() -> (App, FaultyStore) {
    let store = FaultyStore::default();
    (App::over(store.clone(), |builder| builder), store)
}

#[tokio::test]
async fn each_use_costs_what_it_must() {
    let (app, store) = app();
    let mut client = Client::default();
    app.request(&client).done(&mut client).await;
    assert!(store.calls().is_empty(), "no cookie, untouched");
    let request = app.request(&client);
    request.session().await;
    request.done(&mut client).await;
    assert!(store.calls().is_empty(), "no cookie, read");
    let mut client = app.logged_in().await;
    assert_eq!(store.calls(), ["create"], "login without a session");

    app.request(&client).done(&mut client).await;
    assert!(store.calls().is_empty(), "a cookie, untouched");
    let forged = Client {
        cookie: client.cookie.clone().map(|cookie| cookie.replace('.', "A")),
    };
    app.request(&forged).session().await;
    assert!(store.calls().is_empty(), "a forged cookie");

    let read = app.request(&client);
    let session = read.session().await;
    session.insert("n", &1).unwrap();
    session.remove("n");
    let again = app.request(&client);
    again.session().await;
    assert_eq!(again.done(&mut client).await.set_cookie(), None);
    assert_eq!(store.calls(), ["load", "load"], "read");
    drop(read);

    app.pass(Duration::from_secs(61));
    let request = app.request(&client);
    request.session().await;
    request.done(&mut client).await;
    assert_eq!(store.calls(), ["load", "touch"], "read, with a touch due");

    app.visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    assert_eq!(store.calls(), ["load", "update"], "modify");
    app.visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    assert_eq!(store.calls(), ["load"], "put in what is there already");

    app.visit(&mut client, Session::logout).await;
    assert_eq!(store.calls(), ["load", "end"], "logout");

    app.visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    store.calls();
    app.visit(&mut client, |session| session.login("alice")).await;
    assert_eq!(store.calls(), ["load", "replace"], "login");
}

#[tokio::test]
async fn a_failed_load_is_an_error_once_for_the_whole_request_and_writes_nothing() {
    let (app, store) = app();
    let client = app.logged_in().await;
    store.calls();
    store.fail("load", Fault::Before);
    let request = app.request(&client);
    for _ in 0..3 {
        assert_eq!(request.lazy().load().await.unwrap_err().kind(), ErrorKind::Store);
    }
    let reply = request.end(200).await;
    assert!(reply.is_bare(), "the cookie stays");
    assert_eq!(store.calls(), ["load"]);
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_an_error_and_not_repeated() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    store.calls();
    store.fail("update", Fault::After);
    assert_eq!(
        session.increment("n", 1).await.unwrap_err().kind(),
        ErrorKind::Store
    );
    assert_eq!(store.calls(), ["update"]);
    // The write has landed after all; the handle finds out by the revision, and goes on from there.
    assert_eq!(session.increment("n", 1).await.unwrap(), 2);
    assert_eq!(store.calls(), ["update", "update"]);
    assert_eq!(request.end(200).await.error, None);
}

#[tokio::test]
async fn a_commit_that_never_arrived_leaves_the_session_as_it_was() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    request.session().await.insert("n", &1).unwrap();
    store.fail("update", Fault::Before);
    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
    assert!(app.request(&client).session().await.is_empty());
}

#[tokio::test]
async fn a_login_whose_answer_was_lost_leaves_no_way_in_but_a_new_login() {
    let (app, store) = app();
    let mut client = app.client(|session| session.insert("cart", &1).unwrap()).await;
    store.fail("replace", Fault::After);
    let request = app.request(&client);
    request.session().await.login("alice");
    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(session.user(), None);
    session.login("alice");
    request.done(&mut client).await;
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_hands_nothing_out_and_lets_later_writes_land() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.rotate();
    store.fail("update", Fault::After);
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(session.increment("n", 1).await.unwrap(), 1);
    assert_eq!(request.end(200).await.set_cookie(), None);
    assert!(
        app.request(&client).session().await.user().is_none(),
        "nobody holds the new secret"
    );
}

#[tokio::test]
async fn a_logout_that_is_not_acknowledged_keeps_the_cookie() {
    let (app, store) = app();
    let client = app.logged_in().await;
    store.fail("end", Fault::Before);
    let request = app.request(&client);
    request.session().await.logout();
    let reply = request.end(204).await;
    assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_logout_whose_successor_fails_still_removes_the_cookie() {
    let (app, store) = app();
    let client = app.logged_in().await;
    store.fail("create", Fault::Before);
    let request = app.request(&client);
    let session = request.session().await;
    session.logout();
    session.insert("flash", "bye").unwrap();
    let reply = request.end(200).await;
    assert_eq!((reply.error, reply.cookie()), (Some(ErrorKind::Store), Some("")));
    assert!(app.request(&client).session().await.user().is_none());
}

#[tokio::test]
async fn a_touch_that_fails_does_not_fail_the_request() {
    let (app, store) = app();
    let mut client = app.logged_in().await;
    app.pass(Duration::from_mins(2));
    store.fail("touch", Fault::Before);
    let request = app.request(&client);
    request.session().await;
    store.calls();
    request.done(&mut client).await;
    assert_eq!(store.calls(), ["touch"]);
}

#[tokio::test]
async fn an_explicit_commit_s_cookie_is_sent_with_a_failing_answer() {
    let (app, store) = app();
    let mut client = Client::default();
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    session.commit().await.unwrap();
    session.insert("n", &1).unwrap();
    store.fail("update", Fault::Before);
    let reply = request.end(200).await;
    assert_eq!(reply.error, Some(ErrorKind::Store));
    client.take(&reply);
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn an_open_connection_s_touch_keeps_the_session_and_learns_of_its_end() {
    let (app, store) = app();
    let mut client = app.logged_in().await;
    let socket = app.request(&client).session().await;
    store.calls();
    socket.touch().await.unwrap();
    assert!(store.calls().is_empty(), "not due yet");
    // Another request changes the session: the connection's view of it is old, and its touch still counts.
    app.visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    for _ in 0..40 {
        app.pass(Duration::from_mins(25));
        socket.touch().await.unwrap();
    }
    let request = app.request(&client);
    assert!(request.session().await.user().is_some(), "16 hours later");
    request.session().await.logout();
    request.done(&mut client).await;
    app.pass(Duration::from_secs(61));
    assert_eq!(socket.touch().await.unwrap_err().kind(), ErrorKind::Ended);
}
