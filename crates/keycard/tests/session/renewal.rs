//! Ids that change by themselves while a session is in use, and requests that are on their way meanwhile.

use std::time::Duration;

use keycard::{Factor, Session};

use crate::client::{App, Client};

const EVERY: Duration = Duration::from_mins(15);
const GRACE: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(1);

fn app() -> App {
    App::with(|builder| builder.renew_ids(EVERY, GRACE))
}

async fn is_in(app: &App, client: &Client) -> bool {
    app.request(client).session().await.user().is_some()
}

fn look(session: &Session) {
    assert!(session.user().is_some());
}

#[tokio::test]
async fn an_id_is_renewed_once_it_is_old_enough() {
    let app = app();
    let mut client = app.logged_in().await;
    app.pass(EVERY.saturating_sub(TICK));
    assert_eq!(app.visit(&mut client, look).await.set_cookie(), None);
    app.pass(TICK);
    assert!(app.visit(&mut client, look).await.set_cookie().is_some());
    assert_eq!(app.visit(&mut client, look).await.set_cookie(), None);
    app.pass(EVERY);
    let written = app
        .visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    assert!(written.set_cookie().is_some(), "a write renews too");
}

#[tokio::test]
async fn the_id_before_opens_the_session_until_the_grace_is_over_and_is_not_renewed() {
    let app = app();
    let mut client = app.logged_in().await;
    let mut late = client.clone();
    app.pass(EVERY);
    app.visit(&mut client, look).await;

    app.pass(GRACE.saturating_sub(TICK));
    let reply = app
        .visit(&mut late, |session| session.insert("late", &true).unwrap())
        .await;
    assert_eq!(reply.set_cookie(), None);
    assert!(app.request(&client).session().await.contains("late"));
    app.pass(TICK);
    assert!(!is_in(&app, &late).await);
    assert!(is_in(&app, &client).await);
}

#[tokio::test]
async fn of_many_requests_at_once_one_is_given_the_new_id_and_all_go_on() {
    let app = app();
    let client = app.logged_in().await;
    app.pass(EVERY);
    let requests: Vec<_> = (0..8).map(|_| app.request(&client)).collect();
    for request in &requests {
        look(&request.session().await);
    }
    let mut given = Vec::new();
    for request in requests {
        given.extend(request.end(200).await.cookie().map(str::to_owned));
    }
    assert_eq!(given.len(), 1);
    let renewed = Client { cookie: given.pop() };
    assert!(is_in(&app, &renewed).await && is_in(&app, &client).await);
}

#[tokio::test]
async fn an_id_is_not_renewed_where_the_client_cannot_be_told() {
    let app = app();
    let client = app.logged_in().await;
    app.pass(EVERY);
    let request = app.request(&client);
    let session = request.session().await;
    request.end(500).await;
    session.touch().await.unwrap();
    session.insert("late", &true).unwrap();
    session.commit().await.unwrap();
    assert!(is_in(&app, &client).await);
    let mut client = client;
    assert!(app.visit(&mut client, look).await.set_cookie().is_some());
}

#[tokio::test]
async fn a_login_leaves_no_grace() {
    let app = app();
    let mut client = app.logged_in().await;
    let before = client.clone();
    app.pass(EVERY);
    app.visit(&mut client, look).await;
    app.visit(&mut client, |session| session.login("alice")).await;
    assert!(
        !is_in(&app, &before).await,
        "the id before the renewal goes with the login"
    );
}

#[tokio::test]
async fn the_ids_before_and_after_in_one_request_open_one_session() {
    let app = app();
    let mut client = app.logged_in().await;
    let before = client.clone();
    app.pass(EVERY);
    app.visit(&mut client, look).await;
    let both = |one: &Client, other: &Client| Client {
        cookie: one
            .cookie
            .clone()
            .zip(other.cookie.clone())
            .map(|(one, other)| format!("{one}; __Host-sid={other}")),
    };
    for mut both in [both(&before, &client), both(&client, &before)] {
        app.visit(&mut both, look).await;
        app.pass(GRACE / 4);
    }
    app.pass(EVERY);
    let mut late = both(&before, &client);
    let reply = app.visit(&mut late, look).await;
    assert!(
        reply.set_cookie().is_some(),
        "who holds the newest id is given the next"
    );
}

#[tokio::test]
async fn who_logs_in_with_the_id_before_is_given_one_that_outlives_the_grace() {
    let app = app();
    let mut client = app.logged_in().await;
    let prove: fn(&Session) = |session| session.prove(Factor::OTP).unwrap();
    for proof in [|session: &Session| session.login("alice"), prove, Session::rotate] {
        let mut lost = client.clone();
        app.pass(EVERY);
        app.visit(&mut client, look).await; // its answer did not reach `lost`
        let reply = app.visit(&mut lost, proof).await;
        assert!(reply.set_cookie().is_some(), "a new id");
        assert!(!is_in(&app, &client).await, "and no other");
        app.pass(GRACE);
        assert!(is_in(&app, &lost).await);
        client = lost;
    }
}

#[tokio::test]
async fn the_id_of_a_guest_is_left_alone() {
    let app = app();
    let mut client = app.client(|session| session.insert("n", &1).unwrap()).await;
    app.pass(EVERY);
    assert_eq!(
        app.visit(&mut client, |session| session.contains("n"))
            .await
            .set_cookie(),
        None
    );
}
