//! The actions, without HTTP around them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard, KeycardBuilder, ManualClock, Session, Timestamp, WithUsers};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::*;
use crate::accounts::Accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::requests::{Login, Verify};

async fn app() -> App {
    configured(|builder| builder).await
}

async fn configured(configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>) -> App {
    let accounts = Arc::new(Accounts::hashed().await.unwrap());
    App::new(MemoryStore::new(), KeyRing::random(), accounts, configure).unwrap()
}

async fn session() -> Session {
    let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build();
    keycard.unwrap().open([]).load().await.unwrap()
}

fn request<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn credentials(email: &str, password: &str) -> Login {
    request(json!({"email": email, "password": password}))
}

/// The code that Carol's authenticator app shows now.
fn carols_code(app: &App) -> Verify {
    let secret = Secret::try_from_base32("JBSWY3DPEHPK3PXP").unwrap();
    let carols_app = Builder::new().with_secret(secret).build_noncompliant();
    let code = carols_app.generate(app.keycard().now().as_millis() / 1_000);
    request(json!({"code": code.to_string()}))
}

#[tokio::test]
async fn a_login_is_refused_with_one_text() {
    let app = app().await;
    let session = app.keycard().open([]).load().await.unwrap();
    let refusal = async |email, password| {
        login(&app, &session, credentials(email, password))
            .await
            .unwrap_err()
    };
    let wrong = refusal("alice@example.com", "letmein789").await;
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong, refusal("nobody@example.com", "letmein789").await);
    assert_eq!(wrong, refusal("carol@example.com", "password123").await);
    assert_eq!(session.user(), None);
    assert_eq!(me(&app, &session).unwrap_err().status(), 401);

    let bob = login(&app, &session, credentials("bob@example.com", "secret456"))
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_value(bob).unwrap(),
        json!({"user": {"id": "2", "email": "bob@example.com", "name": "Bob", "roles": ["user", "admin"]}})
    );
    assert_eq!(me(&app, &session).unwrap().user.email(), "bob@example.com");
    logout(&session);
    assert_eq!(me(&app, &session).unwrap_err().status(), 401);
}

#[tokio::test]
async fn a_right_code_is_too_late_for_a_login_that_was_ended_meanwhile() {
    let app = app().await;
    let session = app.keycard().open([]).load().await.unwrap();
    let carol = credentials("carol@example.com", "letmein789");
    login(&app, &session, carol).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(app.sessions.of("3").end_all().await.unwrap(), 1);

    let code = carols_code(&app);
    assert_eq!(verify(&app, &session, code).await.unwrap_err().status(), 400);
    assert_eq!(app.sessions.of("3").count().await.unwrap(), 0);
}

#[tokio::test]
async fn logins_by_two_factors_use_up_none_of_the_attempts_of_their_address() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    let app = configured(|builder| builder.clock(clock.clone())).await;
    let address = IpAddr::from([192, 0, 2, 7]);
    let fail = async |number| {
        app.throttles
            .login(&format!("user {number}"), address)
            .await
            .map(drop)
    };
    for number in 0..21 {
        fail(number).await.unwrap();
    }
    // A code comes each 30 seconds: so many while the failures count.
    for _ in 0..29 {
        clock.advance(Duration::from_secs(20));
        let headers: [(&str, &str); 0] = [];
        let request = app.keycard().open_request(headers.as_slice(), Some(address));
        let session = request.load().await.unwrap();
        let carol = credentials("carol@example.com", "letmein789");
        login(&app, &session, carol).await.unwrap();
        session.commit().await.unwrap();
        clock.advance(Duration::from_secs(10));
        verify(&app, &session, carols_code(&app)).await.unwrap();
        assert!(session.keys().is_empty(), "nothing is kept of it");
    }
    for number in 21..50 {
        fail(number).await.unwrap();
    }
    assert_eq!(
        fail(50).await.unwrap_err().status(),
        429,
        "failures are not given back"
    );
}

#[tokio::test]
async fn a_right_password_is_too_late_for_a_session_that_was_ended_meanwhile() {
    let app = app().await;
    let session = app.keycard().open([]).load().await.unwrap();
    let alice = credentials("alice@example.com", "password123");
    login(&app, &session, alice).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(app.sessions.of("1").end_all().await.unwrap(), 1);

    let again = reauthenticate(&app, &session, request(json!({"password": "password123"}))).await;
    assert_eq!(again.unwrap_err().status(), 401);
    assert_eq!(app.sessions.of("1").count().await.unwrap(), 0);
}

