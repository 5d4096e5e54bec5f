//! Requests that overlap: each race is driven by holding one request open while another runs.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use keycard::{ErrorKind, KeyRing, Keycard, Session};

use crate::client::{App, Client};
use crate::faulty::Fault;
use crate::given_up::begins;

async fn logged_in(app: &App) -> Client {
    app.client(|session| {
        session.login("alice");
        session.insert("n", &0).unwrap();
    })
    .await
}

#[tokio::test]
async fn a_logout_is_not_undone_by_a_slower_request() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let held = client.clone();

    let slow = app.request(&client);
    let session = slow.session().await;
    session.insert("late", &true).unwrap();
    let quick = app.request(&client);
    quick.session().await.logout();
    quick.done(&mut client).await;

    let reply = slow.end(200).await;
    assert_eq!(
        (reply.error, reply.set_cookie()),
        (None, None),
        "its own answer, and no cookie"
    );
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
    assert_eq!(app.request(&held).session().await.user(), None);
}

#[tokio::test]
async fn the_cookie_of_a_login_survives_a_slow_anonymous_write() {
    let app = App::new();
    let mut client = app.client(|session| session.insert("n", &0).unwrap()).await;

    let slow = app.request(&client);
    slow.session().await.insert("late", &true).unwrap();
    let login = app.request(&client);
    login.session().await.login("alice");
    login.done(&mut client).await;
    let reply = slow.done(&mut client).await;
    assert_eq!(reply.set_cookie(), None);
    assert_eq!(
        app.request(&client).session().await.user().unwrap().as_str(),
        "alice"
    );
}

#[tokio::test]
async fn a_write_with_a_dead_id_is_dropped_without_a_cookie_and_a_login_on_it_works() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let dead = client.clone();
    app.visit(&mut client, Session::logout).await;

    let request = app.request(&dead);
    let session = request.session().await;
    session.insert("n", &1).unwrap();
    assert_eq!(
        session.increment("n", 1).await.unwrap_err().kind(),
        ErrorKind::Ended
    );
    assert_eq!(request.end(200).await.set_cookie(), None);

    let mut again = dead.clone();
    let request = app.request(&dead);
    let session = request.session().await;
    session.insert("before", &1).unwrap();
    session.login("alice");
    session.insert("after", &1).unwrap();
    request.done(&mut again).await;
    let session = app.request(&again).session().await;
    assert_eq!(
        (session.user().is_some(), session.keys()),
        (true, vec!["after".to_owned()])
    );
}

#[tokio::test]
async fn writes_of_different_keys_both_land_also_across_a_rotation() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let before = client.clone();
    let (first, second) = (app.request(&client), app.request(&client));
    let rotation = app.request(&client);
    first.session().await.insert("a", &1).unwrap();
    second.session().await.insert("b", &2).unwrap();
    rotation.session().await.rotate();
    first.done(&mut client).await;
    rotation.done(&mut client).await;
    assert_eq!(second.done(&mut client).await.set_cookie(), None);
    assert_ne!(client.cookie, before.cookie);
    assert_eq!(app.request(&client).session().await.keys(), ["a", "b", "n"]);
    assert_eq!(
        app.request(&before).session().await.user(),
        None,
        "the old secret is dead"
    );
}

#[tokio::test]
async fn a_rotation_that_finds_the_secret_replaced_keeps_that_one() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let (first, second) = (app.request(&client), app.request(&client));
    first.session().await.rotate();
    let session = second.session().await;
    session.rotate();
    session.insert("b", &2).unwrap();
    first.done(&mut client).await;
    assert_eq!(second.end(200).await.set_cookie(), None);
    assert_eq!(
        app.request(&client).session().await.get::<u32>("b").unwrap(),
        Some(2)
    );
}

