//! The types of the core and of the store in Redis, in the order in which an application meets them.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keycard::auth::throttle::{Limit, Scope, Throttles};
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, Entry, News, Store as _, UserIndex as _};
use keycard::{
    Clock as _, Closings, CookieSpec, IndexKey, KeyRing, Keycard, LazySession, LazySessions, LoginAs,
    ManualClock, Outcome, Session, StoreKey, SystemClock, UserId,
};
use keycard_conformance::testing::ScriptedStore;
use keycard_fixtures::TestCa;
use keycard_redis::{RedisStore, RedisStoreBuilder, RedisTls};
use keycard_tests::world::set_cookie;

use super::Shown;
use super::spy::Spy;
use crate::{INDEX_KEY, SIGNING_KEY};
use keycard_tests::secrets::Evidence;

/// Keys and settings, right ones and wrong ones.
pub(super) fn configuration(shown: &Shown) {
    shown.add(&ring());
    shown.add(&index_key());
    let (text, short) = (STANDARD.encode(INDEX_KEY), &INDEX_KEY[..31]);
    for refused in [
        KeyRing::new([short]),
        KeyRing::from_base64(&format!("{text},{}", STANDARD.encode(short))),
        KeyRing::from_base64(&format!("{text}!")),
        KeyRing::from_file(env!("CARGO_MANIFEST_PATH")),
    ] {
        shown.error(&refused.unwrap_err());
    }
    shown.error(&IndexKey::new(short).unwrap_err());
    shown.error(&IndexKey::from_base64(&format!("{text}!")).unwrap_err());
    let spec = CookieSpec::builder("__Host-sid");
    shown.add(&spec);
    shown.add(&spec.build().unwrap());
    let redis = RedisStore::builder("redis://127.0.0.1:1").unwrap();
    shown.add(&redis);
    shown.error(&redis.prefix("{").connect_lazily().unwrap_err());
}

fn ring() -> KeyRing {
    KeyRing::new([[SIGNING_KEY; 32]]).unwrap()
}

fn index_key() -> IndexKey {
    IndexKey::new(INDEX_KEY).unwrap()
}

/// A session from its first value on, and what a client holds at the end of it.
pub(super) async fn life(shown: &Shown, evidence: &mut Evidence) -> (Keycard, String) {
    let (store, clock) = (Spy::new(shown), ManualClock::starting_at(SystemClock.now()));
    let builder = Keycard::builder(store.clone(), ring())
        .index_key(index_key())
        .clock(clock.clone());
    shown.add(&builder);
    let keycard = builder.build().unwrap();
    shown.add(&keycard);

    let uses: [fn(&Session); 5] = [
        |session| session.insert("n", &1).unwrap(),
        |session| session.login_with(LoginAs::user("alice").remembered(true)),
        |session| session.rotate(),
        |session| drop(session.keys()),
        |session| session.login("bob"),
    ];
    let mut cookie = String::new();
    for used in uses {
        clock.advance(Duration::from_mins(2));
        let lazy = keycard.open([cookie.as_bytes()]);
        shown.add(&lazy);
        shown.add(&LazySessions::default().with(lazy.clone()));
        let session = lazy.load().await.unwrap();
        used(&session);
        shown.add(&session);
        if let Some(set) = close(&keycard, &lazy, shown).await {
            evidence.set_cookie(set.as_bytes());
            cookie = set;
        }
        shown.add(&session);
        shown.add(&lazy.until_dropped());
    }
    shown.add(&LoginAs::user("alice"));
    let bob = keycard.user_key(&UserId::from("bob"));
    shown.add(&bob);
    shown.add(&bob.tag());
    let entries = store.store.sessions_of(bob, clock.now()).await.unwrap();
    for entry in &entries {
        shown.add(entry);
    }
    shown.add(&store.store);
    near(entries, &clock, shown).await;
    throttled(&keycard, shown).await;
    (keycard, cookie)
}

/// A cache that holds copies of sessions.
async fn near(entries: Vec<Entry>, clock: &ManualClock, shown: &Shown) {
    let store = ScriptedStore::new(MemoryStore::new());
    shown.add(&NearCache::builder(store.clone()));
    let near = NearCache::over(store.clone());
    store.tell(News::Up);
    for Entry { key, record, .. } in entries {
        let create = Create::new(key, record, None, clock.now());
        assert_eq!(near.create(create).await.unwrap(), Created::Applied);
        shown.add(&near.load(key, clock.now()).await.unwrap());
    }
    assert_ne!(near.figures().counts.entries, 0);
    shown.add(&near);
}

/// Attempts that are counted, and one that is not.
async fn throttled(keycard: &Keycard, shown: &Shown) {
    let throttles = Throttles::new(keycard, MemoryStore::new());
    let throttles = throttles.limit(Scope::Account, Limit::new(1, Duration::from_mins(1)).unwrap());
    shown.add(&throttles);
    let attempt = throttles.login("alice", None).await.unwrap();
    shown.add(&attempt);
    shown.add(&attempt.receipt());
    shown.error(&throttles.login("alice", None).await.unwrap_err());
}

/// The end of a request, and the cookie that it sets.
async fn close(keycard: &Keycard, lazy: &LazySession, shown: &Shown) -> Option<String> {
    let closing = keycard.close(lazy, Outcome::Completed).await;
    shown.add(&closing);
    let cookie = set_cookie(&closing);
    shown.add(&Closings::default().with(closing));
    cookie
}

/// What goes wrong with a session: a conflict, a value of another type, one that is too large, an end, no store.
pub(super) async fn failures(keycard: &Keycard, cookie: &str, shown: &Shown) {
    let load = async || keycard.open([cookie.as_bytes()]).load().await.unwrap();
    let (first, second) = (load().await, load().await);
    let key = first.handle().unwrap();
    first.insert("text", &"x").unwrap();
    first.commit().await.unwrap();
    second.insert("n", &2).unwrap();
    second.commit().await.unwrap();
    shown.error(&first.get::<i64>("text").unwrap_err());
    shown.error(&first.insert("text", &"x".repeat(70_000)).unwrap_err());
    first.logout();
    first.commit().await.unwrap();
    shown.error(&second.increment("n", 1).await.unwrap_err());
    shown.add(&second);
    shown.add(&load().await);
    shown.error(&cookie.parse::<StoreKey>().unwrap_err());

    let ca = TestCa::new().unwrap();
    let [certificate, key_pem] =
        [ca.client_certificate(), ca.client_key()].map(|path| fs::read(path).unwrap());
    let tls = RedisTls::new().certificate(&certificate, &key_pem).unwrap();
    shown.add(&tls);

    let store = RedisStore::builder("redis://127.0.0.1:1").and_then(RedisStoreBuilder::connect_lazily);
    let store = store.unwrap();
    shown.add(&store);
    shown.error(&store.load(key, SystemClock.now()).await.unwrap_err());
    let down = Keycard::builder(store, ring())
        .index_key(index_key())
        .build()
        .unwrap();
    let lazy = down.open([cookie.as_bytes()]);
    shown.error(&lazy.load().await.unwrap_err());
    shown.add(&lazy);
    close(&down, &lazy, shown).await;
}
