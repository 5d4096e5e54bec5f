//! What happens to sessions, counted: each row of the page's table is brought about.

use std::time::Duration;

use keycard::auth::Guard;
use keycard::auth::throttle::{Limit, OnOutage, Scope, Throttles};
use keycard::store::memory::MemoryStore;
use keycard::store::{SessionLimit, Throttle};
use keycard::{
    CsrfPolicy, CsrfRequest, Drift, ErrorKind, Factor, IpPrefix, KeyRing, Keycard, KeycardBuilder, LoginAs,
    Outcome, Session, WithUsers,
};
use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};

use crate::client::{App, Client};
use crate::monitor::{Monitor, assert_told};

const HOUR: Duration = Duration::from_hours(1);

fn app(
    monitor: &Monitor,
    configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
) -> App {
    monitor.over(|| App::with(configure))
}

/// A client whose session holds something. What it took is not told of.
async fn guest(app: &App, monitor: &Monitor) -> Client {
    let client = app.client(|session| session.insert("n", &1).unwrap()).await;
    monitor.told();
    client
}

async fn load(app: &App, client: &Client) -> bool {
    app.request(client).session().await.is_empty()
}

#[tokio::test]
async fn what_a_request_finds_is_counted() {
    let monitor = Monitor::default();
    let app = app(&monitor, |builder| builder.unknown_ids(1));
    let mut client = guest(&app, &monitor).await;

    assert!(load(&app, &Client::default()).await);
    assert_told(&monitor, &[("loads_total outcome none", 1)], "no id");
    assert!(!load(&app, &client).await);
    assert_told(&monitor, &[("loads_total outcome live", 1)], "a session");

    let another = Keycard::builder(MemoryStore::new(), KeyRing::random())
        .build()
        .unwrap();
    let cookie = log_in_as(&another, "alice").await.unwrap();
    assert!(
        app.keycard
            .open([cookie.as_bytes()])
            .load()
            .await
            .unwrap()
            .is_empty()
    );
    let unknown = ("loads_total outcome unknown", 1);
    let forged = [unknown, ("suspicions_total kind not_ours", 1)];
    assert_told(&monitor, &forged, "an id that another signed");

    let before = client.clone();
    app.visit(&mut client, Session::rotate).await;
    monitor.told();
    assert!(load(&app, &before).await);
    let ended = ("loads_total outcome ended", 1);
    let rotated = [ended, ("suspicions_total kind rotated_id", 1)];
    assert_told(&monitor, &rotated, "an id that was rotated away");

    let before = client.clone();
    app.visit(&mut client, Session::logout).await;
    monitor.told();
    assert!(load(&app, &before).await);
    let tombstone = [ended, ("suspicions_total kind ended_id", 1)];
    assert_told(&monitor, &tombstone, "a session that has ended");

    app.pass(HOUR);
    assert!(load(&app, &before).await);
    let expired = [("expired_ids_total", 1), unknown];
    assert_told(&monitor, &expired, "a session that is known no more");
    assert!(load(&app, &before).await);
    let unusual = [
        ("expired_ids_total", 1),
        unknown,
        ("suspicions_total kind unknown_ids", 1),
    ];
    assert_told(&monitor, &unusual, "and once more");

    let [one, other] = [guest(&app, &monitor).await, guest(&app, &monitor).await];
    let [one, other] = [one.cookie.unwrap(), other.cookie.unwrap()];
    let both = format!("__Host-sid={one}; __Host-sid={other}");
    assert!(
        app.keycard
            .open([both.as_bytes()])
            .load()
            .await
            .unwrap()
            .is_empty()
    );
    let several = [ended, ("suspicions_total kind several_sessions", 1)];
    assert_told(&monitor, &several, "two sessions");
}

/// What a handler does, and what is told of it beside the load and the commit.
type Act = (fn(&Session), &'static [(&'static str, u32)]);

const ACTS: [Act; 8] = [
    (
        |session| session.insert("n", &1).unwrap(),
        &[("sessions_created_total", 1)],
    ),
    (Session::rotate, &[("rotations_total", 1)]),
    (
        |session| session.login_with(LoginAs::user("carol").pending()),
        &[
            ("logins_total outcome pending", 1),
            ("sessions_created_total", 1),
            ("sessions_ended_total reason replaced", 1),
        ],
    ),
    (
        |session| session.prove(Factor::OTP).unwrap(),
        &[("logins_total outcome completed", 1)],
    ),
    (
        |session| session.prove(Factor::PASSWORD).unwrap(),
        &[("step_ups_total", 1)],
    ),
    (|session| session.insert("n", &2).unwrap(), &[]),
    (|session| assert!(session.require_user().is_ok()), &[]),
    (Session::logout, &[("sessions_ended_total reason logout", 1)]),
];

