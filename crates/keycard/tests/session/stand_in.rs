//! A session that is opened by its handle: it can be used and ended, and no cookie comes of it.

use std::borrow::Cow;
use std::time::Duration;

use keycard::auth::Guard;
use keycard::store::memory::MemoryStore;
use keycard::{
    Drift, ErrorKind, IpPrefix, KeyRing, Keycard, LazySession, ManualClock, Outcome, ResponseHeaders,
    Session, StoreKey, Timestamp,
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

    /// The headers of the answer to a request that has ended.
    async fn closed(&self, request: &LazySession) -> Vec<(&'static str, String)> {
        let closing = self.keycard.close(request, Outcome::Completed).await;
        assert!(closing.error().is_none(), "{closing:?}");
        let mut headers = Headers(Vec::new());
        closing.apply(&mut headers);
        headers.0
    }
}

/// The headers of a response.
struct Headers(Vec<(&'static str, String)>);

impl ResponseHeaders for Headers {
    fn has(&self, name: &'static str) -> bool {
        self.values(name).next().is_some()
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.0.iter().filter(move |header| header.0 == name);
        named.map(|header| header.1.as_bytes())
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.push((name, value.into_owned()));
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.retain(|header| header.0 != name);
        self.append(name, value);
    }
}

/// What keeps an answer from others: `private`, and what it depends on.
fn told(values: &[&str]) -> Vec<(&'static str, String)> {
    let names = ["cache-control", "vary", "vary"];
    let values = values.iter().map(|value| (*value).to_owned());
    names.into_iter().zip(values).collect()
}

#[tokio::test]
async fn what_is_left_pending_is_committed_with_the_request_and_no_cookie_is_set() {
    let world = world().await;
    for round in 1..=3_i64 {
        // Long enough for a touch, and for another id by the timer.
        world.clock.advance(5 * MINUTE);
        let request = world.keycard.open([]);
        let session = request.stand_in(world.handle).load().await.unwrap();
        session.insert("n", &round).unwrap();
        assert_eq!(
            world.closed(&request).await,
            told(&["private", "Authorization", "Cookie"])
        );
        assert_eq!(world.load().await.get("n").unwrap(), Some(round));
    }
}

#[tokio::test]
async fn a_new_id_is_for_nobody_so_it_is_an_error() {
    let world = world().await;
    let request = world.keycard.open([]);
    let session = request.stand_in(world.handle).load().await.unwrap();
    session.rotate();
    let closing = world.keycard.close(&request, Outcome::Completed).await;
    assert_eq!(closing.error().map(keycard::Error::kind), Some(ErrorKind::Closed));
}

#[tokio::test]
async fn a_logout_is_committed_with_the_request_and_removes_nobody_s_cookie() {
    for outcome in [Outcome::Completed, Outcome::Failed] {
        let world = world().await;
        let request = world.keycard.open([]);
        request.stand_in(world.handle).load().await.unwrap().logout();
        let mut headers = Headers(Vec::new());
        world.keycard.close(&request, outcome).await.apply(&mut headers);
        assert!(!headers.has("set-cookie"), "{outcome:?}");
        assert_eq!(world.load().await.user(), None, "{outcome:?}");
    }
}

/// An answer to who has shown a token is theirs alone, also where nobody has asked for the session.
#[tokio::test]
async fn the_answer_depends_on_what_was_shown() {
    let world = world().await;
    let request = world.keycard.open([]);
    let stand_in = request.stand_in(world.handle);
    assert_eq!(
        world.closed(&request).await,
        told(&["private", "Authorization", "Cookie"])
    );
    assert_eq!(stand_in.load().await.unwrap().user(), Some("alice".into()));
    assert_eq!(world.closed(&world.keycard.open([])).await, told(&[]));
}

/// All that verify a token in one request see one session.
#[tokio::test]
async fn there_is_one_for_each_handle_in_a_request() {
    let world = world().await;
    let request = world.keycard.open([]);
    let first = request.stand_in(world.handle).load().await.unwrap();
    first.insert("n", &7).unwrap();
    let second = request.stand_in(world.handle).load().await.unwrap();
    assert_eq!(second.get("n").unwrap(), Some(7));
    let other = request.stand_in(StoreKey::from_bytes([7; 20]));
    assert_eq!(other.load().await.unwrap().user(), None);
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
