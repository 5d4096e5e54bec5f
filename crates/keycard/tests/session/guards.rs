//! Guards over sessions: what they cost, what they know, and the application's user.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keycard::auth::{Decision, Guard, LoadedUser, UserLoader};
use keycard::store::memory::MemoryStore;
use keycard::{Device, ErrorKind, Factor, LoginAs, Session, UserId};
use keycard_conformance::testing::{ScriptedStore, Verb};

use crate::client::{App, Client};

fn app() -> (App, ScriptedStore<MemoryStore>) {
    let store = ScriptedStore::new(MemoryStore::new());
    (App::over(store.clone(), |builder| builder), store)
}

fn denied(result: Result<impl Sized, keycard::Error>) -> Option<Decision> {
    let error = result.err()?;
    error.denied().map(|denied| denied.decision().clone())
}

#[tokio::test]
async fn a_guard_costs_the_load_that_the_handler_shares_and_a_denied_request_no_write() {
    let (app, store) = app();
    let client = app.logged_in().await;
    assert_eq!(store.calls(), [Verb::Create]);

    for guard in [Guard::user(), Guard::user().read_anew()] {
        let request = app.request(&client);
        let session = request.lazy().require(&guard).await.unwrap();
        assert_eq!(request.session().await.user(), session.user());
        assert_eq!(request.end(200).await.set_cookie(), None);
        assert_eq!(store.calls(), [Verb::Load], "{guard:?}");

        let request = app.request(&client);
        let entered = request.lazy().require(&Guard::role("admin").and(guard)).await;
        assert_eq!(denied(entered), Some(Decision::Forbidden));
        assert_eq!(request.end(403).await.set_cookie(), None);
        assert_eq!(store.calls(), [Verb::Load]);
    }

    let stranger = app.request(&Client::default());
    let entered = stranger.lazy().require(&Guard::user()).await;
    assert_eq!(denied(entered), Some(Decision::Unauthenticated));
    assert_eq!(store.calls(), [], "who has no cookie costs nothing");
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_passes_no_guard_that_reads_anew() {
    let (app, store) = app();
    let mut client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    app.visit(&mut client, Session::logout).await;
    assert_eq!(store.calls(), [Verb::Create, Verb::Load, Verb::Load, Verb::End]);

    session.require(&Guard::user()).await.unwrap();
    assert_eq!(store.calls(), [], "it knows no better");
    let anew = Guard::user().read_anew();
    assert_eq!(session.judge(&anew), Decision::Allowed, "to judge asks nobody");
    let error = request.lazy().require(&anew).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthenticated, 401));
    assert_eq!(store.calls(), [Verb::Load]);
    let error = session.require(&Guard::session()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Unauthenticated,
        "what was read stays known"
    );
}

#[tokio::test]
async fn reading_anew_keeps_what_is_asked_for_and_sees_what_others_wrote() {
    let (app, _) = app();
    let mut client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("mine", &1).unwrap();
    app.visit(&mut client.clone(), |session| {
        session.insert("theirs", &2).unwrap();
    })
    .await;

    session.require(&Guard::user().read_anew()).await.unwrap();
    let both = |session: &Session| (session.get("mine").unwrap(), session.get("theirs").unwrap());
    assert_eq!(both(&session), (Some(1), Some(2)));
    request.done(&mut client).await;
    assert_eq!(both(&app.request(&client).session().await), (Some(1), Some(2)));
}

#[tokio::test]
async fn reading_anew_judges_as_if_the_request_came_now() {
    let (app, _) = app();
    let login = || LoginAs::user("alice").device(Device::new("7f3a").unwrap());
    let anew = Guard::session().read_anew();
    for elsewhere in [
        |session: &Session| session.rotate(),
        |session: &Session| session.prove(Factor::OTP).unwrap(),
    ] {
        let mut client = app.client(|session| session.login_with(login())).await;
        let (slow, before) = (app.request(&client), client.clone());
        let session = slow.session().await;
        app.visit(&mut client, elsewhere).await;
        assert_eq!(
            denied(session.require(&anew).await),
            Some(Decision::Unauthenticated),
            "the id was rotated away"
        );
        assert_eq!(
            app.request(&before).session().await.user(),
            None,
            "and opens nothing"
        );
        let request = app.request(&client);
        let session = request.session().await;
        session.rotate();
        session.commit().await.unwrap();
        session.require(&anew).await.unwrap();
    }

    let client = app.logged_in().await;
    let session = app.request(&client).session().await;
    app.pass(Duration::from_mins(30));
    assert_eq!(
        denied(session.require(&anew).await),
        Some(Decision::Unauthenticated)
    );
}

#[tokio::test]
async fn a_visitor_reads_nothing_anew() {
    let (app, store) = app();
    let request = app.request(&Client::default());
    let session = request.session().await;
    session.login("alice");
    session.require(&Guard::user().read_anew()).await.unwrap();
    assert_eq!(store.calls(), []);
}

