//! What is asked of stores, how long it took, and what failed.

use std::time::Duration;

use keycard::auth::throttle::Throttles;
use keycard::store::memory::MemoryStore;
use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Retention, Store, Touch, Touched, Update, Updated,
};
use keycard::{
    Device, KeyRing, Keycard, LoginAs, Session, SessionStatistics, StoreError, StoreErrorKind, StoreKey,
    Timestamp, Users,
};
use keycard_conformance::testing::{ScriptedStore, Verb};

use crate::client::{App, Client};
use crate::monitor::{Monitor, assert_told};

/// The verbs of what was asked, each as often as it was.
fn verbs(monitor: &Monitor) -> Vec<String> {
    let mut verbs = Vec::new();
    for (name, seconds) in monitor.seconds() {
        let verb = name.strip_prefix("keycard_store_seconds verb ").unwrap();
        for took in seconds {
            assert!((0.0..60.0).contains(&took), "{verb} took {took} s");
            verbs.push(verb.to_owned());
        }
    }
    verbs.sort();
    verbs
}

#[tokio::test]
async fn each_verb_of_a_request_is_timed() {
    let monitor = Monitor::default();
    let app = monitor.over(App::new);
    let mut client = app.client(|session| session.insert("n", &1).unwrap()).await;
    assert_eq!(verbs(&monitor), ["create"]);
    app.visit(&mut client, |session| session.insert("n", &2).unwrap())
        .await;
    assert_eq!(verbs(&monitor), ["load", "update"]);
    app.pass(Duration::from_mins(2));
    app.visit(&mut client, |_| {}).await;
    assert_eq!(verbs(&monitor), ["load", "touch"]);
    let other = app.client(|session| session.insert("n", &1).unwrap()).await;
    let both = format!(
        "__Host-sid={}; __Host-sid={}",
        other.cookie.unwrap(),
        client.cookie.as_deref().unwrap()
    );
    app.keycard.open([both.as_bytes()]).load().await.unwrap();
    assert_eq!(verbs(&monitor), ["create", "load_many"]);
    app.visit(&mut client, |session| session.login("alice")).await;
    assert_eq!(verbs(&monitor), ["load", "replace"]);
    let guard = keycard::auth::Guard::user().read_anew();
    app.request(&client).lazy().require(&guard).await.unwrap();
    assert_eq!(verbs(&monitor), ["load_anew"]);
    app.visit(&mut client, Session::logout).await;
    assert_eq!(verbs(&monitor), ["end", "load"]);
}

/// A session of the user, whose beginning is not told of.
async fn log_in(keycard: &Keycard, monitor: &Monitor) -> Session {
    let session = keycard.open([]).load().await.unwrap();
    session.login_with(LoginAs::user("alice").device(Device::new("7f3a").unwrap()));
    session.commit().await.unwrap();
    monitor.series();
    session
}

/// The account page lists, and ends other sessions and this one.
async fn account_page(keycard: &Keycard, users: &Users, monitor: &Monitor) -> Vec<String> {
    let (alice, session) = (users.of("alice"), log_in(keycard, monitor).await);
    alice.list().await.unwrap();
    alice.count().await.unwrap();
    assert_eq!(users.mine(&session).unwrap().end_others().await.unwrap(), 0);
    assert!(alice.end(session.handle().unwrap()).await.unwrap());
    verbs(monitor)
}

/// The administrator ends what is on a device, and everything.
async fn office(keycard: &Keycard, users: &Users, monitor: &Monitor) -> Vec<String> {
    log_in(keycard, monitor).await;
    assert_eq!(users.of("alice").end_device("7f3a").await.unwrap(), 1);
    assert_eq!(users.of("alice").end_all().await.unwrap(), 0);
    verbs(monitor)
}

