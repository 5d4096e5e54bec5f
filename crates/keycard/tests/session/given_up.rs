//! Commits that are given up on, that stop to be polled, or that fail: nothing that was asked for is lost in silence.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use keycard::{Error, ErrorKind};

use crate::client::{App, Client};
use crate::faulty::{Fault, FaultyStore};
use crate::outage::app;

/// Polls a future once, which then waits.
pub(crate) async fn begins<F: Future>(mut future: Pin<&mut F>) {
    let pending = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await;
    assert!(pending, "it waits for the store");
}

async fn knows(app: &App, client: &Client) -> bool {
    app.request(client).session().await.user().is_some()
}

fn kind<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn a_logout_whose_commit_is_given_up_on_is_carried_out_at_the_end() {
    for place in [Fault::Before, Fault::After] {
        let (app, store) = app();
        let client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.logout();
        let _held = store.hold("end", place);
        {
            let mut commit = pin!(session.commit());
            begins(commit.as_mut()).await;
            assert_eq!(session.user(), None, "a logout counts at once");
        }
        assert_eq!(request.end(200).await.error, None);
        assert!(!knows(&app, &client).await, "{place:?}");
    }
}

#[tokio::test]
async fn a_write_whose_commit_is_given_up_on_is_told_at_the_end() {
    for place in [Fault::Before, Fault::After] {
        let (app, store) = app();
        let client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.insert("order", "paid").unwrap();
        let _held = store.hold("update", place);
        begins(pin!(session.increment("hits", 1))).await;
        assert!(!session.contains("order"), "nobody knows whether it landed");

        let reply = request.end(200).await;
        assert_eq!((reply.error, reply.set_cookie()), (Some(ErrorKind::Store), None));
        assert!(knows(&app, &client).await);
    }
}

#[tokio::test]
async fn a_later_commit_is_told_of_one_that_was_given_up_on_once() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("order", "paid").unwrap();
    let _held = store.hold("update", Fault::Before);
    begins(pin!(session.commit())).await;
    session.insert("order", "paid").unwrap();
    assert_eq!(kind(session.commit().await), Some(ErrorKind::Store));
    session.commit().await.unwrap();
    assert_eq!(request.end(200).await.error, None);
    assert!(app.request(&client).session().await.contains("order"));
}

#[tokio::test]
async fn a_commit_that_is_given_up_on_before_its_turn_has_asked_nobody() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let other = app.request(&client).session().await;
    let request = app.request(&client);
    let session = request.session().await;
    let held = store.hold("update", Fault::Before);
    let mut first = pin!(other.increment("n", 1));
    begins(first.as_mut()).await;
    session.insert("order", "paid").unwrap();
    begins(pin!(session.commit())).await;
    assert!(session.contains("order"));
    held.notify_one();
    first.await.unwrap();

    assert_eq!(request.end(200).await.error, None);
    assert!(app.request(&client).session().await.contains("order"));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_not_polled_any_more_does_not_hang_other_requests() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let socket = app.request(&client).session().await;
    let _held = store.hold("update", Fault::Before);
    let mut stopped = pin!(socket.increment("messages", 1));
    begins(stopped.as_mut()).await;

    let request = app.request(&client);
    request.session().await.insert("cart", &1).unwrap();
    assert_eq!(request.end(200).await.error, None);
    assert!(app.request(&client).session().await.contains("cart"));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_not_polled_any_more_does_not_hang_its_own_response() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    let _held = store.hold("update", Fault::Before);
    let mut stopped = pin!(session.increment("messages", 1));
    begins(stopped.as_mut()).await;

    let reply = request.end(200).await;
    assert_eq!(
        (reply.error, reply.set_cookie()),
        (Some(ErrorKind::Contended), None)
    );
}

#[tokio::test]
async fn a_logout_that_failed_is_tried_again_until_it_is_certain() {
    for status in [200, 503] {
        let (app, store) = app();
        let client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.logout();
        store.fail("end", Fault::Before);
        // Statistics, whose failure nobody cares about.
        assert_eq!(
            kind(session.increment("logouts", 1).await),
            Some(ErrorKind::Store)
        );
        request.end(status).await;
        assert!(!knows(&app, &client).await, "{status}");
    }
}