#[tokio::test]
async fn the_life_of_a_session_is_counted() {
    let monitor = Monitor::default();
    let app = app(&monitor, |builder| builder);
    let mut client = Client::default();
    for (number, (act, expected)) in ACTS.into_iter().enumerate() {
        app.visit(&mut client, act).await;
        let mut told = monitor.told();
        told.retain(|(name, _)| !name.starts_with("keycard_loads") && !name.starts_with("keycard_commits"));
        let told: Vec<_> = told
            .iter()
            .map(|(name, count)| (name.trim_start_matches("keycard_"), *count))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, count)| (*name, f64::from(*count)))
            .collect();
        assert_eq!(told, expected, "act {number}");
    }
}

#[tokio::test]
async fn who_is_kept_out_or_sent_away_is_counted() {
    let monitor = Monitor::default();
    let app = app(&monitor, |builder| builder.session_limit(SessionLimit::Refuse(1)));
    let session = app.keycard.open([]).load().await.unwrap();
    assert_eq!(session.require(&Guard::user()).await.unwrap_err().status(), 401);
    let denied = [("denials_total", 1), ("loads_total outcome none", 1)];
    assert_told(&monitor, &denied, "a guest");

    let headers: &[(&str, &str)] = &[("sec-fetch-site", "cross-site")];
    let request = app.keycard.open_request(headers, None);
    let refused = request.check_csrf(&CsrfPolicy::default(), &CsrfRequest::new("POST", headers));
    assert_eq!(refused.unwrap_err().status(), 403);
    let refused = [("csrf_refusals_total reason cross_site", 1)];
    assert_told(&monitor, &refused, "a request of another site");

    app.logged_in().await;
    monitor.told();
    session.login("alice");
    assert_eq!(
        session.commit().await.unwrap_err().kind(),
        ErrorKind::SessionLimit
    );
    let refused = [
        ("commits_total outcome refused", 1),
        ("logins_total outcome refused", 1),
    ];
    assert_told(&monitor, &refused, "one login too many");

    let users = app.users.as_ref().unwrap();
    assert_eq!(users.of("alice").end_all().await.unwrap(), 1);
    let revoked = [("sessions_ended_total reason revoked", 1)];
    assert_told(&monitor, &revoked, "log out everywhere");
}

#[tokio::test]
async fn a_login_that_displaces_another_is_counted() {
    let monitor = Monitor::default();
    let app = app(&monitor, |builder| {
        builder.session_limit(SessionLimit::EvictOldest(1))
    });
    app.logged_in().await;
    monitor.told();
    app.logged_in().await;
    let displaced = [
        ("commits_total outcome applied", 1),
        ("loads_total outcome none", 1),
        ("logins_total outcome completed", 1),
        ("sessions_created_total", 1),
        ("sessions_ended_total reason displaced", 1),
    ];
    assert_told(&monitor, &displaced, "the second login");
}

#[tokio::test]
async fn a_client_that_a_session_is_not_bound_to_is_counted() {
    let monitor = Monitor::default();
    let network = IpPrefix::new(24, 64).unwrap();
    let app = app(&monitor, |builder| {
        builder
            .bind_fingerprint(Drift::Report)
            .bind_address(network, Drift::End)
    });
    let visit = async |client: &Client, address: [u8; 4], agent: &str| {
        let cookie = format!("__Host-sid={}", client.cookie.as_deref().unwrap_or_default());
        let headers = [("cookie", cookie.as_str()), ("user-agent", agent)];
        let lazy = app.keycard.open_request(headers.as_slice(), Some(address.into()));
        let session = lazy.load().await.unwrap();
        if client.cookie.is_none() {
            session.login("alice");
        }
        let closing = app.keycard.close(&lazy, Outcome::Completed).await;
        keycard_conformance::__private::Reply::of(&closing)
    };
    let mut client = Client::default();
    client.take(&visit(&client, [203, 0, 113, 7], "Firefox/1").await);
    monitor.told();
    visit(&client, [198, 51, 100, 9], "Firefox/2").await;
    let drifted = [
        ("loads_total outcome live", 1),
        ("sessions_ended_total reason drifted", 1),
        ("suspicions_total kind address_changed", 1),
        ("suspicions_total kind fingerprint_changed", 1),
    ];
    assert_told(&monitor, &drifted, "another client");
}

