//! A cluster with a store on it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::store::{Create, Created, Loaded, Owner, Store as _, ThrottleKey, Update, Updated};
use keycard::{StoreKey, UserKey};
use keycard_fixtures::{RedisCluster, RedisServer};
use keycard_redis::{RedisStore, RedisStoreBuilder};

use crate::support::*;

/// What ends a test that fails.
pub(crate) const HANGS: Duration = Duration::from_secs(30);

pub(crate) struct InCluster {
    pub(crate) cluster: RedisCluster,
    pub(crate) store: RedisStore,
}

impl InCluster {
    pub(crate) async fn begin() -> Self {
        Self::on(RedisCluster::start().unwrap()).await
    }

    pub(crate) async fn on(cluster: RedisCluster) -> Self {
        let store = patient(&cluster.url()).connect().await.unwrap();
        Self { cluster, store }
    }

    /// How often the nodes carried out each command meanwhile, those of scripts counted.
    pub(crate) async fn calls_of(&self, does: impl AsyncFnOnce()) -> impl Fn(&str) -> u64 {
        for node in self.cluster.nodes() {
            node.command::<()>(&["CONFIG", "RESETSTAT"]).unwrap();
        }
        does().await;
        move |name| self.counted("commandstats", &format!("cmdstat_{name}:calls="))
    }

    /// How often the nodes have answered with an error.
    pub(crate) fn answered(&self, error: &str) -> u64 {
        self.counted("errorstats", &format!("errorstat_{error}:count="))
    }

    fn counted(&self, section: &str, name: &str) -> u64 {
        let awake = self.cluster.nodes().iter().filter_map(|node| info(node, section));
        awake.map(|info| counted(&info, name)).sum()
    }

    pub(crate) fn primary_of(&self, key: StoreKey) -> &RedisServer {
        let node = self.cluster.primary_of(self.slot_of(key)).unwrap();
        &self.cluster.nodes()[node]
    }

    pub(crate) fn slot_of(&self, key: StoreKey) -> u16 {
        self.slot_of_name(&session_name(key))
    }

    pub(crate) fn slot_of_name(&self, name: &str) -> u16 {
        let running = self.cluster.nodes().iter();
        let mut told = running.filter_map(|node| node.command(&["CLUSTER", "KEYSLOT", name]).ok());
        told.next().unwrap()
    }

    /// A user whose sessions are at the primary of this number, while nothing has moved.
    pub(crate) fn user_at(&self, primary: usize) -> u64 {
        let first = [0, 5_461, 10_922][primary];
        let range = first..first + 5_461;
        (1..10_000)
            .find(|number| range.contains(&self.slot_of(key(*number, 0))))
            .unwrap()
    }

    pub(crate) async fn log_in(&self, user: u64, session: u64) {
        let create = Create::new(key(user, session), live(1), Some(hour(user)), NOW);
        assert_eq!(self.store.create(create).await.unwrap(), Created::Applied);
    }

    pub(crate) async fn load(&self, key: StoreKey) -> Loaded {
        self.store.load(key, NOW).await.unwrap()
    }

    /// Writes a session so many times, each on top of the one before.
    pub(crate) async fn write(&self, key: StoreKey, revisions: std::ops::Range<u64>) {
        write(&self.store, key, revisions).await;
    }
}

pub(crate) async fn write(store: &RedisStore, key: StoreKey, revisions: std::ops::Range<u64>) {
    for number in revisions {
        let update = Update::new(key, revision(number), live(number + 1), None, NOW);
        assert_eq!(store.update(update).await.unwrap(), Updated::Applied, "{number}");
    }
}

/// What is in question is what the store answers; a busy machine must not decide it.
pub(crate) fn patient(url: &str) -> RedisStoreBuilder {
    let builder = unchecked(url);
    builder.deadline(Duration::from_secs(10)).statistics(true)
}

/// The owner of a session that ends in an hour.
pub(crate) fn hour(user: u64) -> Owner {
    owner(user, after(HOUR))
}

/// Another user whose sessions share a slot with those of the first.
pub(crate) fn neighbour(of: u64) -> UserKey {
    let mut bytes = user(of).to_bytes();
    bytes[8..].fill(0x55);
    UserKey::from_bytes(bytes)
}

pub(crate) fn throttle_name(key: ThrottleKey) -> String {
    format!("keycard:t:{}", URL_SAFE_NO_PAD.encode(key.to_bytes()))
}

fn info(node: &RedisServer, section: &str) -> Option<String> {
    node.command(&["INFO", section]).ok()
}

pub(crate) fn counted(info: &str, name: &str) -> u64 {
    let line = info.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |line| {
        let number: String = line.chars().take_while(char::is_ascii_digit).collect();
        number.parse().unwrap()
    })
}
