//! What the account page tells of the recent past, and what it keeps to itself.

use std::time::Duration;

use bytes::Bytes;
use keycard::store::{End, EndReason, Ended, Note, Retention, SessionLimit, Store as _};
use keycard::{
    Clock as _, Device, ErrorKind, EventKind, Factor, IpPrecision, LoginAs, Outcome, PastEvent, Session,
    StoreKey, UserId,
};

use crate::client::{App, Client};

const LOGOUT: EventKind = EventKind::Ended(EndReason::Logout);
const REVOKED: EventKind = EventKind::Ended(EndReason::Revoked);
const DISPLACED: EventKind = EventKind::Ended(EndReason::Displaced);

impl App {
    async fn past(&self, user: &str) -> Vec<PastEvent> {
        self.users().of(user).history().await.unwrap()
    }

    /// What happened, oldest first, and to which session.
    async fn told(&self, user: &str) -> Vec<(EventKind, Option<StoreKey>)> {
        let past = self.past(user).await.into_iter().rev();
        past.map(|event| (event.kind, event.session)).collect()
    }

    async fn handle(&self, client: &Client) -> Option<StoreKey> {
        self.request(client).session().await.handle()
    }

    /// A request from this address, by this browser.
    async fn from<T>(
        &self,
        ip: [u8; 4],
        browser: &str,
        client: &Client,
        used: impl AsyncFnOnce(Session) -> T,
    ) {
        let cookie = client.cookie.as_ref();
        let cookie = cookie.map_or_else(String::new, |cookie| format!("__Host-sid={cookie}"));
        let headers = [("cookie", &*cookie), ("user-agent", browser)];
        let lazy = self.keycard.open_request(headers.as_slice(), Some(ip.into()));
        used(lazy.load().await.unwrap()).await;
        let closing = self.keycard.close(&lazy, Outcome::Completed).await;
        assert!(closing.error().is_none(), "{closing:?}");
    }
}

#[tokio::test]
async fn each_login_factor_and_end_is_told_with_its_session_and_its_time() {
    let app = App::remembering(|builder| builder);
    let began = app.clock.now();
    let mut client = app
        .client(|session| session.login_with(LoginAs::user("alice").factor(Factor::PASSWORD).pending()))
        .await;
    let handle = app.handle(&client).await;
    let uses: [fn(&Session); 8] = [
        |session| session.prove(Factor::OTP).unwrap(),
        |session| session.insert("n", &1).unwrap(),
        |session| session.rotate(),
        |session| session.set_roles(["admin"]).unwrap(),
        |session| session.prove(Factor::HARDWARE_KEY).unwrap(),
        |_| {},
        |session| session.reauthenticate(Factor::PASSWORD).unwrap(),
        Session::logout,
    ];
    for used in uses {
        app.pass(Duration::from_mins(2));
        app.visit(&mut client, used).await;
    }
    let past = app.past("alice").await;
    let told: Vec<_> = past.iter().map(|event| (event.kind, event.at)).collect();
    let at = |minutes| began.after(Duration::from_mins(minutes));
    let expected = [
        (LOGOUT, at(16)),
        (EventKind::Authenticated, at(14)),
        (EventKind::SteppedUp, at(10)),
        (EventKind::Authenticated, at(2)),
        (EventKind::FactorAwaited, at(0)),
    ];
    assert_eq!(told, expected);
    assert!(handle.is_some() && past.iter().all(|event| event.session == handle));
}

