//! One client, one request after the other.

use std::time::Duration;

use keycard::{ErrorKind, Key, LoginAs};

use crate::client::{App, Client};

const MINUTE: Duration = Duration::from_mins(1);
const CART: Key<Vec<u32>> = Key::new("cart");

#[tokio::test]
async fn a_first_visit_leaves_no_cookie_and_no_record() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    assert_eq!(request.session().await.get(CART).unwrap(), None);
    let reply = request.done(&mut client).await;
    assert_eq!(reply.set_cookie(), None);
    assert_eq!(reply.header("vary"), Some("Cookie"));
    assert_eq!(reply.header("cache-control"), Some("private"));
    assert!(app.store.is_empty());
}

#[tokio::test]
async fn a_request_that_does_not_use_the_session_leaves_the_response_alone() {
    let (app, mut client) = (App::new(), Client::default());
    let reply = app.request(&client).done(&mut client).await;
    assert!(reply.headers.is_empty());
}

#[tokio::test]
async fn what_is_put_in_is_there_at_the_next_request() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.insert(CART, &vec![1, 2]).unwrap();
    let reply = request.done(&mut client).await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(session.get(CART).unwrap(), Some(vec![1, 2]));
    assert_eq!(session.keys(), ["cart"]);
    assert_eq!(
        session.get::<String>("cart").unwrap_err().kind(),
        ErrorKind::TypeMismatch
    );
    assert_eq!(
        request.done(&mut client).await.set_cookie(),
        None,
        "the cookie stays as it is"
    );
}

#[tokio::test]
async fn login_gives_a_new_id_and_keeps_the_data() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.insert(CART, &vec![1]).unwrap();
    request.done(&mut client).await;
    let guest = client.clone();

    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert!(request.done(&mut client).await.set_cookie().is_some());
    assert_ne!(client.cookie, guest.cookie);

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert_eq!(session.get(CART).unwrap(), Some(vec![1]));
    request.done(&mut client).await;

    let request = app.request(&guest);
    assert_eq!(request.session().await.user(), None, "the guest's id is dead");
    assert!(request.session().await.is_empty());
}

#[tokio::test]
async fn another_user_does_not_inherit_data() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    session.insert(CART, &vec![1]).unwrap();
    request.done(&mut client).await;

    let request = app.request(&client);
    let session = request.session().await;
    session.insert("note", "alice's").unwrap();
    session.login("bob");
    session.insert("greeting", "hello").unwrap();
    request.done(&mut client).await;

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(session.user().unwrap().as_str(), "bob");
    assert_eq!(session.keys(), ["greeting"]);
}

#[tokio::test]
async fn re_authentication_keeps_the_session_and_starts_its_times_again() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;
    let old = client.clone();
    let handle = app.request(&client).session().await.handle();

    app.pass(20 * MINUTE);
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.handle(), handle);
    assert_eq!(
        session
            .absolute_at()
            .unwrap()
            .since(session.last_access().unwrap()),
        24 * 60 * MINUTE
    );
    assert_eq!(
        app.request(&old).session().await.user(),
        None,
        "the old secret is dead"
    );
}

#[tokio::test]
async fn logout_ends_the_session_and_removes_the_cookie_once() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;
    let held = client.clone();

    let (first, second) = (app.request(&client), app.request(&client));
    first.session().await.logout();
    second.session().await.logout();
    assert_eq!(first.done(&mut client).await.cookie(), Some(""));
    assert_eq!(client.cookie, None);
    assert_eq!(
        second.end(200).await.set_cookie(),
        None,
        "whoever comes second removes nothing"
    );
    assert_eq!(app.request(&held).session().await.user(), None);
}

#[tokio::test]
async fn logout_keeps_what_is_asked_for_under_a_new_id() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    session.insert(CART, &vec![1]).unwrap();
    session.insert("address", "secret").unwrap();
    request.done(&mut client).await;
    let before = client.cookie.clone();

    let request = app.request(&client);
    let session = request.session().await;
    session.logout_keeping(&["cart", "no such key"]);
    assert_eq!((session.user(), session.keys()), (None, vec!["cart".to_owned()]));
    request.done(&mut client).await;
    assert_ne!(client.cookie, before);

    let session = app.request(&client).session().await;
    assert_eq!((session.user(), session.keys()), (None, vec!["cart".to_owned()]));
}

