//! How many sessions a client may begin.

use std::time::Duration;

use keycard::auth::throttle::{Limit, OnOutage, Scope, Throttles};
use keycard::store::memory::MemoryStore;
use keycard::{ErrorKind, Factor, LazySession, LoginAs, Outcome, Session};
use keycard_conformance::testing::{ScriptedStore, Verb};

use crate::client::{App, Client, Reply};

const MINUTE: Duration = Duration::from_mins(1);
const HERE: Option<[u8; 4]> = Some([203, 0, 113, 7]);
const ELSEWHERE: Option<[u8; 4]> = Some([198, 51, 100, 9]);
const FULL: Option<ErrorKind> = Some(ErrorKind::Throttled { retry_after: 60 });

/// With room for `limit` new sessions a minute, over a store that also counts them.
fn app(limit: usize, on_outage: OnOutage) -> (App, ScriptedStore<MemoryStore>) {
    let store = ScriptedStore::new(MemoryStore::new());
    let limit = Limit::new(limit, MINUTE).unwrap();
    let app = App::over(store.clone(), |builder| {
        builder.limit_session_creation(store.clone(), limit, on_outage)
    });
    (app, store)
}

fn open(app: &App, client: &Client, peer: Option<[u8; 4]>) -> LazySession {
    let cookie = client.cookie.as_deref().unwrap_or_default();
    let cookie = format!("{}={cookie}", app.keycard.cookie_name());
    let headers = [("cookie", cookie.as_str())];
    app.keycard.open_request(headers.as_slice(), peer.map(Into::into))
}

/// A request whose handler does not look whether its commit succeeds.
async fn visit(app: &App, client: &mut Client, peer: Option<[u8; 4]>, used: impl FnOnce(&Session)) -> Reply {
    let lazy = open(app, client, peer);
    used(&lazy.load().await.unwrap());
    let reply = Reply::of(&app.keycard.close(&lazy, Outcome::Completed).await);
    client.take(&reply);
    reply
}

fn put(session: &Session) {
    session.insert("n", &1).unwrap();
}

async fn holds_n(app: &App, client: &Client) -> bool {
    let session = open(app, client, HERE).load().await.unwrap();
    session.contains("n")
}

#[tokio::test]
async fn a_client_begins_as_many_as_it_may_in_any_window() {
    let (app, store) = app(2, OnOutage::Refuse);
    let mut clients = [(); 3].map(|()| Client::default());
    let [first, second, third] = &mut clients;
    assert_eq!(visit(&app, first, HERE, put).await.error, None);
    app.pass(MINUTE / 2);
    assert_eq!(
        visit(&app, second, HERE, |session| session.login("alice"))
            .await
            .error,
        None
    );

    let refused = visit(&app, third, HERE, put).await;
    assert_eq!(refused.error, Some(ErrorKind::Throttled { retry_after: 30 }));
    assert_eq!(refused.set_cookie(), None);
    let refused = visit(&app, third, HERE, |session| session.login("alice")).await;
    assert_eq!(
        (refused.error, refused.set_cookie()),
        (Some(ErrorKind::Throttled { retry_after: 30 }), None)
    );
    assert_eq!(store.inner().len(), 2);
    assert_eq!(visit(&app, third, ELSEWHERE, put).await.error, None);

    app.pass(MINUTE / 2);
    assert_eq!(visit(&app, &mut Client::default(), HERE, put).await.error, None);
    let full = visit(&app, &mut Client::default(), HERE, put).await;
    assert_eq!(full.error, Some(ErrorKind::Throttled { retry_after: 30 }));
    assert!(holds_n(&app, first).await, "sessions that exist go on");
}

#[tokio::test]
async fn whatever_a_session_goes_on_as_is_not_counted() {
    let (app, store) = app(1, OnOutage::Refuse);
    let mut client = Client::default();
    visit(&app, &mut client, HERE, put).await;
    drop(store.calls());
    let uses: [fn(&Session); 8] = [
        put,
        Session::rotate,
        |session| session.login_with(LoginAs::user("alice").pending()),
        |session| session.prove(Factor::OTP).unwrap(),
        |session| session.login("alice"),
        |session| session.login("bob"),
        |session| {
            session.logout();
            put(session);
        },
        Session::logout,
    ];
    for (at, used) in uses.into_iter().enumerate() {
        assert_eq!(visit(&app, &mut client, HERE, used).await.error, None, "use {at}");
    }
    assert!(!store.calls().contains(&Verb::Reserve));
    assert_eq!(visit(&app, &mut client, HERE, put).await.error, FULL);
}

