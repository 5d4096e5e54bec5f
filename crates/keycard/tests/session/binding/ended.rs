//! Sessions that end when they are used from elsewhere.

use std::pin::pin;

use keycard::store::memory::MemoryStore;
use keycard::store::{EndReason, Retention};
use keycard::{Drift, EventKind, KeyRing, Keycard, ManualClock, Outcome, Suspicion, Timestamp};

use super::{CART, CHANGED, HOME, UPDATED, logged_in, open, user, visit};
use crate::client::{App, Reply};
use crate::faulty::{Fault, FaultyStore};
use crate::given_up::begins;
use crate::observer::Told;

#[tokio::test]
async fn a_session_is_ended_elsewhere_whatever_becomes_of_the_request() {
    for outcome in [Outcome::Completed, Outcome::Failed] {
        let told = Told::default();
        let app = told.app(|builder| builder.bind_fingerprint(Drift::End));
        let client = logged_in(&app, HOME).await;
        told.events();
        let lazy = open(&app, &client, UPDATED);
        let session = lazy.load().await.unwrap();
        assert_eq!((session.user(), session.pending_user()), (None, None));
        assert_eq!((session.handle(), session.is_empty()), (None, true));
        let reply = Reply::of(&app.keycard.close(&lazy, outcome).await);
        assert!(
            reply.set_cookie().unwrap().contains("Max-Age=0"),
            "{outcome:?} {reply:?}"
        );
        assert_eq!(told.kinds(), [CHANGED, EventKind::Ended(EndReason::Drifted)]);
        assert_eq!(user(&app, &client, HOME).await, None);
        assert_eq!(told.kinds(), [EventKind::Suspicious(Suspicion::EndedId)]);
    }
}

#[tokio::test]
async fn what_is_put_in_after_the_end_goes_into_a_session_of_a_guest() {
    let app = App::with(|builder| builder.bind_fingerprint(Drift::End));
    let mut client = logged_in(&app, HOME).await;
    visit(&app, &mut client, UPDATED, |session| {
        session.insert("n", &1).unwrap();
    })
    .await;
    let (found, _) = visit(&app, &mut client, HOME, |session| {
        (
            session.user(),
            session.get::<u32>("n").unwrap(),
            session.contains(CART),
        )
    })
    .await;
    assert_eq!(found, (None, Some(1), false));
}

#[tokio::test]
async fn of_two_requests_from_elsewhere_one_ends_the_session() {
    let (told, store) = (Told::default(), FaultyStore::default());
    let app = App::over(store.clone(), |builder| {
        builder.bind_fingerprint(Drift::End).observer(told.observer())
    });
    let client = logged_in(&app, HOME).await;
    told.events();
    let gate = store.hold("end", Fault::Before);
    let slow = open(&app, &client, UPDATED);
    {
        let mut load = pin!(slow.load());
        begins(load.as_mut()).await;
        let quick = open(&app, &client, UPDATED);
        quick.load().await.unwrap();
        let reply = Reply::of(&app.keycard.close(&quick, Outcome::Completed).await);
        assert!(reply.set_cookie().is_some());
        gate.notify_one();
        assert_eq!(load.await.unwrap().user(), None);
    }
    let reply = Reply::of(&app.keycard.close(&slow, Outcome::Completed).await);
    assert_eq!(reply.set_cookie(), None, "a login may have set the cookie anew");
    let ended = EventKind::Ended(EndReason::Drifted);
    assert_eq!(told.kinds(), [CHANGED, CHANGED, ended]);
}

#[tokio::test]
async fn a_session_that_cannot_be_ended_is_not_opened_either() {
    let store = FaultyStore::default();
    let app = App::over(store.clone(), |builder| builder.bind_fingerprint(Drift::End));
    let client = logged_in(&app, HOME).await;
    store.fail("end", Fault::Before);
    let lazy = open(&app, &client, UPDATED);
    assert_eq!(lazy.load().await.unwrap_err().status(), 503);
    let reply = Reply::of(&app.keycard.close(&lazy, Outcome::Completed).await);
    assert_eq!(reply.set_cookie(), None, "an outage is not a logout");
    assert_eq!(user(&app, &client, HOME).await, Some("alice".into()));
}

#[tokio::test]
async fn the_history_of_the_user_remembers_from_where_it_was_ended() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    let store = MemoryStore::new();
    let (keycard, users) = Keycard::with_history(store.clone(), KeyRing::random(), Retention::DEFAULT)
        .clock(clock.clone())
        .bind_fingerprint(Drift::End)
        .build()
        .unwrap();
    let app = App {
        keycard,
        clock,
        store,
        users: Some(users.clone()),
    };
    let client = logged_in(&app, HOME).await;
    user(&app, &client, UPDATED).await;
    let history = users.of("alice").history().await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|event| (event.kind, event.user_agent.as_deref()))
        .collect();
    let ended = EventKind::Ended(EndReason::Drifted);
    assert_eq!(
        told,
        [(ended, Some(UPDATED.1)), (EventKind::Authenticated, Some(HOME.1))]
    );
}