#[tokio::test]
async fn a_failed_response_commits_endings_only() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    assert_eq!(request.end(500).await.set_cookie(), None);
    assert!(app.store.is_empty());

    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;
    let request = app.request(&client);
    request.session().await.insert("a", &1).unwrap();
    assert_eq!(request.end(503).await.set_cookie(), None);
    assert!(app.request(&client).session().await.is_empty());

    let request = app.request(&client);
    let session = request.session().await;
    session.logout();
    session.insert("flash", "bye").unwrap();
    assert_eq!(request.end(500).await.cookie(), Some(""));
    assert_eq!(app.request(&client).session().await.user(), None);
}

#[tokio::test]
async fn an_explicit_commit_hands_its_cookie_out_whatever_comes() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    session.commit().await.unwrap();
    assert!(session.handle().is_some());
    let reply = request.end(500).await;
    client.take(&reply);
    assert_eq!(
        app.request(&client).session().await.user().unwrap().as_str(),
        "alice"
    );
}

#[tokio::test]
async fn after_the_response_has_begun_writes_land_and_cookies_do_not() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("n", &1).unwrap();
    request.done(&mut client).await;

    session.insert("n", &2).unwrap();
    session.commit().await.unwrap();
    assert_eq!(
        app.request(&client).session().await.get::<u32>("n").unwrap(),
        Some(2)
    );
    session.rotate();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    session.login("alice");
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(session.increment("n", 3).await.unwrap(), 5);
    session.logout();
    session.commit().await.unwrap();
    assert_eq!(
        session.increment("n", 1).await.unwrap_err().kind(),
        ErrorKind::Ended
    );
    assert!(app.request(&client).session().await.is_empty());
}

#[tokio::test]
async fn idle_time_rolls_under_the_absolute_cap() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;

    // 47 uses, 30 minutes less a second apart: alive all the time, until the day is over.
    let step = Duration::from_secs(29 * 60 - 1);
    let mut alive = Duration::ZERO;
    while alive + step < 24 * 60 * MINUTE {
        app.pass(step);
        alive += step;
        let request = app.request(&client);
        assert!(request.session().await.user().is_some(), "after {alive:?}");
        let reply = request.done(&mut client).await;
        assert_eq!(reply.set_cookie(), None, "rolling needs no cookie");
    }
    app.pass((24 * 60 * MINUTE).saturating_sub(alive));
    assert_eq!(app.request(&client).session().await.user(), None);
}

#[tokio::test]
async fn an_unused_session_ends_after_its_idle_time() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;
    app.pass(Duration::from_millis(30 * 60 * 1000 - 1));
    assert!(app.request(&client).session().await.user().is_some());
    app.pass(Duration::from_millis(1));
    assert!(app.request(&client).session().await.user().is_none());
}

#[tokio::test]
async fn a_remembered_login_has_a_persistent_cookie_and_its_own_lifetimes() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request
        .session()
        .await
        .login_with(LoginAs::user("alice").remembered(true));
    let reply = request.done(&mut client).await;
    assert!(reply.set_cookie().unwrap().contains("Max-Age=2592000"));
    app.pass(13 * 24 * 60 * MINUTE);
    let request = app.request(&client);
    let session = request.session().await;
    assert!(session.user().is_some());
    session.rotate();
    let reply = request.done(&mut client).await;
    assert!(
        reply.set_cookie().unwrap().contains("Max-Age=1468800"),
        "what is left of the absolute time"
    );
}

#[tokio::test]
async fn extend_and_set_idle_move_the_end_under_the_cap() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    request.done(&mut client).await;

    let request = app.request(&client);
    let session = request.session().await;
    session.extend(48 * 60 * MINUTE);
    request.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.expires_at(), session.absolute_at());

    let request = app.request(&client);
    request.session().await.set_idle(5 * MINUTE);
    request.done(&mut client).await;
    app.pass(5 * MINUTE);
    assert_eq!(app.request(&client).session().await.user(), None);
}