#[tokio::test]
async fn a_session_that_begins_costs_one_call_more_and_nothing_else_does() {
    let (app, store) = app(5, OnOutage::Refuse);
    let mut client = Client::default();
    drop(store.calls());
    visit(&app, &mut client, HERE, put).await;
    assert_eq!(store.calls(), [Verb::Reserve, Verb::Create]);
    visit(&app, &mut client, HERE, |_| {}).await;
    assert_eq!(store.calls(), [Verb::Load]);
    visit(&app, &mut client, HERE, Session::rotate).await;
    assert_eq!(store.calls(), [Verb::Load, Verb::Update]);
    visit(&app, &mut Client::default(), None, put).await;
    assert_eq!(store.calls(), [Verb::Create], "nobody knows whose it is");
}

#[tokio::test]
async fn a_handler_that_looks_has_the_last_word() {
    let (app, store) = app(1, OnOutage::Refuse);
    visit(&app, &mut Client::default(), HERE, put).await;
    drop(store.calls());
    let lazy = open(&app, &Client::default(), HERE);
    let session = lazy.load().await.unwrap();
    session.login("alice");
    put(&session);
    assert_eq!(session.commit().await.map_err(|error| error.kind()).err(), FULL);
    assert_eq!(
        (session.user(), session.is_empty()),
        (None, true),
        "it is given up"
    );
    let reply = Reply::of(&app.keycard.close(&lazy, Outcome::Completed).await);
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert_eq!(store.calls(), [Verb::Reserve], "and not tried again");
    assert_eq!(store.inner().len(), 1);
}

#[tokio::test]
async fn a_login_whose_session_ended_meanwhile_counts() {
    let uses: [fn(&Session); 2] = [
        |session| session.login("alice"),
        |session| {
            session.logout();
            session.login("alice");
        },
    ];
    for (at, used) in uses.into_iter().enumerate() {
        let (app, store) = app(1, OnOutage::Refuse);
        let mut client = Client::default();
        visit(&app, &mut client, HERE, put).await;
        let slow = open(&app, &client, HERE);
        used(&slow.load().await.unwrap());
        visit(&app, &mut client, HERE, Session::logout).await;
        drop(store.calls());
        let reply = Reply::of(&app.keycard.close(&slow, Outcome::Completed).await);
        assert_eq!((reply.error, reply.set_cookie()), (FULL, None), "{at}");
        assert!(!store.calls().contains(&Verb::Create), "{at}");
    }
}

#[tokio::test]
async fn in_an_outage_the_policy_decides() {
    for (policy, expected) in [
        (OnOutage::Refuse, Some(ErrorKind::Store)),
        (OnOutage::Allow, None),
    ] {
        let (app, store) = app(1, policy);
        store.fail(Verb::Reserve);
        let mut client = Client::default();
        let lazy = open(&app, &client, HERE);
        let session = lazy.load().await.unwrap();
        put(&session);
        let committed = session.commit().await.map_err(|error| error.kind());
        assert_eq!(committed.err(), expected, "{policy:?}");
        assert_eq!(store.inner().len(), usize::from(expected.is_none()), "{policy:?}");

        store.recover();
        let reply = Reply::of(&app.keycard.close(&lazy, Outcome::Completed).await);
        assert_eq!(reply.error, None);
        client.take(&reply);
        assert!(
            holds_n(&app, &client).await,
            "what was not written still stands: {policy:?}"
        );
    }
}

#[tokio::test]
async fn handlers_and_the_keycard_share_the_window_of_a_client() {
    let (app, store) = app(1, OnOutage::Refuse);
    let limit = Limit::new(1, MINUTE).unwrap();
    let throttles = Throttles::new(&app.keycard, store).limit(Scope::SessionCreation, limit);
    throttles.session_creation(HERE.map(Into::into)).await.unwrap();
    assert_eq!(visit(&app, &mut Client::default(), HERE, put).await.error, FULL);
}
