//! A session that is opened by its handle: it can be used and ended, and no cookie comes of it.

use std::time::Duration;

use keycard::auth::Guard;
use keycard::store::memory::MemoryStore;
use keycard::{
    Drift, ErrorKind, IpPrefix, KeyRing, Keycard, ManualClock, Outcome, ResponseHeaders, Session, StoreKey,
    Timestamp,
};

const MINUTE: Duration = Duration::from_mins(1);

struct World {
    clock: ManualClock,
    keycard: Keycard,
    handle: StoreKey,
}

/// Alice is logged in.
async fn world() -> World {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random())
        .clock(clock.clone())
        .renew_ids(MINUTE, Duration::ZERO)
        .build()
        .unwrap();
    let session = keycard.open([]).load().await.unwrap();
    session.login("alice");
    session.commit().await.unwrap();
    let handle = session.handle().unwrap();
    World {
        clock,
        keycard,
        handle,
    }
}

impl World {
    async fn load(&self) -> Session {
        self.keycard.stand_in(self.handle).load().await.unwrap()
    }
}

/// The names of the headers of a response.
struct Names(Vec<&'static str>);

impl ResponseHeaders for Names {
    fn has(&self, name: &'static str) -> bool {
        self.0.contains(&name)
    }

    fn values<'a>(&'a self, _: &'static str) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }

    fn append(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) {
        self.0.push(name);
    }

    fn replace(&mut self, name: &'static str, _: std::borrow::Cow<'static, str>) {
        self.0.push(name);
    }
}

#[tokio::test]
async fn what_is_left_pending_is_committed_and_no_cookie_is_set() {
    let world = world().await;
    for round in 1..=3_i64 {
        // Long enough for a touch, and for another id by the timer.
        world.clock.advance(5 * MINUTE);
        let lazy = world.keycard.stand_in(world.handle);
        let session = lazy.load().await.unwrap();
        session.insert("n", &round).unwrap();
        session.rotate();
        let closing = world.keycard.close(&lazy, Outcome::Completed).await;
        let mut headers = Names(Vec::new());
        closing.apply(&mut headers);
        assert!(
            !headers.has("set-cookie") && !headers.has("x-session-id"),
            "{round}"
        );
        let written = world.load().await.get::<i64>("n").unwrap();
        assert_eq!(
            written,
            if closing.error().is_none() {
                Some(round)
            } else {
                None
            }
        );
    }
}

#[tokio::test]
async fn nobody_logs_in_by_it() {
    let world = world().await;
    let lazy = world.keycard.stand_in(world.handle);
    let session = lazy.load().await.unwrap();
    session.login("mallory");
    let closing = world.keycard.close(&lazy, Outcome::Completed).await;
    assert_eq!(closing.error().map(keycard::Error::kind), Some(ErrorKind::Closed));
    assert_eq!(world.load().await.user(), Some("alice".into()));
}

#[tokio::test]
async fn it_is_used_and_ended_like_any_other() {
    let world = world().await;
    world.clock.advance(29 * MINUTE);
    world.load().await.touch().await.unwrap();
    world.clock.advance(29 * MINUTE);
    let lazy = world.keycard.stand_in(world.handle);
    let session = lazy.require(&Guard::user()).await.unwrap();
    session.logout();
    session.commit().await.unwrap();
    assert_eq!(world.load().await.user(), None);
    assert_eq!(
        world.load().await.touch().await.unwrap_err().kind(),
        ErrorKind::Ended
    );
}

#[tokio::test]
async fn one_that_has_expired_or_never_was_is_nobodys() {
    let world = world().await;
    let unknown = world.keycard.stand_in(StoreKey::from_bytes([7; 20]));
    assert_eq!(unknown.require(&Guard::user()).await.unwrap_err().status(), 401);
    world.clock.advance(30 * MINUTE);
    assert_eq!(world.load().await.user(), None);
    let session = world.load().await;
    session.insert("late", &1).unwrap();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Ended);
}

/// A token that was stolen does not pass by what the session is bound to.
#[tokio::test]
async fn the_client_of_the_request_is_judged() {
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    let keycard = builder
        .bind_address(IpPrefix::EXACT, Drift::StepUp)
        .build()
        .unwrap();
    let from = |last: u8| keycard.open_request::<[(&str, &str)]>(&[], Some([192, 0, 2, last].into()));
    let session = from(1).load().await.unwrap();
    session.login("alice");
    session.commit().await.unwrap();
    let handle = session.handle().unwrap();
    let at_home = from(1).stand_in(handle).load().await.unwrap();
    assert_eq!(at_home.user(), Some("alice".into()));
    let elsewhere = from(2).stand_in(handle).load().await.unwrap();
    assert_eq!(
        (elsewhere.user(), elsewhere.pending_user()),
        (None, Some("alice".into()))
    );
}