#[tokio::test]
async fn nobody_ends_the_others_whose_own_session_was_ended_meanwhile() {
    let app = app().await;
    let visitor = async || app.keycard().open([]).load().await.unwrap();
    let [mine, other] = [visitor().await, visitor().await];
    for session in [&mine, &other] {
        let alice = credentials("alice@example.com", "password123");
        login(&app, session, alice).await.unwrap();
        session.commit().await.unwrap();
    }
    assert_eq!(end(&app, &other, "others").await.unwrap().ended, 1);
    assert_eq!(end(&app, &mine, "others").await.unwrap_err().status(), 401);
    assert_eq!(app.sessions.of("1").count().await.unwrap(), 1);
}

#[tokio::test]
async fn values_come_back_as_they_were_put_in() {
    let session = session().await;
    let values = json!({
        "null": null, "yes": true, "big": u64::MAX, "small": i64::MIN, "pi": 3.25, "one": 1.0, "text": "žluťoučký",
        "list": [1, [], {}], "map": {"a": {"b": null}},
    });
    for (key, value) in values.as_object().unwrap() {
        let entry = put(&session, request(json!({"key": key, "value": value}))).unwrap();
        assert_eq!(read(&session, key.clone()), Ok(entry));
    }
    assert_eq!(serde_json::to_value(data(&session).unwrap()).unwrap(), values);
    delete(&session, "big".to_owned()).unwrap();
    delete(&session, "big".to_owned()).unwrap();
    assert_eq!(read(&session, "big".to_owned()), Err(Failure::not_found()));
}

#[tokio::test]
async fn a_full_session_waits_for_the_code_or_says_that_it_is_full() {
    let app = app().await;
    let (mut waits, mut is_full) = (0, 0);
    // Room for nothing at all, for what is known of the user, and for the receipt as well.
    for room in [0, 50, 100, 180, 300] {
        let session = app.keycard().open([]).load().await.unwrap();
        let fits = |len: &usize| session.insert("cart", &"x".repeat(*len)).is_ok();
        let len = (0..64 * 1024).rev().find(fits).unwrap();
        session.insert("cart", &"x".repeat(len - room)).unwrap();
        let carol = credentials("carol@example.com", "letmein789");
        login(&app, &session, carol).await.unwrap();
        match session.commit().await {
            Ok(()) => waits += usize::from(session.pending_user().is_some()),
            Err(error) => is_full += usize::from(Failure::from(error).status() == 400),
        }
    }
    assert!(
        waits > 0 && is_full > 0 && waits + is_full == 5,
        "{waits} and {is_full}"
    );
}

#[tokio::test]
async fn the_applications_own_keys_are_neither_shown_nor_taken_out() {
    let session = session().await;
    session.insert("app.pending", &"alice").unwrap();
    assert!(data(&session).unwrap().0.is_empty());
    assert_eq!(
        read(&session, "app.pending".to_owned()),
        Err(Failure::not_found())
    );
    let refusal = delete(&session, "app.pending".to_owned()).unwrap_err();
    assert_eq!(refusal.status(), 400);
    assert!(session.contains("app.pending"));
}

#[tokio::test]
async fn what_does_not_fit_is_the_clients_mistake() {
    let session = session().await;
    let long = "x".repeat(70_000);
    let refusal = put(&session, request(json!({"key": "k", "value": long}))).unwrap_err();
    assert_eq!(refusal.status(), 400);

    for (value, by) in [
        (json!("text"), 1),
        (json!(1.5), 1),
        (json!(i64::MAX), 1),
        (json!(u64::MAX), 1),
    ] {
        session.insert("n", &value).unwrap();
        let refusal = increment(&session, request(json!({"key": "n", "by": by})))
            .await
            .unwrap_err();
        assert_eq!(refusal.status(), 400, "{value}");
    }
    session.insert("n", &40).unwrap();
    let entry = increment(&session, request(json!({"key": "n", "by": 2})))
        .await
        .unwrap();
    assert_eq!(entry.value, json!(42));
}

#[tokio::test]
async fn a_slow_answer_names_the_user_from_before_the_wait() {
    let app = app().await;
    let session = app.keycard().open([]).load().await.unwrap();
    let answer = slow_set(&app, &session, request(json!({"key": "k", "ms": 0})))
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_value(answer).unwrap(),
        json!({"key": "k", "value": true, "user": null})
    );
    session.login("1");
    let answer = slow_set(&app, &session, request(json!({"key": "k", "ms": 0})))
        .await
        .unwrap();
    assert_eq!(answer.user, Some("alice@example.com"));
}
