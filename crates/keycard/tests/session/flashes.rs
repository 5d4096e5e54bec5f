//! Messages for the next page: which of them wait, and what becomes of those that were taken for a page that fails.

use keycard::{ErrorKind, Flash, OutagePolicy, Session};

use crate::client::{App, Client};
use crate::faulty::{Fault, FaultyStore};

fn flashes(texts: &[&str]) -> Vec<Flash> {
    texts.iter().copied().map(Flash::info).collect()
}

async fn leave(app: &App, client: &mut Client, text: &str) {
    let request = app.request(client);
    request.session().await.flash(Flash::info(text)).await.unwrap();
    request.done(client).await;
}

/// What a page takes that succeeds.
async fn taken(app: &App, client: &Client) -> Vec<Flash> {
    let request = app.request(client);
    let taken = request.session().await.take_flashes().await.unwrap();
    request.done(&mut client.clone()).await;
    taken
}

#[tokio::test]
async fn the_newest_wait_in_their_order() {
    let app = App::new();
    let session = app.request(&Client::default()).session().await;
    let all: Vec<Flash> = (0..=16).map(|number| Flash::info(number.to_string())).collect();
    for flash in &all {
        session.flash(flash.clone()).await.unwrap();
    }
    assert_eq!(session.take_flashes().await.unwrap(), all[1..]);
}

#[tokio::test]
async fn where_none_wait_nothing_is_written() {
    let app = App::new();
    let session = app.request(&Client::default()).session().await;
    assert_eq!(session.take_flashes().await.unwrap(), []);
    assert_eq!(session.handle(), None, "no session has begun");
}

#[tokio::test]
async fn what_a_page_has_taken_that_fails_waits_again_in_front_of_what_came_since() {
    let app = App::new();
    let mut client = Client::default();
    leave(&app, &mut client, "a").await;
    leave(&app, &mut client, "b").await;

    let failing = app.request(&client);
    let session = failing.session().await;
    assert_eq!(session.take_flashes().await.unwrap(), flashes(&["a", "b"]));
    session.insert("draft", "x").unwrap();
    leave(&app, &mut client, "c").await;
    let reply = failing.end(500).await;
    assert_eq!((reply.error, reply.set_cookie()), (None, None));

    let again = app.request(&client).session().await;
    assert!(!again.contains("draft"), "nothing else of it is committed");
    assert_eq!(taken(&app, &client).await, flashes(&["a", "b", "c"]));
    assert_eq!(taken(&app, &client).await, []);
}

#[tokio::test]
async fn a_page_whose_commit_fails_gives_back_what_it_has_taken() {
    let store = FaultyStore::default();
    let app = App::over(store.clone(), |builder| builder);
    let mut client = Client::default();
    leave(&app, &mut client, "a").await;
    for fault in [Fault::Before, Fault::After] {
        let failing = app.request(&client);
        let session = failing.session().await;
        assert_eq!(session.take_flashes().await.unwrap(), flashes(&["a"]));
        session.insert("fault", &format!("{fault:?}")).unwrap();
        store.fail("update", fault);
        assert_eq!(failing.end(200).await.error, Some(ErrorKind::Store));
    }
    assert_eq!(taken(&app, &client).await, flashes(&["a"]));
}

#[tokio::test]
async fn what_could_not_be_taken_waits_on() {
    let store = FaultyStore::default();
    let app = App::over(store.clone(), |builder| builder);
    let mut client = Client::default();
    leave(&app, &mut client, "a").await;
    let failing = app.request(&client);
    let session = failing.session().await;
    store.fail("update", Fault::Before);
    let error = session.take_flashes().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Store, 503));
    failing.end(503).await;
    assert_eq!(taken(&app, &client).await, flashes(&["a"]));
}

#[tokio::test]
async fn what_was_taken_begins_no_session_anew() {
    for logs_out in [|_: &Session| (), |session: &Session| session.logout()] {
        let app = App::new();
        let mut client = Client::default();
        leave(&app, &mut client, "a").await;
        let failing = app.request(&client);
        let session = failing.session().await;
        assert_eq!(session.take_flashes().await.unwrap(), flashes(&["a"]));
        logs_out(&session);
        app.visit(&mut client.clone(), Session::logout).await;
        let reply = failing.end(500).await;
        assert_eq!(reply.error, None);
        assert_eq!(taken(&app, &client).await, []);
        assert_eq!(app.request(&client).session().await.handle(), None);
    }
}

#[tokio::test]
async fn they_wait_on_while_the_store_is_away() {
    let store = FaultyStore::default();
    let app = App::over(store.clone(), |builder| {
        builder.on_outage(OutagePolicy::Anonymous)
    });
    let mut client = Client::default();
    leave(&app, &mut client, "a").await;
    store.fail("load", Fault::Before);
    assert_eq!(taken(&app, &client).await, []);
    assert_eq!(taken(&app, &client).await, flashes(&["a"]));
}