#[tokio::test]
async fn a_double_submitted_login_leaves_the_user_logged_in() {
    let app = App::new();
    let mut client = app.client(|session| session.insert("cart", &1).unwrap()).await;
    let (first, second) = (app.request(&client), app.request(&client));
    first.session().await.login("alice");
    second.session().await.login("alice");
    first.done(&mut client).await;
    second.done(&mut client).await;
    assert_eq!(
        app.request(&client).session().await.user().unwrap().as_str(),
        "alice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_increments_of_two_servers_count_each_once() {
    let app = Arc::new(App::new());
    let client = logged_in(&app).await;
    let second = Keycard::builder(app.store.clone(), KeyRing::new([[7; 32]]).unwrap())
        .clock(app.clock.clone())
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let keycard = if number % 2 == 0 {
                app.keycard.clone()
            } else {
                second.clone()
            };
            let header = format!("__Host-sid={}", client.cookie.as_deref().unwrap());
            tokio::spawn(async move {
                let session = keycard.open([header.as_bytes()]).load().await.unwrap();
                session.increment("n", 1).await.unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_consumers_one_gets_the_value() {
    let app = Arc::new(App::new());
    let mut client = logged_in(&app).await;
    app.visit(&mut client, |session| session.insert("ticket", &"once").unwrap())
        .await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (app, client) = (Arc::clone(&app), client.clone());
            tokio::spawn(async move {
                app.request(&client)
                    .session()
                    .await
                    .consume::<String>("ticket")
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn an_update_sees_what_another_request_wrote_and_commits_what_is_pending() {
    let app = App::new();
    let client = logged_in(&app).await;
    let (first, second) = (app.request(&client), app.request(&client));
    let (a, b) = (first.session().await, second.session().await);
    a.insert("a", &1).unwrap();
    assert_eq!(
        a.update("n", |n: Option<i64>| n.unwrap_or(0) + 1).await.unwrap(),
        1
    );
    assert_eq!(
        b.update("n", |n: Option<i64>| n.unwrap_or(0) * 10).await.unwrap(),
        10
    );
    assert_eq!(app.request(&client).session().await.keys(), ["a", "n"]);
    let error = b
        .update("a", |_: Option<String>| String::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
}

#[tokio::test]
async fn a_failed_step_leaves_what_was_pending() {
    let app = App::new();
    let client = logged_in(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("pending", &1).unwrap();
    session.insert("n", &i64::MAX).unwrap();
    assert_eq!(
        session.increment("n", 1).await.unwrap_err().kind(),
        ErrorKind::OutOfRange
    );
    assert!(session.contains("pending"));
    assert_eq!(request.end(200).await.error, None);
    assert!(app.request(&client).session().await.contains("pending"));
}

#[tokio::test]
async fn a_reauthentication_over_a_session_that_ended_meanwhile_still_logs_in() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("draft", &1).unwrap();
    session.login("alice");
    session.insert("welcome", &1).unwrap();
    let other = app.request(&client);
    other.session().await.logout();
    other.end(200).await;

    request.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert_eq!(
        session.keys(),
        ["welcome"],
        "what was there before the login went down with the session"
    );
}

#[tokio::test]
async fn a_reauthentication_succeeds_although_the_absolute_deadline_passed_meanwhile() {
    let app = App::new();
    let mut client = logged_in(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    app.pass(Duration::from_hours(25));
    session.login("alice");
    request.done(&mut client).await;
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_login_counts_while_it_is_committed_and_its_data_is_not_the_next_user_s() {
    let (app, store) = crate::outage::app();
    let mut client = Client::default();
    let request = app.request(&client);
    let session = request.session().await;
    session.login("bob");
    session.insert("secret", "of bob").unwrap();
    let held = store.hold("create", Fault::Before);
    let mut commit = pin!(session.commit());
    begins(commit.as_mut()).await;
    assert_eq!(session.user().unwrap().as_str(), "bob");
    session.login("alice");
    assert!(!session.contains("secret"));
    held.notify_one();
    commit.await.unwrap();

    request.done(&mut client).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert!(session.is_empty());
}

#[tokio::test]
async fn an_absent_value_is_consumed_together_with_what_is_pending() {
    let app = App::new();
    let client = logged_in(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("a", &1).unwrap();
    assert_eq!(session.consume::<String>("missing").await.unwrap(), None);
    request.end(500).await;
    assert!(app.request(&client).session().await.contains("a"));
}

#[tokio::test]
async fn whoever_waited_for_a_turn_stands_on_what_was_written_before() {
    let (app, store) = crate::outage::app();
    let client = logged_in(&app).await;
    let first = app.request(&client).session().await;
    let second = app.request(&client).session().await;
    let held = store.hold("update", Fault::Before);
    let mut one = pin!(first.increment("n", 1));
    begins(one.as_mut()).await;
    let mut two = pin!(second.increment("n", 1));
    begins(two.as_mut()).await;
    store.calls();
    held.notify_one();
    assert_eq!(one.await.unwrap(), 1);
    assert_eq!(two.await.unwrap(), 2);
    assert_eq!(store.calls(), ["update"], "no conflict first");
}
