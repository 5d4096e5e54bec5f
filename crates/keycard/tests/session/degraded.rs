//! Requests that go on while the store is away: what of them is known, what is not asked, and what is an error.

use std::time::Duration;

use keycard::auth::Guard;
use keycard::store::News;
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::{
    Clock as _, Drift, ErrorKind, Factor, IpPrefix, KeyRing, Keycard, KeycardBuilder, ManualClock,
    OutagePolicy, Outcome, SystemClock, Users, WithUsers,
};
use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
use tokio::time::Instant;

use crate::client::{Client, Request};

const HOUR: Duration = Duration::from_hours(1);
const STALE: OutagePolicy = OutagePolicy::StaleOk(HOUR);

fn keys() -> KeyRing {
    KeyRing::new([[7; 32]]).unwrap()
}

struct Scene {
    store: ScriptedStore<MemoryStore>,
    keycard: Keycard,
    users: Users,
    clock: ManualClock,
    cookie: String,
}

impl Scene {
    /// Alice is logged in, and there is a copy of her session.
    async fn begin(
        policy: OutagePolicy,
        set: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
    ) -> Self {
        let store = ScriptedStore::new(MemoryStore::new());
        let clock = ManualClock::starting_at(SystemClock.now());
        let builder = Keycard::with_users(NearCache::over(store.clone()), keys());
        let builder = builder.clock(clock.clone()).on_outage(policy);
        let (keycard, users) = set(builder).build().unwrap();
        store.tell(News::Up);
        store.tell(News::Alive(Instant::now().into_std()));
        let cookie = log_in_as(&keycard, "alice").await.unwrap();
        keycard.open([cookie.as_bytes()]).load().await.unwrap();
        Self {
            store,
            keycard,
            users,
            clock,
            cookie,
        }
    }

    fn lose(&self) {
        self.store.tell(News::Lost);
        self.store.go_down();
        drop(self.store.calls());
    }

    async fn status(&self, cookies: &[&str]) -> u16 {
        let loaded = self.keycard.open(cookies.iter().map(|cookie| cookie.as_bytes()));
        loaded.load().await.map_or_else(|error| error.status(), |_| 200)
    }
}

#[tokio::test]
async fn a_request_that_could_not_read_stays_so_when_the_store_is_back() {
    for policy in [OutagePolicy::Anonymous, STALE] {
        let scene = Scene::begin(policy, |builder| builder).await;
        scene.lose();
        let request = scene.keycard.open([scene.cookie.as_bytes()]);
        let session = request.load().await.unwrap();
        scene.store.recover();
        scene.store.tell(News::Up);
        assert_eq!(scene.store.calls(), [Verb::Load]);

        session.insert("n", &1).unwrap();
        for _ in 0..2 {
            assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Store);
        }
        let anew = session.require(&Guard::user().read_anew()).await.unwrap_err();
        assert_eq!(anew.status(), 503);
        assert_eq!(session.touch().await.unwrap_err().status(), 503);
        assert_eq!(scene.users.mine(&session).unwrap_err().status(), 503);
        let closing = scene.keycard.close(&request, Outcome::Completed).await;
        assert_eq!(closing.error().unwrap().status(), 503);
        assert_eq!(
            scene.store.calls(),
            [],
            "{policy:?}: nothing is written after a failed read"
        );
        let next = scene
            .keycard
            .open([scene.cookie.as_bytes()])
            .load()
            .await
            .unwrap();
        assert!(!next.is_degraded() && next.user().is_some() && next.is_empty());
    }
}

#[tokio::test]
async fn whoever_must_be_somebody_may_be_somebody() {
    let scene = Scene::begin(OutagePolicy::Anonymous, |builder| builder).await;
    scene.lose();
    let session = scene
        .keycard
        .open([scene.cookie.as_bytes()])
        .load()
        .await
        .unwrap();
    for error in [
        session.require_user().unwrap_err(),
        session.prove(Factor::OTP).unwrap_err(),
        session.reauthenticate(Factor::PASSWORD).unwrap_err(),
        session.set_roles(["admin"]).unwrap_err(),
        session.require(&Guard::session()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Store, 503));
        assert!(error.denied().is_none(), "no page for who is denied");
    }
    let guest = scene.keycard.open([]).load().await.unwrap();
    assert_eq!(guest.require_user().unwrap_err().status(), 401);
}

