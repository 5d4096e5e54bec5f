//! What a request costs the allocator, over the memory store: a table of ceilings. Each is what was counted last; a higher
//! one needs a reason.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "session/client.rs"]
#[expect(dead_code, reason = "the journeys of the core use all of it")]
mod client;

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, Loaded, News, Owner, Store, frame};
use keycard::{DeviceDigest, Outcome, Session, StoreKey, Timestamp, UserKey};
use keycard_conformance::testing::{ScriptedStore, Verb};

use self::client::{App, Client};

#[global_allocator]
static COUNTED: dhat::Alloc = dhat::Alloc;

const RUNS: usize = 10;
/// How many parts the memory store has; a key's first byte chooses.
const SHARDS: u8 = 16;

/// With which cookie a request arrives.
#[derive(Clone, Copy, PartialEq)]
enum Cookie {
    None,
    /// Of a session that was used a moment ago.
    Fresh,
    /// Of a session that was used longer ago than the minute after which a touch is due.
    Due,
}

/// A request: what its handler does with the loaded session, if it loads it, and how many blocks are allocated (or
/// reallocated) at most from its opening to its closing.
type Use = (&'static str, Cookie, Option<fn(&Session)>, u64);

const TABLE: [Use; 6] = [
    ("no cookie", Cookie::None, Some(read), 2),
    ("unused", Cookie::Due, None, 1),
    ("read", Cookie::Fresh, Some(read), 4),
    ("read, and a touch is due", Cookie::Due, Some(read), 9),
    ("write", Cookie::Fresh, Some(write), 16),
    ("login", Cookie::Fresh, Some(login), 26),
];

fn read(session: &Session) {
    assert!(session.get::<u32>("n").unwrap().is_none_or(|n| n == 1));
}

fn write(session: &Session) {
    session.insert("n", &2).unwrap();
}

fn login(session: &Session) {
    session.login("alice");
}

// The one test of its binary: what another thread allocates would be counted as well.
#[tokio::test]
async fn no_use_allocates_more_than_the_table_says() {
    let mut wrong = Vec::new();
    for usage in TABLE {
        let (name, .., ceiling) = usage;
        let counted = measure(usage).await;
        if counted.iter().any(|count| *count > ceiling) {
            wrong.push(format!("{name}: {counted:?}, more than {ceiling}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        a_copy_costs().await,
        (0, 4),
        "a copy, and a request that reads it"
    );
}

/// What a read of a copy allocates: in the store alone, and in a request.
async fn a_copy_costs() -> (u64, u64) {
    let store = ScriptedStore::new(MemoryStore::new());
    let near = NearCache::over(store.clone());
    store.tell(News::Up);
    let hour = Duration::from_hours(1);
    store.tell(News::Alive(tokio::time::Instant::now().into_std() + hour));
    let app = App::over(near.clone(), |builder| builder);
    let headers = headers(&app, Cookie::Fresh).await;
    let mut counted = 0;
    for _ in 0..3 {
        counted = count(&app, &headers, Some(read)).await;
    }
    let key = app
        .keycard
        .open([headers[0].1.as_bytes()])
        .load()
        .await
        .unwrap()
        .handle()
        .unwrap();
    let profiler = dhat::Profiler::builder().testing().build();
    let copy = near.load(key, app.keycard.now()).await.unwrap();
    let alone = dhat::HeapStats::get().total_blocks;
    drop(profiler);
    assert!(matches!(copy, Loaded::Live(_)));
    assert_eq!(
        store.calls().iter().filter(|verb| **verb == Verb::Load).count(),
        1
    );
    (alone, counted)
}

/// What each of several runs allocates, after one that also pays for what is made once. Each has a store of its own: what
/// many leave behind makes its maps grow, at one run and not at another.
async fn measure(usage: Use) -> [u64; RUNS] {
    let mut counted = [0; RUNS];
    for count in &mut counted {
        let app = App::over(roomy_store().await, |builder| builder);
        run(&app, usage).await;
        *count = run(&app, usage).await;
    }
    counted
}

async fn run(app: &App, (_, cookie, handler, _): Use) -> u64 {
    let headers = headers(app, cookie).await;
    count(app, &headers, handler).await
}

/// What a request arrives with.
async fn headers(app: &App, cookie: Cookie) -> Vec<(&'static str, String)> {
    let mut client = Client::default();
    if cookie != Cookie::None {
        let request = app.request(&client);
        request.session().await.insert("n", &1).unwrap();
        request.done(&mut client).await;
    }
    if cookie == Cookie::Due {
        app.pass(Duration::from_mins(2));
    }
    let cookie = client
        .cookie
        .iter()
        .map(|value| ("cookie", format!("__Host-sid={value}")));
    cookie.chain([("user-agent", "curl/8.9".to_owned())]).collect()
}

async fn count(app: &App, headers: &[(&'static str, String)], handler: Option<fn(&Session)>) -> u64 {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let profiler = dhat::Profiler::builder().testing().build();
    let lazy = app
        .keycard
        .open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
    if let Some(handler) = handler {
        handler(&lazy.load().await.unwrap());
    }
    let closing = app.keycard.close(&lazy, Outcome::Completed).await;
    let blocks = dhat::HeapStats::get().total_blocks;
    drop(profiler);
    assert!(closing.error().is_none());
    blocks
}

/// A store whose maps take what two runs add, wherever it falls, into nodes that they have.
async fn roomy_store() -> MemoryStore {
    let store = MemoryStore::new();
    for (shard, number) in (0..SHARDS).flat_map(|shard| (0..70).map(move |number| (shard, number))) {
        let (mut key, mut user) = ([number; 20], [number; 16]);
        (key[0], user[0]) = (shard, shard);
        let mut record = vec![0; frame::HEADER_LEN];
        record[0] = frame::VERSION;
        record[frame::EXPIRES].fill(0xff);
        let forever = Timestamp::from_millis(u64::MAX);
        let owner = Owner::new(UserKey::from_bytes(user), DeviceDigest::NONE, forever);
        let create = Create::new(
            StoreKey::from_bytes(key),
            record.into(),
            Some(owner),
            Timestamp::from_millis(0),
        );
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
    store
}