#[tokio::test]
async fn each_event_tells_from_where_it_was_done() {
    let app = App::remembering(|builder| {
        let truncated = builder.client_address(IpPrecision::Truncated);
        truncated.locate(|ip| ip.is_ipv4().then(|| "Zürich".to_owned()))
    });
    let phone = Device::new("7f3a").unwrap().named("Phone").unwrap();
    let client = Client::default();
    let login = LoginAs::user("alice").device(phone);
    app.from([203, 0, 113, 7], "Firefox", &client, async |session: Session| {
        session.login_with(login);
        session.commit().await.unwrap();
        let other = app.client(|session| session.login("alice")).await;
        let mine = app.users().mine(&session).unwrap();
        assert!(mine.end(app.handle(&other).await.unwrap()).await.unwrap());
    })
    .await;
    app.users().of("alice").end_all().await.unwrap();

    let told: Vec<_> = app
        .past("alice")
        .await
        .into_iter()
        .rev()
        .map(|event| {
            let device = event.device.as_ref().and_then(Device::name).map(str::to_owned);
            let address = event.address.map(|address| address.to_string());
            (event.kind, event.user_agent, address, event.location, device)
        })
        .collect();
    let somewhere = |kind| {
        let (agent, address) = (Some("Firefox".into()), Some("203.0.113.0/24".to_owned()));
        (
            kind,
            agent,
            address,
            Some("Zürich".into()),
            Some("Phone".to_owned()),
        )
    };
    let nowhere = |kind| (kind, None, None, None, None);
    let expected = [
        somewhere(EventKind::Authenticated),
        nowhere(EventKind::Authenticated),
        somewhere(REVOKED),
        nowhere(REVOKED),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_logout_tells_from_where_the_user_left_and_not_from_where_they_came() {
    let app = App::remembering(|builder| builder);
    let client = app.logged_in().await;
    app.from([203, 0, 113, 7], "Firefox", &client, async |session: Session| {
        session.logout();
    })
    .await;
    let past = app.past("alice").await;
    let agents: Vec<_> = past.iter().map(|event| event.user_agent.as_deref()).collect();
    assert_eq!(agents, [Some("Firefox"), None]);
}

#[tokio::test]
async fn whoever_leaves_for_a_login_or_is_ended_from_elsewhere_has_an_event_each() {
    let app = App::remembering(|builder| builder.session_limit(SessionLimit::EvictOldest(2)));
    let mut handles = Vec::new();
    for device in ["a", "b", "b", "c"] {
        app.pass(Duration::from_mins(1));
        let device = Device::new(device).unwrap();
        let client = app
            .client(|session| session.login_with(LoginAs::user("alice").device(device)))
            .await;
        handles.push(app.handle(&client).await);
    }
    assert_eq!(app.users().of("alice").end_all().await.unwrap(), 2);
    let mut told = app.told("alice").await;
    let mut revoked = told.split_off(told.len() - 2);
    revoked.sort_by_key(|(_, session)| *session);
    let mut last = [(REVOKED, handles[2]), (REVOKED, handles[3])];
    last.sort_by_key(|(_, session)| *session);
    assert_eq!(revoked, last);
    let expected = [
        (EventKind::Authenticated, handles[0]),
        (EventKind::Authenticated, handles[1]),
        (EventKind::Authenticated, handles[2]),
        (DISPLACED, handles[1]),
        (EventKind::Authenticated, handles[3]),
        (DISPLACED, handles[0]),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_login_that_the_limit_refuses_is_told_without_a_session() {
    let app = App::remembering(|builder| builder.session_limit(SessionLimit::Refuse(1)));
    app.logged_in().await;
    let client = Client::default();
    app.from([203, 0, 113, 7], "Firefox", &client, async |session: Session| {
        session.login("alice");
        let refused = session.commit().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SessionLimit);
    })
    .await;
    let past = app.past("alice").await;
    assert_eq!((past[0].kind, past[0].session), (EventKind::Refused, None));
    assert_eq!(past[0].user_agent.as_deref(), Some("Firefox"));
    assert_eq!(past.len(), 2);
}

#[tokio::test]
async fn what_is_not_committed_is_not_told_but_a_logout_always_is() {
    let app = App::remembering(|builder| builder);
    let mut client = app.logged_in().await;
    for used in [
        |session: &Session| session.reauthenticate(Factor::PASSWORD).unwrap(),
        Session::logout,
    ] {
        let request = app.request(&client);
        used(&request.session().await);
        client.take(&request.end(500).await);
    }
    let kinds: Vec<_> = app
        .told("alice")
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, [EventKind::Authenticated, LOGOUT]);
}

#[tokio::test]
async fn a_history_is_its_user_s_alone_and_guests_have_none() {
    let app = App::remembering(|builder| builder);
    let mut client = app.client(|session| session.insert("cart", &7).unwrap()).await;
    app.visit(&mut client, |session| session.login("alice")).await;
    app.visit(&mut client, |session| session.login("bob")).await;
    let bob = app.handle(&client).await;
    app.visit(&mut client, Session::logout).await;
    app.client(|session| session.insert("cart", &7).unwrap()).await;
    assert_eq!(app.told("alice").await.len(), 1);
    assert_eq!(
        app.told("bob").await,
        [(EventKind::Authenticated, bob), (LOGOUT, bob)]
    );

    app.users().of("bob").forget_history().await.unwrap();
    assert_eq!(
        (app.told("bob").await.len(), app.told("alice").await.len()),
        (0, 1)
    );
}

#[tokio::test]
async fn no_history_is_kept_unless_the_application_asks_for_one() {
    let app = App::new();
    app.logged_in().await;
    app.users().of("alice").end_all().await.unwrap();
    assert_eq!(app.past("alice").await, []);
    app.users().of("alice").forget_history().await.unwrap();
}

#[tokio::test]
async fn what_another_version_wrote_is_left_out() {
    let app = App::remembering(|builder| builder);
    let client = app.logged_in().await;
    let alice = app.keycard.user_key(&UserId::from("alice"));
    let strange = Note::new(alice, Bytes::from_static(b"\x63strange"), Retention::DEFAULT);
    let end = End::new(app.handle(&client).await.unwrap(), None, app.clock.now()).noting(strange);
    assert_eq!(app.store.end(end).await.unwrap(), Ended::Applied);
    assert_eq!(app.told("alice").await.len(), 1);
}
