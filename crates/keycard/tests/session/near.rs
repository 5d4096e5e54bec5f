//! The near cache over a store whose answers and news are scripted: what a node may still see, call by call.

mod figures;

use std::time::{Duration, Instant};

use bytes::Bytes;
use keycard::auth::Guard;
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{
    Create, Created, End, Ended, History as _, Loaded, News, Note, Owner, Replace, Replaced, Retention,
    Revoked, SessionLimit, Store as _, Touch, Touched, Update, Updated, UserIndex as _, Which, frame,
};
use keycard::{
    DeviceDigest, ErrorKind, KeyRing, Keycard, Revision, StoreError, StoreKey, Timestamp, UserKey,
};
use keycard_conformance::testing::{Held, ScriptedStore, Verb, log_in_as};
use tokio::task::JoinHandle;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// As long as by default.
const LEASE: Duration = Duration::from_millis(200);
const HOUR: Duration = Duration::from_hours(1);

fn alice() -> UserKey {
    UserKey::from_bytes([7; 16])
}

type Near = NearCache<ScriptedStore<MemoryStore>>;

/// A node: a near cache, and the store that it shares with others, which write by `below`.
struct Node {
    near: Near,
    store: ScriptedStore<MemoryStore>,
}

impl Node {
    /// One that trusts what it is told for the length of the test.
    fn new() -> Self {
        let store = ScriptedStore::new(MemoryStore::new());
        let near = NearCache::over(store.clone());
        let node = Self { near, store };
        node.is_told_again();
        node
    }

    fn is_told_again(&self) {
        self.store.tell(News::Up);
        self.store.tell(News::Alive(now() + HOUR));
    }

    fn below(&self) -> &MemoryStore {
        self.store.inner()
    }

    /// A session that this node has a copy of, beside another one of the same user.
    async fn copied_beside(&self) -> StoreKey {
        let owner = Owner::new(alice(), DeviceDigest::NONE, NOW.after(HOUR));
        let other = Create::new(other_key(), record(1), Some(owner), NOW);
        assert_eq!(self.below().create(other).await.unwrap(), Created::Applied);
        let key = self.copied(1).await;
        assert_eq!(self.load(other_key()).await, Loaded::Live(record(1)));
        self.assert_calls(&[Verb::Load]);
        key
    }

    /// A session that this node has a copy of.
    async fn copied(&self, session: u8) -> StoreKey {
        let create = Create::new(key(session), record(1), Some(owner()), NOW);
        assert_eq!(self.below().create(create).await.unwrap(), Created::Applied);
        assert_eq!(self.load(key(session)).await, Loaded::Live(record(1)));
        self.assert_calls(&[Verb::Load]);
        assert_eq!(self.load(key(session)).await, Loaded::Live(record(1)));
        self.assert_calls(&[]);
        key(session)
    }

    async fn load(&self, key: StoreKey) -> Loaded {
        self.near.load(key, NOW).await.unwrap()
    }

    /// Another node writes revision 2.
    async fn changed_elsewhere(&self, key: StoreKey) {
        assert_eq!(self.below().update(update(key)).await.unwrap(), Updated::Applied);
    }

    async fn asks_each_time(&self, key: StoreKey) {
        for _ in 0..2 {
            assert_eq!(self.load(key).await, Loaded::Live(record(1)));
        }
        self.assert_calls(&[Verb::Load, Verb::Load]);
    }

    #[track_caller]
    fn assert_calls(&self, calls: &[Verb]) {
        assert_eq!(self.store.calls(), calls);
    }
}