#[tokio::test]
async fn what_becomes_of_commits_is_counted() {
    let monitor = Monitor::default();
    let store = ScriptedStore::new(MemoryStore::new());
    let app = monitor.over(|| App::over(store.clone(), |builder| builder));
    let mut client = app.client(|session| session.insert("n", &1).unwrap()).await;
    let begun = [
        ("commits_total outcome applied", 1),
        ("loads_total outcome none", 1),
        ("sessions_created_total", 1),
    ];
    assert_told(&monitor, &begun, "a session begins");

    let (slow, slower) = (app.request(&client), app.request(&client));
    for request in [&slow, &slower] {
        request.session().await.insert("slow", &1).unwrap();
    }
    app.visit(&mut client, |session| session.insert("n", &2).unwrap())
        .await;
    monitor.told();
    slow.done(&mut client.clone()).await;
    let replayed = [
        ("commits_total outcome applied", 1),
        ("commits_total outcome conflict", 1),
    ];
    assert_told(&monitor, &replayed, "another request was quicker");

    let failing = app.request(&client);
    failing.session().await.insert("n", &3).unwrap();
    monitor.told();
    store.fail_once(Verb::Update);
    assert_eq!(failing.end(200).await.error, Some(ErrorKind::Store));
    let failed = [
        ("commits_total outcome error", 1),
        ("store_errors_total kind unavailable", 1),
    ];
    assert_told(&monitor, &failed, "the store fails");

    app.visit(&mut client, Session::logout).await;
    monitor.told();
    slower.done(&mut Client::default()).await;
    let gone = [("commits_total outcome gone", 1), ("dropped_writes_total", 1)];
    assert_told(&monitor, &gone, "the session has ended");
}

#[tokio::test]
async fn a_login_that_takes_a_guests_place_is_a_commit_by_its_outcome() {
    let monitor = Monitor::default();
    let app = app(&monitor, |builder| builder);
    let mut client = guest(&app, &monitor).await;
    let request = app.request(&client);
    request.session().await.login("alice");
    app.visit(&mut client, |session| session.insert("n", &2).unwrap())
        .await;
    monitor.told();
    request.done(&mut client).await;
    let replaced = [
        ("commits_total outcome applied", 1),
        ("commits_total outcome conflict", 1),
        ("logins_total outcome completed", 1),
        ("sessions_created_total", 1),
        ("sessions_ended_total reason replaced", 1),
    ];
    assert_told(&monitor, &replaced, "another request was quicker");
}

#[tokio::test]
async fn attempts_that_are_refused_or_cannot_be_counted_are_counted() {
    let monitor = Monitor::default();
    let store = ScriptedStore::new(MemoryStore::new());
    let app = app(&monitor, |builder| builder);
    let one = Limit::new(1, Duration::from_mins(1)).unwrap();
    let throttles = Throttles::new(&app.keycard, store.clone())
        .limit(Scope::AccountAndClient, one)
        .limit(Scope::Mfa, one)
        .limit(Scope::SessionCreation, one)
        .on_outage(OnOutage::Allow);
    let client: std::net::IpAddr = [203, 0, 113, 7].into();
    let session = app.keycard.open([]).load().await.unwrap();
    session.login_with(LoginAs::user("carol").pending());
    session.commit().await.unwrap();
    let (user, pending) = session.pending_user().zip(session.handle()).unwrap();
    let attempts = async || {
        [
            throttles.login("alice", client).await.map(drop).is_ok(),
            throttles.mfa(&user, pending).await.map(drop).is_ok(),
            throttles.session_creation(client).await.is_ok(),
        ]
    };
    assert_eq!(attempts().await, [true; 3]);
    monitor.told();
    assert_eq!(attempts().await, [false; 3]);
    let refused = [
        ("throttled_total what login", 1),
        ("throttled_total what mfa", 1),
        ("throttled_total what session creation", 1),
    ];
    assert_told(&monitor, &refused, "a second attempt");

    store.go_down();
    assert_eq!(attempts().await, [true; 3]);
    let uncounted = [
        ("not_throttled_total what login", 1),
        ("not_throttled_total what mfa", 1),
        ("not_throttled_total what session creation", 1),
        ("store_errors_total kind unavailable", 3),
    ];
    assert_told(&monitor, &uncounted, "an outage");
}

/// Takes what `limit_session_creation` takes.
fn is_told_of(store: impl Throttle, monitor: &Monitor) -> App {
    let one = Limit::new(1, Duration::from_mins(1)).unwrap();
    app(monitor, |builder| {
        builder.limit_session_creation(store, one, OnOutage::Refuse)
    })
}

#[tokio::test]
async fn a_session_too_many_is_counted_by_the_keycard_itself() {
    let monitor = Monitor::default();
    let app = is_told_of(MemoryStore::new(), &monitor);
    let headers = [("host", "shop.example")];
    for expected in [None, Some(60)] {
        let lazy = app
            .keycard
            .open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
        let created = lazy.load().await.unwrap().increment("n", 1).await;
        assert_eq!(created.err().and_then(|error| error.retry_after()), expected);
    }
    let told = monitor.told();
    assert!(
        told.contains(&("keycard_throttled_total what session creation".into(), 1.0)),
        "{told:?}"
    );
}
