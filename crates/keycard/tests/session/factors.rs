//! Logins that wait for a further factor, step-up, re-authentication, and what is known of the user by them.

use std::time::Duration;

use keycard::auth::Decision;
use keycard::store::{UserIndex as _, memory::MemoryStore};
use keycard::{Clock as _, Device, ErrorKind, Factor, Key, LoginAs, Session, UserId};

use crate::client::{App, Client};

const CART: Key<Vec<u32>> = Key::new("cart");

fn first_factor(session: &Session) {
    session.login_with(
        LoginAs::user("carol")
            .factor(Factor::PASSWORD)
            .roles(["user"])
            .pending(),
    );
}

fn prove(session: &Session) {
    session.prove(Factor::OTP).unwrap();
}

/// Who the client's next request finds.
async fn user(app: &App, client: &Client) -> Option<UserId> {
    app.request(client).session().await.user()
}

async fn ended_with_the_others(app: &App, store: &MemoryStore, who: &str) -> usize {
    let user = app.keycard.user_key(&who.into());
    store.end_all(user, app.clock.now()).await.unwrap().len()
}

#[tokio::test]
async fn nobody_is_logged_in_before_the_last_factor_and_each_gives_a_new_id() {
    let app = App::new();
    let mut client = app
        .client(|session| session.insert(CART, &vec![7]).unwrap())
        .await;
    let guest = client.clone();
    app.visit(&mut client, first_factor).await;
    let waiting = client.clone();

    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(
        (session.user(), session.pending_user()),
        (None, Some("carol".into()))
    );
    assert!(session.roles().is_empty() && !session.has_role("user"));
    prove(&session);
    assert_eq!(
        (session.user(), session.pending_user()),
        (Some("carol".into()), None)
    );
    request.done(&mut client).await;

    let session = app.request(&client).session().await;
    assert_eq!(
        (session.user(), session.get(CART).unwrap()),
        (Some("carol".into()), Some(vec![7]))
    );
    assert_eq!(session.roles(), ["user"]);
    assert_eq!(session.factors().len(), 2);
    for old in [guest, waiting] {
        let session = app.request(&old).session().await;
        assert_eq!((session.user(), session.pending_user()), (None, None));
    }
}

#[tokio::test]
async fn a_login_that_waits_in_vain_ends_after_ten_minutes_and_a_complete_one_lives_on() {
    let app = App::new();
    let waiting = app.client(first_factor).await;
    let mut complete = waiting.clone();
    app.visit(&mut complete, prove).await;
    let in_vain = app.client(first_factor).await;
    app.pass(Duration::from_mins(10));
    assert_eq!(app.request(&in_vain).session().await.pending_user(), None);
    assert_eq!(user(&app, &complete).await, Some("carol".into()));

    let session = app.request(&complete).session().await;
    assert_eq!(
        session
            .absolute_at()
            .unwrap()
            .since(session.created_at().unwrap()),
        Duration::from_hours(24)
    );
}

#[tokio::test]
async fn a_login_that_waits_is_ended_with_the_user_s_sessions() {
    let app = App::new();
    let client = app.client(first_factor).await;
    assert_eq!(ended_with_the_others(&app, &app.store, "carol").await, 1);
    let request = app.request(&client);
    let session = request.session().await;
    assert_eq!(
        session.prove(Factor::OTP).unwrap_err().kind(),
        ErrorKind::Unauthenticated
    );
}

#[tokio::test]
async fn a_further_factor_lands_on_no_session_that_has_ended_meanwhile() {
    let app = App::new();
    let client = app.client(first_factor).await;
    let request = app.request(&client);
    let session = request.session().await;
    ended_with_the_others(&app, &app.store, "carol").await;
    prove(&session);
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
    let reply = request.end(200).await;
    assert_eq!(reply.set_cookie(), None);
    assert_eq!(user(&app, &client).await, None);
}

