//! A server with a store on it, records made by hand, and names of keys made by other code than the store's.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use keycard::store::{Create, Loaded, Owner, Store as _, frame};
use keycard::{DeviceDigest, Revision, StoreKey, Timestamp, UserKey};
use keycard_fixtures::RedisServer;
use keycard_redis::{RedisStore, RedisStoreBuilder};
use tokio::time::{Instant, sleep};

pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;

/// The present moment of most tests. It is not the server's: nothing may depend on that.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

pub(crate) fn after(millis: u64) -> Timestamp {
    NOW.after(Duration::from_millis(millis))
}

/// A store that does not look at its server's settings, where what the server is asked is counted, or by how many.
pub(crate) fn unchecked(url: &str) -> RedisStoreBuilder {
    RedisStore::builder(url).unwrap().check_at_start(false)
}

pub(crate) struct World {
    pub(crate) server: RedisServer,
    pub(crate) store: RedisStore,
}

impl World {
    pub(crate) async fn begin() -> Self {
        let server = RedisServer::start().unwrap();
        let store = unchecked(&server.url()).connect().await.unwrap();
        Self { server, store }
    }

    /// With a store that keeps statistics.
    pub(crate) async fn that_counts() -> Self {
        let server = RedisServer::start().unwrap();
        let store = unchecked(&server.url()).statistics(true);
        let store = store.connect().await.unwrap();
        Self { server, store }
    }

    pub(crate) async fn create(&self, key: StoreKey, record: &Bytes, owner: Option<Owner>) {
        let create = Create::new(key, record.clone(), owner, NOW);
        assert_eq!(
            self.store.create(create).await.unwrap(),
            keycard::store::Created::Applied
        );
    }

    /// A session of a user that ends so many milliseconds from now at the latest, at a revision of its own number.
    pub(crate) async fn log_in(&self, user: u64, session: u64, absolute: u64) {
        let owner = owner(user, after(absolute));
        self.create(key(user, session), &live(session), Some(owner)).await;
    }

    pub(crate) async fn load(&self, key: StoreKey) -> Loaded {
        self.store.load(key, NOW).await.unwrap()
    }

    /// Writes bytes as another version of the store might have.
    pub(crate) fn put(&self, key: StoreKey, stored: &[u8]) {
        self.server
            .command::<()>(&[b"SET", session_name(key).as_bytes(), stored])
            .unwrap();
    }

    pub(crate) fn stored(&self, key: StoreKey) -> Option<Vec<u8>> {
        self.server.command(&["GET", &session_name(key)]).unwrap()
    }

    /// How long the server keeps a key, in milliseconds.
    pub(crate) fn life(&self, name: &str) -> u64 {
        let life: i64 = self.server.command(&["PTTL", name]).unwrap();
        u64::try_from(life).unwrap_or_else(|_| panic!("{name} has no TTL: {life}"))
    }

    /// The members of a user's index with their scores, nearest deadline first.
    pub(crate) fn index(&self, user: UserKey) -> Vec<(Vec<u8>, u64)> {
        let flat: Vec<Vec<u8>> = self
            .server
            .command(&["ZRANGE", &index_name(user), "0", "-1", "WITHSCORES"])
            .unwrap();
        flat.chunks(2)
            .map(|pair| (pair[0].clone(), score(&pair[1])))
            .collect()
    }
}

fn score(text: &[u8]) -> u64 {
    String::from_utf8(text.to_vec()).unwrap().parse().unwrap()
}

/// A record of this version, as long as one with some data in it.
pub(crate) fn record(revision: u64, expires: Timestamp) -> Bytes {
    let mut bytes = vec![b'.'; 200];
    bytes[0] = frame::VERSION;
    bytes[1] = 0;
    bytes[frame::REVISION].copy_from_slice(&revision.to_be_bytes());
    bytes[frame::CREATED].copy_from_slice(&NOW.as_millis().to_be_bytes());
    bytes[frame::SEEN].copy_from_slice(&NOW.as_millis().to_be_bytes());
    bytes[frame::EXPIRES].copy_from_slice(&expires.as_millis().to_be_bytes());
    bytes.into()
}

/// A live record.
pub(crate) fn live(revision: u64) -> Bytes {
    record(revision, after(30 * MINUTE))
}

/// A record of a version that no release writes.
pub(crate) fn unknown() -> Bytes {
    let mut bytes = live(1).to_vec();
    bytes[0] = 9;
    bytes.into()
}

pub(crate) fn revision(number: u64) -> Revision {
    Revision::from_bytes(number.to_be_bytes())
}

pub(crate) fn user(number: u64) -> UserKey {
    UserKey::from_bytes(
        [number.to_be_bytes(), (!number).to_be_bytes()]
            .concat()
            .try_into()
            .unwrap(),
    )
}

/// The key of a user's session.
pub(crate) fn key(user: u64, session: u64) -> StoreKey {
    let selector = [&[0xff, 0, b'{', 0x80], &session.to_be_bytes()[..]].concat();
    StoreKey::from_bytes([&user.to_be_bytes()[..], &selector].concat().try_into().unwrap())
}

pub(crate) fn owner(number: u64, absolute: Timestamp) -> Owner {
    Owner::new(user(number), DeviceDigest::NONE, absolute)
}

/// The owner of a session on the device of that name.
pub(crate) fn on(device: [u8; 8], owner: Owner) -> Owner {
    Owner::new(owner.user, DeviceDigest::from_bytes(device), owner.absolute)
}

pub(crate) fn member(key: StoreKey) -> Vec<u8> {
    member_on([0; 8], key)
}

pub(crate) fn member_on(device: [u8; 8], key: StoreKey) -> Vec<u8> {
    [&key.selector()[..], &device].concat()
}

pub(crate) fn session_name(key: StoreKey) -> String {
    format!(
        "keycard:{{{}}}s:{}",
        key.tag().to_text(),
        URL_SAFE_NO_PAD.encode(key.selector())
    )
}

pub(crate) fn index_name(user: UserKey) -> String {
    format!(
        "keycard:{{{}}}u:{}",
        user.tag().to_text(),
        URL_SAFE_NO_PAD.encode(user.digest())
    )
}

/// Asks again and again until the answer is yes.
pub(crate) async fn eventually(within: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < within, "{what}: not within {within:?}");
        sleep(Duration::from_millis(10)).await; // sleep: the pause between two questions
    }
}

#[track_caller]
pub(crate) fn assert_between(what: &str, value: u64, from: u64, to: u64) {
    assert!(
        (from..=to).contains(&value),
        "{what} is {value}, not between {from} and {to}"
    );
}
