//! What an application's observer is told, and in which order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keycard::auth::{Decision, Guard};
use keycard::store::EndReason;
use keycard::store::SessionLimit;
use keycard::{Event, EventKind, Factor, KeycardBuilder, LoginAs, Session, Suspicion, WithUsers};

use crate::client::{App, Client};

/// What a handler does, and what is told of it.
type Act = (fn(&Session), &'static [EventKind]);

#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    pub(crate) fn app(
        &self,
        configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
    ) -> App {
        App::with(|builder| configure(builder).observer(self.observer()))
    }

    pub(crate) fn observer(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let told = self.clone();
        move |event| told.0.lock().unwrap().push(event.clone())
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// What happened since this was asked last.
    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.events().into_iter().map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn the_life_of_a_session_is_told() {
    let told = Told::default();
    let app = told.app(|builder| builder);
    let mut client = app.client(|session| session.insert("cart", &7).unwrap()).await;
    assert_eq!(told.kinds(), [EventKind::Created]);
    let acts: [Act; 9] = [
        (|_| {}, &[]),
        (|session| session.insert("cart", &8).unwrap(), &[]),
        (Session::rotate, &[EventKind::Rotated]),
        (
            |session| session.login_with(LoginAs::user("carol").pending()),
            &[
                EventKind::Ended(EndReason::Replaced),
                EventKind::Created,
                EventKind::FactorAwaited,
            ],
        ),
        (
            |session| session.prove(Factor::OTP).unwrap(),
            &[EventKind::Authenticated],
        ),
        (
            |session| session.reauthenticate(Factor::PASSWORD).unwrap(),
            &[EventKind::Authenticated],
        ),
        (
            |session| {
                session.logout();
                session.insert("cart", &9).unwrap();
            },
            &[EventKind::Ended(EndReason::Logout), EventKind::Created],
        ),
        (
            |session| session.login("alice"),
            &[
                EventKind::Ended(EndReason::Replaced),
                EventKind::Created,
                EventKind::Authenticated,
            ],
        ),
        (Session::logout, &[EventKind::Ended(EndReason::Logout)]),
    ];
    for (at, (act, expected)) in acts.into_iter().enumerate() {
        app.visit(&mut client, act).await;
        assert_eq!(told.kinds(), expected, "act {at}");
    }
}

#[tokio::test]
async fn a_step_up_is_told_apart_from_a_login() {
    let told = Told::default();
    let app = told.app(|builder| builder);
    let mut client = app.logged_in().await;
    told.events();
    for (after, factor) in [
        (Duration::ZERO, Factor::OTP),
        (Duration::from_mins(1), Factor::HARDWARE_KEY),
    ] {
        app.pass(after);
        app.visit(&mut client, |session| session.prove(factor).unwrap())
            .await;
        let events = told.events();
        assert_eq!(events.len(), 1, "{after:?} after the login");
        assert_eq!(
            (events[0].kind, events[0].user.clone()),
            (EventKind::SteppedUp, Some("alice".into()))
        );
        assert_eq!(events[0].session, app.request(&client).session().await.handle());
    }
}

#[tokio::test]
async fn whoever_ends_sessions_is_told_of_by_reason() {
    let told = Told::default();
    let app = told.app(|builder| builder.session_limit(SessionLimit::EvictOldest(1)));
    let first = app.logged_in().await;
    let handle = app.request(&first).session().await.handle();
    told.events();
    app.logged_in().await;
    let displaced = told
        .events()
        .into_iter()
        .find(|event| event.kind == EventKind::Ended(EndReason::Displaced));
    let displaced = displaced.unwrap();
    assert_eq!(
        (displaced.session, displaced.user),
        (handle, Some("alice".into()))
    );
    app.users().of("alice").end_all().await.unwrap();
    assert_eq!(told.kinds(), [EventKind::Ended(EndReason::Revoked)]);
}

#[tokio::test]
async fn a_session_that_a_last_factor_displaces_is_told_of() {
    let told = Told::default();
    let app = told.app(|builder| builder.session_limit(SessionLimit::EvictOldest(1)));
    let first = app.logged_in().await;
    let handle = app.request(&first).session().await.handle();
    let mut second = app
        .client(|session| session.login_with(LoginAs::user("alice").pending()))
        .await;
    told.events();
    app.visit(&mut second, |session| session.prove(Factor::OTP).unwrap())
        .await;
    let displaced: Vec<_> = told
        .events()
        .into_iter()
        .filter(|event| event.kind == EventKind::Ended(EndReason::Displaced))
        .map(|event| event.session)
        .collect();
    assert_eq!(displaced, [handle]);
}

#[tokio::test]
async fn a_refused_login_and_a_dropped_write_are_told() {
    let told = Told::default();
    let app = told.app(|builder| builder.session_limit(SessionLimit::Refuse(1)));
    let client = app.logged_in().await;
    told.events();
    let request = app.request(&Client::default());
    request.session().await.login("alice");
    request.end(200).await;
    let refused = told.events();
    assert_eq!(
        (refused[0].kind, refused[0].user.clone()),
        (EventKind::Refused, Some("alice".into()))
    );

    let request = app.request(&client);
    request.session().await.insert("late", &1).unwrap();
    app.users().of("alice").end_all().await.unwrap();
    request.end(200).await;
    assert_eq!(
        told.kinds(),
        [EventKind::Ended(EndReason::Revoked), EventKind::WriteDropped]
    );
}

#[tokio::test]
async fn whom_a_guard_keeps_out_is_told_of() {
    let told = Told::default();
    let app = told.app(|builder| builder);
    let guest = app.request(&Client::default()).session().await;
    assert!(guest.require(&Guard::user()).await.is_err() && guest.require_user().is_err());
    let session = app.request(&app.logged_in().await).session().await;
    told.events();
    assert!(session.require(&Guard::user()).await.is_ok());
    assert_eq!(session.judge(&Guard::role("admin")), Decision::Forbidden);
    assert_eq!(told.events(), [], "a judgement keeps nobody out");
    assert!(session.require(&Guard::role("admin")).await.is_err());
    assert!(
        app.request(&Client::default())
            .lazy()
            .require(&Guard::session())
            .await
            .is_err()
    );
    let denied: Vec<_> = told
        .events()
        .into_iter()
        .map(|event| (event.kind, event.session, event.user))
        .collect();
    let alice = (EventKind::Denied, session.handle(), Some("alice".into()));
    assert_eq!(denied, [alice, (EventKind::Denied, None, None)]);
}

#[tokio::test]
async fn who_may_not_end_others_without_a_recent_proof_is_told_of() {
    let told = Told::default();
    let app = told.app(|builder| builder.recent_to_end(Duration::from_mins(5)));
    let session = app.request(&app.logged_in().await).session().await;
    app.pass(Duration::from_mins(6));
    told.events();
    let mine = app.users().mine(&session).unwrap();
    assert!(mine.end_others().await.is_err());
    assert_eq!(told.kinds(), [EventKind::Denied]);
}

#[tokio::test]
async fn suspicious_clients_are_told_of() {
    let told = Told::default();
    let app = told.app(|builder| builder.unknown_ids(2));
    let mut client = app.logged_in().await;
    let copied = client.clone();
    app.visit(&mut client, Session::rotate).await;
    told.events();
    app.request(&copied).session().await;
    let reuse = told.events();
    assert_eq!(reuse[0].kind, EventKind::Suspicious(Suspicion::RotatedId));
    assert_eq!(reuse[0].user, Some("alice".into()));

    let ended = client.clone();
    app.visit(&mut client, Session::logout).await;
    told.events();
    app.request(&ended).session().await;
    assert_eq!(told.kinds(), [EventKind::Suspicious(Suspicion::EndedId)]);

    let cookie = ended.cookie.clone().unwrap();
    let (_, mac) = cookie.split_once('.').unwrap();
    let forged = Client {
        cookie: Some(cookie.replace(mac, &"A".repeat(mac.len()))),
    };
    app.request(&forged).session().await;
    assert_eq!(told.kinds(), [EventKind::Suspicious(Suspicion::NotOurs)]);

    app.pass(Duration::from_mins(2));
    for _ in 0..4 {
        app.request(&ended).session().await;
    }
    let unknown = [EventKind::Expired; 3].into_iter();
    let expected: Vec<_> = unknown
        .chain([EventKind::Suspicious(Suspicion::UnknownIds), EventKind::Expired])
        .collect();
    assert_eq!(told.kinds(), expected);
}

#[tokio::test]
async fn what_another_request_brought_about_is_told_once() {
    let told = Told::default();
    let app = told.app(|builder| builder);
    let client = app
        .client(|session| session.login_with(LoginAs::user("carol").pending()))
        .await;
    let (slow, quick) = (app.request(&client), app.request(&client));
    slow.session().await.insert("n", &1).unwrap();
    quick.session().await.prove(Factor::OTP).unwrap();
    told.events();
    quick.end(200).await;
    assert_eq!(told.kinds(), [EventKind::Authenticated]);
    slow.end(200).await;
    assert_eq!(told.kinds(), []);
}
