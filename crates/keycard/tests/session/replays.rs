//! Commits that find that another one came between, or that their session is no more.

use std::pin::pin;
use std::time::Duration;

use keycard::auth::Guard;
use keycard::store::Store;
use keycard::store::memory::MemoryStore;
use keycard::{ErrorKind, Factor, KeyRing, Keycard, LoginAs, Session};
use keycard_conformance::testing::{ScriptedStore, Verb};

use crate::client::{App, Request};
use crate::faulty::Fault;
use crate::given_up::begins;
use crate::outage::app;

/// Another server of the application: it waits for no turn of this one.
fn another(app: &App, store: impl Store) -> Keycard {
    Keycard::builder(store, KeyRing::new([[7; 32]]).unwrap())
        .clock(app.clock.clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_login_after_a_logout_stands_where_another_logout_was_quicker() {
    let (app, store) = app();
    let mut client = app.logged_in().await;
    let slow = app.request(&client);
    let session = slow.session().await;
    session.logout();
    session.login("bob");
    let held = store.hold("end", Fault::Before);
    {
        let mut commit = pin!(session.commit());
        begins(commit.as_mut()).await;
        app.visit(&mut client, Session::logout).await;
        held.notify_one();
        commit.await.unwrap();
    }
    slow.done(&mut client).await;
    assert_eq!(app.request(&client).session().await.user(), Some("bob".into()));
}

#[tokio::test]
async fn a_login_takes_no_data_of_whom_a_last_factor_has_logged_in_meanwhile() {
    let (app, store) = app();
    let mut client = app
        .client(|session| session.login_with(LoginAs::user("carol").pending()))
        .await;
    let slow = app.request(&client);
    let session = slow.session().await;
    session.login("bob");
    let held = store.hold("replace", Fault::Before);
    {
        let mut commit = pin!(session.commit());
        begins(commit.as_mut()).await;
        let quick = Request::of(&another(&app, store.clone()), &client);
        let carol = quick.session().await;
        carol.prove(Factor::OTP).unwrap();
        carol.insert("note", "carol's").unwrap();
        assert_eq!(quick.end(200).await.error, None);
        held.notify_one();
        commit.await.unwrap();
    }
    slow.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!((session.user(), session.keys()), (Some("bob".into()), vec![]));
}

#[tokio::test]
async fn a_login_that_waited_for_a_turn_takes_along_what_was_written_before() {
    let (app, store) = app();
    let mut client = app.client(|session| session.insert("n", &1).unwrap()).await;
    let slow = app.request(&client);
    let (first, second) = (app.request(&client).session().await, slow.session().await);
    second.login("alice");
    let held = store.hold("update", Fault::Before);
    store.calls();
    {
        let mut write = pin!(first.increment("n", 1));
        begins(write.as_mut()).await;
        let mut login = pin!(second.commit());
        begins(login.as_mut()).await;
        held.notify_one();
        write.await.unwrap();
        login.await.unwrap();
    }
    assert_eq!(store.calls(), ["update", "replace"], "no conflict first");
    slow.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.get::<i64>("n").unwrap(), Some(2));
}

#[tokio::test]
async fn nothing_begins_for_whom_a_guard_has_found_without_their_session() {
    // Past the idle time, and past the time that a session is known to have ended.
    for (left, away) in [(false, Duration::from_mins(30)), (true, Duration::from_mins(2))] {
        let (app, store) = app();
        let client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        if left {
            app.visit(&mut client.clone(), Session::logout).await;
        }
        app.pass(away);
        let error = session.require(&Guard::user().read_anew()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        store.calls();
        session.insert("late", &1).unwrap();
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
        let reply = request.end(200).await;
        assert_eq!((reply.set_cookie(), store.calls()), (None, vec![]));
    }
}

#[tokio::test]
async fn what_is_pending_outlives_a_step_that_panics_when_it_is_replayed() {
    let store = ScriptedStore::new(MemoryStore::new());
    let app = App::over(store.clone(), |builder| builder);
    let client = app.client(|session| session.insert("n", &1).unwrap()).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("pending", &1).unwrap();
    let held = store.hold(Verb::Update);
    let step = |n: Option<i64>| {
        assert_eq!(n, Some(1), "told to panic");
        2
    };
    let write = tokio::spawn(async move { session.update("n", step).await });
    held.reached().await;
    let quick = Request::of(&another(&app, store), &client);
    quick.session().await.insert("n", &10).unwrap();
    assert_eq!(quick.end(200).await.error, None);
    held.release();
    assert!(write.await.unwrap_err().is_panic());
    let reply = request.end(200).await;
    assert_eq!(reply.error, None, "nobody doubts what became of it");
    assert!(app.request(&client).session().await.contains("pending"));
}
