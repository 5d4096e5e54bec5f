//! Handles that outlive their request: they write to the session, and change no cookie that nobody receives.

use std::pin::pin;

use keycard::ErrorKind;

use crate::client::{App, Client, Reply};
use crate::faulty::Fault;
use crate::given_up::begins;
use crate::outage::app;

#[tokio::test]
async fn a_session_that_is_loaded_after_the_response_began_is_closed() {
    let app = App::new();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let lazy = request.lazy().clone();
    request.end(200).await;

    let session = lazy.load().await.unwrap();
    session.rotate();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(
        app.request(&client).session().await.user().is_some(),
        "the client's id is still valid"
    );
}

#[tokio::test]
async fn a_load_that_is_under_way_when_the_response_begins_is_closed() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let lazy = request.lazy().clone();
    let held = store.hold("load", Fault::After);
    let mut load = pin!(lazy.load());
    begins(load.as_mut()).await;
    request.end(200).await;
    held.notify_one();

    let session = load.await.unwrap();
    session.login("alice");
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_closed() {
    let app = App::new();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let guard = request.lazy().clone().until_dropped();
    let session = guard.load().await.unwrap();
    drop(guard);

    session.rotate();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(app.request(&client).session().await.user().is_some());
    session.insert("late", &true).unwrap();
    session.commit().await.unwrap();
    assert!(
        app.request(&client).session().await.contains("late"),
        "what needs no cookie lands"
    );
}

#[tokio::test]
async fn an_open_connection_consumes_what_another_request_wrote() {
    let app = App::new();
    let mut client = app.logged_in().await;
    let request = app.request(&client);
    let socket = request.session().await;
    request.done(&mut client).await;
    let other = app.request(&client);
    other.session().await.insert("ticket", "T-1").unwrap();
    other.done(&mut client).await;

    let ticket = socket.consume::<String>("ticket").await.unwrap();
    assert_eq!(ticket.as_deref(), Some("T-1"));
    assert!(!app.request(&client).session().await.contains("ticket"));
}

#[tokio::test]
async fn a_closing_does_not_show_the_id_that_it_carries() {
    let app = App::new();
    let lazy = app.keycard.open([]);
    lazy.load().await.unwrap().login("alice");
    let closing = app.keycard.close(&lazy, keycard::Outcome::Completed).await;
    let reply = Reply::of(&closing);
    let (id, _) = reply.cookie().unwrap().split_once('.').unwrap();
    assert!(!format!("{closing:?}").contains(id), "{closing:?}");
}

#[tokio::test]
async fn a_logout_after_the_response_began_ends_the_session_though_nothing_can_follow_it() {
    for keeps in [true, false] {
        let app = App::new();
        let mut client = app.logged_in().await;
        let request = app.request(&client);
        let socket = request.session().await;
        request.done(&mut client).await;
        socket.insert("language", "en").unwrap();
        if keeps {
            socket.logout_keeping(&["language"]);
        } else {
            socket.logout();
            socket.insert("language", "de").unwrap();
        }
        assert_eq!(socket.commit().await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(socket.commit().await.unwrap_err().kind(), ErrorKind::Ended);
        assert!(app.request(&client).session().await.user().is_none());
    }
}

#[tokio::test]
async fn the_end_of_a_request_has_its_cookie_though_the_session_was_closed_before() {
    let app = App::new();
    let request = app.request(&Client::default());
    let session = request.session().await;
    session.login("alice");
    drop(request.lazy().clone().until_dropped());
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    session.login("alice");
    let reply = request.end(200).await;
    assert!(reply.error.is_none() && reply.cookie().is_some());
}