/// Another node ends a session.
async fn end_below(store: &ScriptedStore<MemoryStore>, key: StoreKey, now: Timestamp) {
    let end = End::new(key, None, now);
    assert_eq!(store.inner().end(end).await.unwrap(), Ended::Applied);
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn key(session: u8) -> StoreKey {
    StoreKey::new(alice().tag(), [session; 12])
}

fn other_key() -> StoreKey {
    key(3)
}

fn phone() -> DeviceDigest {
    DeviceDigest::from_bytes([9; 8])
}

fn owner() -> Owner {
    Owner::new(alice(), phone(), NOW.after(HOUR))
}

fn record(revision: u64) -> Bytes {
    let mut bytes = vec![0; frame::HEADER_LEN];
    bytes[0] = frame::VERSION;
    bytes[frame::REVISION].copy_from_slice(&revision.to_be_bytes());
    bytes[frame::EXPIRES].copy_from_slice(&NOW.after(HOUR).as_millis().to_be_bytes());
    bytes.into()
}

fn revision(number: u64) -> Revision {
    Revision::from_bytes(number.to_be_bytes())
}

/// Revision 2 over revision 1.
fn update(key: StoreKey) -> Update {
    Update::new(key, revision(1), record(2), None, NOW)
}

#[tokio::test]
async fn a_change_elsewhere_is_seen_as_soon_as_it_is_told() {
    let node = Node::new();
    let key = node.copied(1).await;
    node.changed_elsewhere(key).await;
    assert_eq!(
        node.load(key).await,
        Loaded::Live(record(1)),
        "nobody has told yet"
    );
    node.store.tell(News::Changed(key));
    assert_eq!(node.load(key).await, Loaded::Live(record(2)));
    end_below(&node.store, key, NOW).await;
    node.store.tell(News::Changed(key));
    for _ in 0..2 {
        assert_eq!(node.load(key).await, Loaded::Ended);
    }
    node.assert_calls(&[Verb::Load, Verb::Load, Verb::Load]);
}

#[tokio::test]
async fn an_answer_that_its_news_overtake_is_forgotten() {
    let node = Node::new();
    let key = node.copied(1).await;
    node.store.tell(News::Changed(key));
    let held = node.store.hold_answer(Verb::Load);
    let near = node.near.clone();
    let slow = tokio::spawn(async move { near.load(key, NOW).await.unwrap() });
    held.reached().await; // the store has read revision 1
    node.changed_elsewhere(key).await;
    node.store.tell(News::Changed(key));
    held.release();
    assert_eq!(slow.await.unwrap(), Loaded::Live(record(1)));
    assert_eq!(node.load(key).await, Loaded::Live(record(2)));
}

#[tokio::test]
async fn an_answer_from_before_news_were_lost_is_forgotten() {
    let node = Node::new();
    let key = node.copied(1).await;
    for news in [News::Lost, News::Flush] {
        node.store.tell(News::Changed(key));
        let held = node.store.hold_answer(Verb::Load);
        let near = node.near.clone();
        let slow = tokio::spawn(async move { near.load(key, NOW).await.unwrap() });
        held.reached().await;
        node.store.tell(news);
        if news == News::Lost {
            node.is_told_again();
        }
        held.release();
        assert_eq!(slow.await.unwrap(), Loaded::Live(record(1)));
        assert_eq!(node.near.figures().counts.entries, 0, "{news:?}");
    }
}

#[tokio::test]
async fn nothing_is_served_past_the_lease_or_a_loss() {
    let node = Node::new();
    let key = node.copied(1).await;
    assert!(node.near.figures().on);
    node.store.tell(News::Lost);
    assert!(!node.near.figures().on);
    node.asks_each_time(key).await;
    node.store.tell(News::Up);
    node.store.tell(News::Alive(now().checked_sub(LEASE).unwrap()));
    assert!(!node.near.figures().on);
    node.asks_each_time(key).await;
}

/// What ends or changes session 1, which is at revision 1.
#[derive(Clone, Copy, Debug)]
enum Write {
    Update,
    Replace,
    Touch,
    End,
    EndOne,
    EndDevice,
    EndOthers,
    EndAll,
    EndNoting,
}

impl Write {
    const ALL: [Self; 9] = [
        Self::Update,
        Self::Replace,
        Self::Touch,
        Self::End,
        Self::EndOne,
        Self::EndDevice,
        Self::EndOthers,
        Self::EndAll,
        Self::EndNoting,
    ];

    fn verb(self) -> Verb {
        match self {
            Self::Update => Verb::Update,
            Self::Replace => Verb::Replace,
            Self::Touch => Verb::Touch,
            Self::End => Verb::End,
            Self::EndOne => Verb::EndOne,
            Self::EndDevice => Verb::EndDevice,
            Self::EndOthers => Verb::EndOthers,
            Self::EndAll => Verb::EndAll,
            Self::EndNoting => Verb::EndNoting,
        }
    }

    /// Whether it has landed.
    async fn on(self, near: &Near) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Update => near.update(update(key(1))).await? == Updated::Applied,
            Self::Replace => {
                let new = Create::new(key(2), record(1), Some(owner()), NOW);
                let replace = Replace::new(key(1), revision(1), Some(owner()), new);
                near.replace(replace).await? == Replaced::Applied
            }
            Self::Touch => {
                let touch = Touch::new(key(1), revision(1), NOW.after(HOUR * 2), NOW);
                near.touch(touch).await? == Touched::Applied
            }
            Self::End => near.end(End::new(key(1), Some(owner()), NOW)).await? == Ended::Applied,
            Self::EndOne => near.end_one(alice(), key(1), NOW).await? == Ended::Applied,
            Self::EndDevice => near.end_device(alice(), phone(), NOW).await? == [key(1)],
            Self::EndOthers => {
                near.end_others(alice(), other_key(), NOW).await? == Revoked::Applied(vec![key(1)])
            }
            Self::EndAll => near.end_all(alice(), NOW).await?.contains(&key(1)),
            Self::EndNoting => {
                let note = Note::new(alice(), "an end".into(), Retention::DEFAULT);
                let ended = near.end_noting(Which::Session(key(1)), note, NOW).await?;
                ended == Revoked::Applied(vec![key(1)])
            }
        })
    }

    fn begin(self, node: &Node) -> JoinHandle<Result<bool, StoreError>> {
        let near = node.near.clone();
        tokio::spawn(async move { self.on(&near).await })
    }

    /// The write has reached the store, and the session was read since, so that there is a copy again.
    async fn begin_beside_a_copy(
        self,
        node: &Node,
        key: StoreKey,
    ) -> (Held, JoinHandle<Result<bool, StoreError>>) {
        let held = node.store.hold(self.verb());
        let writing = self.begin(node);
        held.reached().await;
        assert_eq!(node.load(key).await, Loaded::Live(record(1)));
        node.assert_calls(&[self.verb(), Verb::Load]);
        (held, writing)
    }
}