#[tokio::test]
async fn what_a_full_store_refused_is_tried_again() {
    let store = keycard::store::memory::MemoryStore::with_capacity(1);
    let app = App::over(store, |builder| builder);
    app.logged_in().await;
    let mut client = Client::default();
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    assert_eq!(kind(session.commit().await), Some(ErrorKind::Store));
    assert!(session.user().is_some());
    app.pass(std::time::Duration::from_hours(25));
    request.done(&mut client).await;
    assert!(knows(&app, &client).await);
}

#[tokio::test]
async fn what_contention_kept_from_landing_is_tried_again() {
    let store = FaultyStore::default();
    let patience = std::time::Duration::from_nanos(1);
    let app = App::over(store.clone(), |builder| builder.commit_deadline(patience));
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("order", "paid").unwrap();
    let held = store.hold("update", Fault::Before);
    let mut commit = pin!(session.commit());
    begins(commit.as_mut()).await;
    let other = app.request(&client);
    other.session().await.insert("n", &1).unwrap();
    assert_eq!(other.end(200).await.error, None);
    held.notify_one();
    assert_eq!(kind(commit.await), Some(ErrorKind::Contended));

    assert_eq!(request.end(200).await.error, None);
    assert!(app.request(&client).session().await.contains("order"));
}

#[tokio::test]
async fn whoever_waited_in_vain_for_a_turn_still_replays_on_what_was_written() {
    let store = FaultyStore::default();
    let patience = std::time::Duration::from_millis(100);
    let app = App::over(store.clone(), |builder| builder.commit_deadline(patience));
    let client = app.logged_in().await;
    let socket = app.request(&client).session().await;
    let request = app.request(&client);
    request.session().await.insert("cart", &1).unwrap();
    let _held = store.hold("update", Fault::After);
    let mut stopped = pin!(socket.increment("messages", 1));
    begins(stopped.as_mut()).await;

    assert_eq!(request.end(200).await.error, None);
    let session = app.request(&client).session().await;
    assert_eq!(session.keys(), ["cart", "messages"]);
}

#[tokio::test(start_paused = true)]
async fn an_ending_waits_for_no_commit_that_is_not_polled_any_more() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    let held = store.hold("update", Fault::Before);
    let mut stopped = pin!(session.increment("messages", 1));
    begins(stopped.as_mut()).await;
    session.logout();
    session.insert("order", "paid").unwrap();
    let reply = request.end(200).await;
    assert_eq!(reply.error, Some(ErrorKind::Contended));
    assert!(!knows(&app, &client).await);

    held.notify_one();
    assert_eq!(kind(stopped.await), Some(ErrorKind::Ended));
    assert_eq!(kind(session.commit().await), Some(ErrorKind::Ended));
    assert!(
        !session.contains("order"),
        "what the client was told to have failed is not tried later"
    );
}

#[tokio::test]
async fn what_a_logout_was_to_keep_is_told_to_be_lost() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("language", "en").unwrap();
    session.logout_keeping(&["language"]);
    let _held = store.hold("end", Fault::After);
    begins(pin!(session.commit())).await;
    assert_eq!(request.end(200).await.error, Some(ErrorKind::Store));
    assert!(!knows(&app, &client).await);
}

#[tokio::test]
async fn a_logout_whose_successor_fails_is_a_logout() {
    let (app, store) = app();
    let mut client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("language", "en").unwrap();
    session.logout_keeping(&["language"]);
    store.fail("create", Fault::After);
    assert_eq!(kind(session.commit().await), Some(ErrorKind::Store));
    assert_eq!((session.user(), session.keys()), (None, Vec::new()));

    store.calls();
    assert_eq!(request.done(&mut client).await.cookie(), Some(""));
    assert!(store.calls().is_empty(), "what may have landed is not sent again");
}