#[tokio::test]
async fn each_verb_of_the_account_page_is_timed() {
    let monitor = Monitor::default();
    let (keycard, users) = monitor.over(|| {
        Keycard::with_users(MemoryStore::new(), KeyRing::random())
            .build()
            .unwrap()
    });
    let page = account_page(&keycard, &users, &monitor).await;
    assert_eq!(page, ["count", "end_one", "end_others", "sessions_of"]);
    assert_eq!(
        office(&keycard, &users, &monitor).await,
        ["end_all", "end_device"]
    );

    let (keycard, users) = monitor.over(|| {
        Keycard::with_history(MemoryStore::new(), KeyRing::random(), Retention::DEFAULT)
            .build()
            .unwrap()
    });
    let page = account_page(&keycard, &users, &monitor).await;
    assert_eq!(page, ["count", "end_noting", "end_noting", "sessions_of"]);
    assert_eq!(
        office(&keycard, &users, &monitor).await,
        ["end_noting", "end_noting"]
    );
    users.of("alice").history().await.unwrap();
    users.of("alice").forget_history().await.unwrap();
    assert_eq!(verbs(&monitor), ["forget_history", "history"]);
}

#[tokio::test]
async fn throttles_and_statistics_are_timed_with_the_keycards_own_handles() {
    let monitor = Monitor::default();
    let keycard = monitor.over(|| App::new().keycard);
    let throttles = Throttles::new(&keycard, MemoryStore::new());
    let attempt = throttles.login("alice", None).await.unwrap();
    attempt.succeeded().await;
    let statistics = SessionStatistics::new(&keycard, MemoryStore::new());
    statistics.figures().await.unwrap();
    assert_eq!(verbs(&monitor), ["refund", "reserve", "statistics"]);
}

#[tokio::test]
async fn a_slow_answer_is_measured_until_it_comes() {
    let monitor = Monitor::default();
    let store = ScriptedStore::new(MemoryStore::new());
    let app = monitor.over(|| App::over(store.clone(), |builder| builder));
    let client = app.client(|session| session.insert("n", &1).unwrap()).await;
    monitor.series();
    let late = Duration::from_millis(20);
    store.delay(Verb::Load, late);
    app.request(&client).session().await;
    let [(name, seconds)] = &monitor.seconds()[..] else {
        panic!("one verb")
    };
    assert_eq!(name, "keycard_store_seconds verb load");
    assert!(
        seconds.len() == 1 && seconds[0] >= late.as_secs_f64(),
        "{seconds:?}"
    );
}

/// A store that answers nothing but one kind of error.
#[derive(Debug)]
struct Broken(StoreErrorKind);

impl Broken {
    fn answer<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::new(self.0, "told to fail"))
    }
}

impl Store for Broken {
    async fn load(&self, _: StoreKey, _: Timestamp) -> Result<Loaded, StoreError> {
        self.answer()
    }

    async fn create(&self, _: Create) -> Result<Created, StoreError> {
        self.answer()
    }

    async fn update(&self, _: Update) -> Result<Updated, StoreError> {
        self.answer()
    }

    async fn replace(&self, _: Replace) -> Result<Replaced, StoreError> {
        self.answer()
    }

    async fn touch(&self, _: Touch) -> Result<Touched, StoreError> {
        self.answer()
    }

    async fn end(&self, _: End) -> Result<Ended, StoreError> {
        self.answer()
    }
}

#[tokio::test]
async fn errors_are_counted_by_kind() {
    let client: Client = App::new()
        .client(|session| session.insert("n", &1).unwrap())
        .await;
    for (kind, name) in [
        (StoreErrorKind::Unavailable, "store_errors_total kind unavailable"),
        (StoreErrorKind::Timeout, "store_errors_total kind timeout"),
        (StoreErrorKind::Refused, "store_errors_total kind refused"),
        (StoreErrorKind::Protocol, "store_errors_total kind protocol"),
    ] {
        let monitor = Monitor::default();
        let app = monitor.over(|| App::over(Broken(kind), |builder| builder));
        assert!(app.request(&client).lazy().load().await.is_err());
        let told = [("loads_total outcome error", 1), (name, 1)];
        assert_told(&monitor, &told, name);
        assert_eq!(verbs(&monitor).len(), 0, "told before");
    }
}