#[tokio::test]
async fn an_own_write_is_seen_when_it_is_answered_without_news() {
    for write in Write::ALL {
        let node = Node::new();
        let key = node.copied_beside().await;
        let (held, writing) = write.begin_beside_a_copy(&node, key).await;
        held.release();
        assert!(writing.await.unwrap().unwrap());
        assert_ne!(node.load(key).await, Loaded::Live(record(1)), "{write:?}");
        node.assert_calls(&[Verb::Load]);
    }
}

#[tokio::test]
async fn a_copy_is_dropped_when_a_write_fails_or_its_answer_is_lost() {
    let scripts: [fn(&ScriptedStore<MemoryStore>, Verb); 2] =
        [ScriptedStore::fail_once, ScriptedStore::lose_answer];
    for (write, script) in Write::ALL
        .into_iter()
        .flat_map(|write| scripts.map(|script| (write, script)))
    {
        let node = Node::new();
        let key = node.copied_beside().await;
        script(&node.store, write.verb());
        write.on(&node.near).await.unwrap_err();
        let seen = node.load(key).await;
        assert_eq!(seen, node.below().load(key, NOW).await.unwrap(), "{write:?}");
        node.assert_calls(&[write.verb(), Verb::Load]);
    }
}

#[tokio::test]
async fn a_copy_is_dropped_again_when_a_write_is_given_up_on() {
    for write in Write::ALL {
        let node = Node::new();
        let key = node.copied_beside().await;
        let (_held, writing) = write.begin_beside_a_copy(&node, key).await;
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
        assert_eq!(node.load(key).await, Loaded::Live(record(1)));
        node.assert_calls(&[Verb::Load]);
    }
}

#[tokio::test]
async fn who_leaves_for_a_login_is_no_copy_any_more() {
    let node = Node::new();
    let old = node.copied(1).await;
    let owner = owner().limited(SessionLimit::EvictOldest(1));
    let login = Create::new(key(2), record(1), Some(owner), NOW);
    assert_eq!(
        node.near.create(login).await.unwrap(),
        Created::Displaced(vec![old])
    );
    assert_eq!(node.load(old).await, Loaded::Ended);
}

#[tokio::test]
async fn a_guest_who_logs_in_is_no_copy_any_more() {
    let node = Node::new();
    let guest = StoreKey::from_bytes([1; 20]); // of another tag than Alice's sessions
    let create = Create::new(guest, record(1), None, NOW);
    assert_eq!(node.below().create(create).await.unwrap(), Created::Applied);
    assert_eq!(node.load(guest).await, Loaded::Live(record(1)));
    let login = Create::new(key(1), record(1), Some(owner()), NOW);
    let replace = Replace::new(guest, revision(1), None, login);
    assert_eq!(node.near.replace(replace).await.unwrap(), Replaced::Applied);
    assert_eq!(node.load(guest).await, Loaded::Ended);
}

