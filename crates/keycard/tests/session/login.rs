//! Who the session belongs to, from login to logout.

use std::time::Duration;

use keycard::{Key, LoginAs};

use crate::client::App;

const CART: Key<Vec<u32>> = Key::new("cart");

#[tokio::test]
async fn login_gives_a_new_id_and_keeps_the_data() {
    let app = App::new();
    let mut client = app
        .client(|session| session.insert(CART, &vec![1]).unwrap())
        .await;
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
    let app = App::new();
    let mut client = app
        .client(|session| {
            session.login("alice");
            session.insert(CART, &vec![1]).unwrap();
        })
        .await;

    app.visit(&mut client, |session| {
        session.insert("note", "alice's").unwrap();
        session.login("bob");
        session.insert("greeting", "hello").unwrap();
    })
    .await;

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(session.user().unwrap().as_str(), "bob");
    assert_eq!(session.keys(), ["greeting"]);
}

#[tokio::test]
async fn a_login_without_earlier_data_takes_none_of_the_guest_s_over() {
    let app = App::new();
    let mut client = app
        .client(|session| session.insert(CART, &vec![1]).unwrap())
        .await;
    app.visit(&mut client, |session| {
        session.insert("note", "a guest's").unwrap();
        session.login_with(LoginAs::user("alice").without_earlier_data());
        session.insert("greeting", "hello").unwrap();
    })
    .await;

    let session = app.request(&client).session().await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert_eq!(session.keys(), ["greeting"]);
}

#[tokio::test]
async fn re_authentication_keeps_the_session_and_starts_its_times_again() {
    let app = App::new();
    let mut client = app.logged_in().await;
    let old = client.clone();
    let handle = app.request(&client).session().await.handle();

    app.pass(Duration::from_mins(20));
    app.visit(&mut client, |session| session.login("alice")).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.handle(), handle);
    assert_eq!(
        session
            .absolute_at()
            .unwrap()
            .since(session.last_access().unwrap()),
        Duration::from_hours(24)
    );
    assert_eq!(
        app.request(&old).session().await.user(),
        None,
        "the old secret is dead"
    );
}

#[tokio::test]
async fn logout_ends_the_session_and_removes_the_cookie_once() {
    let app = App::new();
    let mut client = app.logged_in().await;
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
    let app = App::new();
    let mut client = app
        .client(|session| {
            session.login("alice");
            session.insert(CART, &vec![1]).unwrap();
            session.insert("address", "secret").unwrap();
        })
        .await;
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