#[tokio::test]
async fn what_was_asked_for_of_a_request_that_fails_by_itself_is_no_further_error() {
    let scene = Scene::begin(OutagePolicy::Anonymous, |builder| builder).await;
    scene.lose();
    let request = scene.keycard.open([scene.cookie.as_bytes()]);
    request.load().await.unwrap().insert("n", &1).unwrap();
    assert!(
        scene
            .keycard
            .close(&request, Outcome::Failed)
            .await
            .error()
            .is_none()
    );
    let request = scene.keycard.open([scene.cookie.as_bytes()]);
    request.load().await.unwrap().logout();
    assert!(
        scene
            .keycard
            .close(&request, Outcome::Failed)
            .await
            .error()
            .is_some()
    );
}

#[tokio::test]
async fn a_copy_opens_for_its_own_secret_alone() {
    let scene = Scene::begin(STALE, |builder| builder).await;
    // Another server changes the id, and the news of it are lost.
    let elsewhere = Keycard::builder(scene.store.inner().clone(), keys());
    let elsewhere = elsewhere.clock(scene.clock.clone()).build().unwrap();
    let mut client = Client {
        cookie: scene.cookie.split_once('=').map(|(_, value)| value.to_owned()),
    };
    let request = Request::of(&elsewhere, &client);
    request.session().await.rotate();
    request.done(&mut client).await;
    let rotated = format!("__Host-sid={}", client.cookie.unwrap());
    assert_ne!(rotated, scene.cookie);
    scene.lose();
    assert_eq!(scene.status(&[&scene.cookie]).await, 200);
    assert_eq!(
        scene.status(&[&rotated]).await,
        503,
        "it is no id that was rotated away"
    );
}

#[tokio::test]
async fn of_several_ids_no_copy_tells_which_counts() {
    let scene = Scene::begin(STALE, |builder| builder).await;
    let other = log_in_as(&scene.keycard, "bob").await.unwrap();
    scene.lose();
    assert_eq!(scene.status(&[&scene.cookie]).await, 200);
    assert_eq!(scene.status(&[&scene.cookie, &other]).await, 503);
}

#[tokio::test]
async fn a_session_that_would_end_for_its_client_is_an_error() {
    let bound = |builder: KeycardBuilder<WithUsers>| builder.bind_address(IpPrefix::EXACT, Drift::End);
    let scene = Scene::begin(STALE, bound).await;
    scene.lose();
    let headers = [("cookie", scene.cookie.as_str())];
    let elsewhere = scene
        .keycard
        .open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
    assert_eq!(elsewhere.load().await.unwrap_err().status(), 503);
    assert_eq!(scene.store.calls(), [Verb::Load], "it is not ended either");
    assert_eq!(scene.status(&[&scene.cookie]).await, 200);
}

#[tokio::test]
async fn copies_are_needed_for_a_time_that_can_be_kept() {
    let build = |policy| {
        let near = NearCache::over(ScriptedStore::new(MemoryStore::new()));
        Keycard::builder(near, KeyRing::random())
            .on_outage(policy)
            .build()
    };
    let refusal = |bound| build(OutagePolicy::StaleOk(bound)).unwrap_err().to_string();
    assert!(refusal(Duration::ZERO).contains("above zero"));
    assert!(refusal(HOUR + Duration::from_nanos(1)).contains("at most"));
    assert!(build(STALE).is_ok());
    let without = Keycard::builder(MemoryStore::new(), KeyRing::random()).on_outage(STALE);
    assert!(without.build().unwrap_err().to_string().contains("NearCache"));
}