#[tokio::test]
async fn a_guard_that_reads_anew_goes_past_the_copies() {
    let store = ScriptedStore::new(MemoryStore::new());
    let near = NearCache::over(store.clone());
    let (keycard, _) = Keycard::with_users(near, KeyRing::random()).build().unwrap();
    store.tell(News::Up);
    store.tell(News::Alive(now() + HOUR));
    let cookie = log_in_as(&keycard, "alice").await.unwrap();
    let request = || keycard.open([cookie.as_bytes()]);
    let open = request().load().await.unwrap();
    let handle = open.handle().unwrap();
    end_below(&store, handle, keycard.now()).await; // elsewhere, and untold

    request().require(&Guard::user()).await.unwrap();
    let anew = Guard::user().read_anew();
    let denied = request().require(&anew).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Unauthenticated, "not loaded before");
    let denied = open.require(&anew).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Unauthenticated, "loaded before");
    let denied = request().require(&Guard::user()).await.unwrap_err();
    assert_eq!(
        denied.kind(),
        ErrorKind::Unauthenticated,
        "what was found is known here"
    );
}

#[tokio::test]
async fn several_sessions_are_copies_or_all_are_read() {
    let node = Node::new();
    let keys = [node.copied_beside().await, other_key()];
    let both = [Loaded::Live(record(1)), Loaded::Live(record(1))];
    assert_eq!(node.near.load_many(&keys, NOW).await.unwrap(), both);
    node.assert_calls(&[]);
    node.store.tell(News::Changed(keys[1]));
    for calls in [&[Verb::Load][..], &[]] {
        assert_eq!(node.near.load_many(&keys, NOW).await.unwrap(), both);
        node.assert_calls(calls);
    }
}

#[tokio::test]
async fn several_sessions_are_read_anew_by_one_call() {
    let node = Node::new();
    let keys = [node.copied_beside().await, other_key()];
    end_below(&node.store, keys[1], NOW).await; // elsewhere, and untold
    let stale = node.near.load_many(&keys, NOW).await.unwrap();
    assert_eq!(stale, [Loaded::Live(record(1)), Loaded::Live(record(1))]);
    node.assert_calls(&[]);
    let anew = node.near.load_many_anew(&keys, NOW).await.unwrap();
    assert_eq!(anew, [Loaded::Live(record(1)), Loaded::Ended]);
    node.assert_calls(&[Verb::Load]);
    assert_eq!(
        node.load(keys[1]).await,
        Loaded::Ended,
        "what was found is known here"
    );
}

#[tokio::test]
async fn whatever_the_store_can_do_the_cache_can() {
    let near = NearCache::over(ScriptedStore::new(MemoryStore::new()));
    let history = Keycard::with_history(near.clone(), KeyRing::random(), Retention::DEFAULT);
    let (keycard, users) = history.build().unwrap();
    log_in_as(&keycard, "alice").await.unwrap();
    assert_eq!(users.of("alice").history().await.unwrap().len(), 1);
    assert_eq!(users.of("alice").list().await.unwrap().len(), 1);
    let statistics = keycard::SessionStatistics::new(&keycard, near.clone());
    assert_eq!(statistics.figures().await.unwrap().active_sessions, 1);
    let throttles = keycard::auth::throttle::Throttles::new(&keycard, near);
    drop(throttles.login("alice", None).await.unwrap());
}

#[test]
fn settings_that_cannot_work_do_not_build() {
    let builder = || NearCache::builder(ScriptedStore::new(MemoryStore::new()));
    for (built, told) in [
        (builder().entries(127).build(), "128 or more"),
        (builder().bytes(1024 * 1024 - 1).build(), "1048576 or more"),
        (builder().lease(Duration::from_millis(9)).build(), "10ms to 10s"),
        (
            builder().lease(Duration::from_millis(10_001)).build(),
            "10ms to 10s",
        ),
    ] {
        let error = built.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    builder()
        .entries(128)
        .bytes(1024 * 1024)
        .lease(Duration::from_secs(10))
        .build()
        .unwrap();
}
