//! What a handle shows after its own commits, and what the store knows of it.

use std::time::Duration;

use keycard::store::{Loaded, MAX_RECORD, Store as _, UserIndex as _};
use keycard::{Clock as _, ErrorKind, StoreKey, UserId};

use crate::client::{App, Client};

const MINUTE: Duration = Duration::from_mins(1);

async fn guest(app: &App) -> Client {
    let mut client = Client::default();
    let request = app.request(&client);
    request.session().await.insert("n", &0).unwrap();
    request.done(&mut client).await;
    client
}

#[tokio::test]
async fn a_handle_shows_what_it_has_committed() {
    let app = App::new();
    let client = guest(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.increment("n", 5).await.unwrap();
    assert_eq!(session.get("n").unwrap(), Some(5));

    session.extend(120 * MINUTE);
    session.commit().await.unwrap();
    assert_eq!(session.expires_at(), Some(app.clock.now().after(120 * MINUTE)));

    app.pass(2 * MINUTE);
    session.touch().await.unwrap();
    assert_eq!(session.last_access(), Some(app.clock.now()));
}

/// The sessions of alice in the index.
async fn indexed(app: &App) -> Vec<StoreKey> {
    let alice = app.keycard.user_key(&UserId::from("alice"));
    let entries = app.store.sessions_of(alice, app.clock.now()).await.unwrap();
    entries.iter().map(|entry| entry.key).collect()
}

#[tokio::test]
async fn the_index_knows_each_session_of_a_user_from_its_login_to_its_end() {
    let app = App::new();
    let mut client = guest(&app).await;
    assert_eq!(indexed(&app).await, []);

    let log_in = async |client: &mut Client| {
        let request = app.request(client);
        let session = request.session().await;
        session.login("alice");
        request.done(client).await;
        [session.handle().unwrap()]
    };
    let first = log_in(&mut client).await;
    assert_eq!(indexed(&app).await, first);

    app.pass(MINUTE);
    let again = log_in(&mut client).await;
    assert_eq!(again, first, "an authentication anew keeps the session");
    assert_eq!(indexed(&app).await, first);

    let request = app.request(&client);
    request.session().await.logout();
    request.done(&mut client).await;
    assert_eq!(indexed(&app).await, []);
}

#[tokio::test]
async fn a_record_may_fill_its_limit_and_not_pass_it() {
    let app = App::new();
    let client = guest(&app).await;
    let commit = async |len: usize| {
        let request = app.request(&client);
        let session = request.session().await;
        session.insert("text", &"x".repeat(len))?;
        session.commit().await?;
        let loaded = app.store.load(session.handle().unwrap(), app.clock.now()).await?;
        let Loaded::Live(bytes) = loaded else {
            unreachable!("the session is live")
        };
        Ok::<usize, keycard::Error>(bytes.len())
    };
    let some = commit(60_000).await.unwrap();
    let most = 60_000 + MAX_RECORD - some;
    assert_eq!(commit(most).await.unwrap(), MAX_RECORD);
    assert_eq!(commit(most + 1).await.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_step_that_fails_after_a_logout_changes_nothing() {
    let app = App::new();
    let mut client = guest(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("name", "guest").unwrap();
    session.logout_keeping(&["name"]);
    let error = session.increment("name", 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert_eq!(session.keys(), ["name"]);
    let old = client.clone();
    request.done(&mut client).await;
    assert!(app.request(&old).session().await.is_empty());
    assert_eq!(app.request(&client).session().await.keys(), ["name"]);
}

#[tokio::test]
async fn an_insert_is_refused_where_the_record_would_not_fit() {
    let app = App::new();
    let client = guest(&app).await;
    let request = app.request(&client);
    let session = request.session().await;
    session.login("alice");
    let largest = (65_000..MAX_RECORD).rfind(|len| session.insert("text", &"x".repeat(*len)).is_ok());
    assert!(largest.is_some_and(|len| len < MAX_RECORD));
    session.commit().await.unwrap();
    let loaded = app
        .store
        .load(session.handle().unwrap(), app.clock.now())
        .await
        .unwrap();
    let Loaded::Live(bytes) = loaded else {
        unreachable!("the session is live")
    };
    assert_eq!(bytes.len(), MAX_RECORD, "what fits is taken");
}

#[tokio::test]
async fn what_is_put_in_after_a_logout_that_is_committed_begins_another_session() {
    let app = App::new();
    let mut client = app.logged_in().await;
    let old = client.clone();
    let request = app.request(&client);
    let session = request.session().await;
    session.logout();
    session.commit().await.unwrap();
    session.insert("flash", "goodbye").unwrap();
    request.done(&mut client).await;
    assert_eq!(app.request(&client).session().await.keys(), ["flash"]);
    assert_ne!(old.cookie, client.cookie);
    assert!(app.request(&old).session().await.user().is_none());
}