#[tokio::test]
async fn an_outage_is_no_denial() {
    let (app, store) = app();
    let client = app.logged_in().await;
    let request = app.request(&client);
    let session = request.session().await;
    store.fail(Verb::Load);
    let error = session.require(&Guard::user().read_anew()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Store, 503));
    assert!(error.denied().is_none());
    let error = app
        .request(&client)
        .lazy()
        .require(&Guard::user())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    store.recover();
    session.require(&Guard::user().read_anew()).await.unwrap();
}

#[tokio::test]
async fn a_login_that_waits_has_a_session_and_is_nobody() {
    let (app, _) = app();
    let login = LoginAs::user("carol")
        .factor(Factor::PASSWORD)
        .roles(["admin"])
        .pending();
    let client = app.client(|session| session.login_with(login)).await;
    let session = app.request(&client).session().await;
    assert_eq!(session.judge(&Guard::session()), Decision::Allowed);
    let hour = Duration::from_hours(1);
    for guard in [
        Guard::user(),
        Guard::role("admin"),
        Guard::factor(Factor::PASSWORD),
        Guard::factor(Factor::OTP),
        Guard::fresh(hour),
    ] {
        assert_eq!(session.judge(&guard), Decision::Unauthenticated, "{guard:?}");
    }
    session.prove(Factor::OTP).unwrap();
    assert_eq!(
        session.judge(&Guard::factor_within(Factor::OTP, hour)),
        Decision::Allowed
    );
    assert_eq!(session.judge(&Guard::role("admin")), Decision::Allowed);
}

#[tokio::test]
async fn a_session_exists_from_its_login_to_its_end() {
    let (app, _) = app();
    let client = app.client(|session| session.insert("n", &1).unwrap()).await;
    let (stranger, guest) = (
        app.request(&Client::default()).session().await,
        app.request(&client).session().await,
    );
    let judge = |session: &Session| session.judge(&Guard::session());
    assert_eq!(
        (judge(&stranger), judge(&guest)),
        (Decision::Unauthenticated, Decision::Allowed)
    );
    guest.logout();
    stranger.insert("n", &1).unwrap();
    assert_eq!(judge(&guest), Decision::Unauthenticated, "it is about to end");
    assert_eq!(
        judge(&stranger),
        Decision::Unauthenticated,
        "nothing is stored yet"
    );
    stranger.login("alice");
    assert_eq!(judge(&stranger), Decision::Allowed);
}

/// Knows everybody but `ghost`, and counts how often it is asked.
#[derive(Clone, Default)]
struct Accounts {
    asked: Arc<AtomicUsize>,
    down: bool,
}

impl UserLoader for Accounts {
    type User = String;
    type Error = io::Error;

    async fn load(&self, id: &UserId) -> Result<Option<String>, io::Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        if self.down {
            return Err(io::Error::other("no connection"));
        }
        Ok((id.as_str() != "ghost").then(|| format!("Dr {id}")))
    }
}

#[tokio::test]
async fn the_user_is_looked_up_once_in_a_request() {
    let (app, _) = app();
    let request = app.request(&Client::default());
    let session = request.session().await;
    session.login("alice");
    let (accounts, user) = (Accounts::default(), LoadedUser::default());
    let of = async |user: LoadedUser<Accounts>| user.of(&session, Some(&accounts), "layer").await.unwrap();
    let (first, second) = tokio::join!(of(user.clone()), of(user.clone()));
    assert_eq!((first.as_str(), second.as_str()), ("Dr alice", "Dr alice"));
    assert_eq!(accounts.asked.load(Ordering::Relaxed), 1);

    session.login("bob");
    assert_eq!(*of(user).await, "Dr bob", "another user is another question");
    assert_eq!(accounts.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_user_who_is_gone_is_nobody_and_a_loader_that_fails_is_an_outage() {
    let (app, _) = app();
    let request = app.request(&Client::default());
    let session = request.session().await;
    let of = async |accounts: Option<Accounts>| {
        let user = LoadedUser::default();
        user.of(&session, accounts.as_ref(), ".layer(accounts)")
            .await
            .unwrap_err()
    };
    let accounts = Accounts::default();
    let error = of(Some(accounts.clone())).await;
    assert_eq!(error.status(), 401);
    assert_eq!(
        accounts.asked.load(Ordering::Relaxed),
        0,
        "nobody is looked up for a guest"
    );

    session.login("ghost");
    let error = of(Some(Accounts::default())).await;
    assert_eq!(denied(Err::<(), _>(error)), Some(Decision::Unauthenticated));

    let down = Accounts {
        down: true,
        ..Accounts::default()
    };
    let error = of(Some(down)).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::UserLoader, 503));
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "no connection"
    );

    let error = of(None).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::LayerMissing, 500));
    assert!(error.to_string().contains("add `.layer(accounts)`"));
}