#[tokio::test]
async fn a_password_alone_begins_no_session_for_who_was_ended_meanwhile() {
    let app = App::new();
    let mut client = app.client(first_factor).await;
    app.visit(&mut client, prove).await;
    let request = app.request(&client);
    let session = request.session().await;
    ended_with_the_others(&app, &app.store, "carol").await;
    session.reauthenticate(Factor::PASSWORD).unwrap();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
    assert_eq!(session.user(), None);
    let reply = request.end(200).await;
    assert_eq!(reply.set_cookie(), None);
    assert_eq!(user(&app, &client).await, None);
}

#[tokio::test]
async fn what_a_guest_has_survives_a_login_that_is_given_up_for_another() {
    let app = App::new();
    let mut client = app
        .client(|session| session.insert(CART, &vec![7]).unwrap())
        .await;
    app.visit(&mut client, first_factor).await;
    app.visit(&mut client, |session| session.login("alice")).await;
    let session = app.request(&client).session().await;
    assert_eq!(
        (session.user(), session.get(CART).unwrap()),
        (Some("alice".into()), Some(vec![7]))
    );
    assert!(session.factors().is_empty(), "carol's password is not alice's");
}

#[tokio::test]
async fn a_login_that_waits_takes_the_place_of_one_that_is_complete() {
    let app = App::new();
    let mut client = app.client(|session| session.login("carol")).await;
    app.visit(&mut client, first_factor).await;
    let session = app.request(&client).session().await;
    assert_eq!(
        (session.user(), session.pending_user()),
        (None, Some("carol".into()))
    );
}

#[tokio::test]
async fn a_step_up_moves_no_time_out_and_a_reauthentication_both() {
    let app = App::new();
    let login = LoginAs::user("alice")
        .factor(Factor::PASSWORD)
        .roles(["admin"])
        .device(Device::new("7f3a").unwrap());
    let mut client = app
        .client(|session| session.login_with(login.remembered(true)))
        .await;
    let begun = app.request(&client).session().await.absolute_at().unwrap();

    app.pass(Duration::from_hours(1));
    let stale = client.clone();
    app.visit(&mut client, prove).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.absolute_at(), Some(begun));
    assert_eq!(session.proved_at(&Factor::OTP), Some(app.clock.now()));
    assert_eq!(session.authenticated_at(), Some(app.clock.now()));
    assert_eq!(user(&app, &stale).await, None, "the id changes with each factor");

    app.pass(Duration::from_hours(1));
    app.visit(&mut client, |session| {
        session.reauthenticate(Factor::PASSWORD).unwrap();
    })
    .await;
    let session = app.request(&client).session().await;
    assert_eq!(session.absolute_at(), Some(begun.after(Duration::from_hours(2))));
    assert_eq!(
        (session.roles(), session.is_remembered()),
        (vec!["admin".to_owned()], true)
    );
    assert_eq!(session.device().unwrap().id(), "7f3a");
    assert_eq!(session.proved_at(&Factor::PASSWORD), Some(app.clock.now()));
}

#[tokio::test]
async fn other_roles_give_another_id() {
    let app = App::new();
    let mut client = app
        .client(|session| session.login_with(LoginAs::user("bob").roles(["admin"])))
        .await;
    let before = client.clone();
    app.visit(&mut client, |session| session.set_roles(["user"]).unwrap())
        .await;
    assert_eq!(app.request(&client).session().await.roles(), ["user"]);
    assert_eq!(user(&app, &before).await, None);
}

#[tokio::test]
async fn a_guest_proves_nothing() {
    let app = App::new();
    app.client(|session| {
        for refused in [
            session.prove(Factor::OTP),
            session.reauthenticate(Factor::PASSWORD),
            session.set_roles(["admin"]),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert_eq!(error.denied().unwrap().decision(), &Decision::Unauthenticated);
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_ends_a_login_that_waits() {
    let app = App::new();
    let mut client = app.client(first_factor).await;
    let waiting = client.clone();
    let reply = app.visit(&mut client, Session::logout).await;
    assert_eq!(reply.cookie(), Some(""));
    assert_eq!(app.request(&waiting).session().await.pending_user(), None);
}
