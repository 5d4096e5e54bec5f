//! One client, one request after the other.

use keycard::{ErrorKind, Key};

use crate::client::{App, Client};

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
    assert!(reply.is_bare());
}

#[tokio::test]
async fn what_is_put_in_is_there_at_the_next_request() {
    let (app, mut client) = (App::new(), Client::default());
    let reply = app
        .visit(&mut client, |session| session.insert(CART, &vec![1, 2]).unwrap())
        .await;
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
async fn a_failed_response_commits_endings_only() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    request.session().await.login("alice");
    assert_eq!(request.end(500).await.set_cookie(), None);
    assert!(app.store.is_empty());

    app.visit(&mut client, |session| session.login("alice")).await;
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
