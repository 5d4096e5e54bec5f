//! Endings that are acknowledged when replicas have them: none comes back with a failover.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keycard::store::{
    Create, Created, End, Ended, Fresh, Loaded, Owner, Refresh, Refreshed, Store as _, TokenStore as _,
    UserIndex as _, frame,
};
use keycard::{DeviceDigest, StoreErrorKind, StoreKey, Timestamp, TokenId, UserKey};
use keycard_fixtures::{RedisSentinels, RedisServer};
use keycard_redis::{RedisDurability, RedisStore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::log::Log;
use crate::support::{eventually, unchecked};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Long, for a machine that has much to do.
const WITHIN: Duration = Duration::from_secs(2);
const DEADLINE: Duration = Duration::from_secs(6);
/// Short, where it is over in vain.
const HASTY: Duration = Duration::from_millis(20);
const HANGS: Duration = Duration::from_secs(20);
const SESSIONS: u64 = 200;

fn live(revision: u64) -> Bytes {
    let mut record = vec![0; frame::HEADER_LEN];
    record[0] = frame::VERSION;
    record[frame::REVISION].copy_from_slice(&revision.to_be_bytes());
    let expires = NOW.after(Duration::from_hours(1)).as_millis();
    record[frame::EXPIRES].copy_from_slice(&expires.to_be_bytes());
    record.into()
}

fn user(number: u64) -> UserKey {
    UserKey::from_bytes([number.to_be_bytes(); 2].concat().try_into().unwrap())
}

fn session(user: u64) -> StoreKey {
    let bytes = [&user.to_be_bytes()[..], &[7; 12]].concat();
    StoreKey::from_bytes(bytes.try_into().unwrap())
}

async fn log_in(store: &RedisStore, number: u64) {
    let owner = Owner::new(
        user(number),
        DeviceDigest::NONE,
        NOW.after(Duration::from_hours(1)),
    );
    let create = Create::new(session(number), live(number), Some(owner), NOW);
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
}

async fn durable(url: &str, durability: RedisDurability) -> RedisStore {
    let builder = unchecked(url).deadline(DEADLINE);
    builder.durability(durability).connect().await.unwrap()
}

#[tokio::test]
async fn without_replicas_an_ending_is_refused_or_reported_and_has_happened() {
    let server = RedisServer::start().unwrap();
    let strict = durable(&server.url(), RedisDurability::replicas(1, HASTY)).await;
    log_in(&strict, 1).await;
    let error = strict.end(End::new(session(1), None, NOW)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("0 of 1 replicas"), "{error}");
    assert_eq!(strict.load(session(1), NOW).await.unwrap(), Loaded::Ended);

    let lenient = RedisDurability::replicas(1, HASTY).or_report();
    let lenient = durable(&server.url(), lenient).await;
    log_in(&lenient, 2).await;
    assert_eq!(lenient.end_all(user(2), NOW).await.unwrap(), [session(2)]);
}

#[tokio::test]
async fn many_endings_wait_for_replicas_together_and_nobody_else_waits() {
    let sentinels = RedisSentinels::start().unwrap();
    let store = durable(&sentinels.url(), RedisDurability::replicas(2, WITHIN)).await;
    for number in 0..SESSIONS {
        log_in(&store, number).await;
    }
    let mut endings = JoinSet::new();
    for number in 0..SESSIONS {
        let store = store.clone();
        endings.spawn(async move { store.end(End::new(session(number), None, NOW)).await.unwrap() });
    }
    assert!(
        endings
            .join_all()
            .await
            .iter()
            .all(|ended| *ended == Ended::Applied)
    );
    let primary = &sentinels.nodes()[sentinels.primary().unwrap()];
    let statistics: String = primary.command(&["INFO", "commandstats"]).unwrap();
    let waits = statistics
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_wait:calls="));
    let waits: u64 = waits.unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(
        (1..=SESSIONS / 10).contains(&waits),
        "{waits} waits for {SESSIONS} endings"
    );
}

/// Ends a user's sessions as somebody does who tries until it is acknowledged.
async fn insist(store: Arc<RedisStore>, number: u64) {
    while store.end_all(user(number), NOW).await.is_err() {
        sleep(Duration::from_millis(20)).await; // sleep: the pause between two attempts
    }
}

/// The replicas stand still for the last endings before the primary is lost: those it acknowledges nobody else has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_ending_comes_back_with_a_failover() {
    let mut sentinels = RedisSentinels::start().unwrap();
    let store = durable(&sentinels.url(), RedisDurability::replicas(2, WITHIN)).await;
    for number in 0..SESSIONS {
        log_in(&store, number).await;
    }
    let primary = sentinels.primary().unwrap();
    let replicas: Vec<usize> = (0..3).filter(|node| *node != primary).collect();
    let end = async |number| store.end_all(user(number), NOW).await;
    for number in 0..SESSIONS / 2 {
        end(number).await.unwrap();
    }
    for replica in &replicas {
        sentinels.nodes()[*replica].freeze().unwrap();
    }
    let mut unacknowledged = 0;
    for number in SESSIONS / 2..SESSIONS / 2 + 3 {
        end(number).await.unwrap_err();
        assert_eq!(store.load(session(number), NOW).await.unwrap(), Loaded::Ended);
        unacknowledged += 1;
    }
    sentinels.node(primary).kill().unwrap();
    for replica in &replicas {
        sentinels.nodes()[*replica].thaw().unwrap();
    }
    let next = sentinels.wait_for_new_primary(primary).unwrap();
    sentinels.node(primary).restart().unwrap();
    sentinels.wait_until_ok().unwrap();
    assert_ne!(next, primary);

    let store = Arc::new(store);
    let mut endings = JoinSet::new();
    for number in SESSIONS / 2..SESSIONS {
        endings.spawn(insist(Arc::clone(&store), number));
    }
    endings.join_all().await;
    let mut back = 0;
    for number in 0..SESSIONS {
        back += u64::from(matches!(
            store.load(session(number), NOW).await.unwrap(),
            Loaded::Live(_)
        ));
    }
    assert_eq!(
        back, 0,
        "acknowledged, and back; {unacknowledged} were not acknowledged"
    );
}

/// The family of a session of user 1, and how its tokens are refreshed.
struct Client {
    family: Fresh,
    now: Timestamp,
}

impl Client {
    async fn begin(store: &RedisStore) -> Self {
        let family = Self::token(NOW);
        store.begin_family(family, session(1), NOW).await.unwrap();
        Self { family, now: NOW }
    }

    fn token(now: Timestamp) -> Fresh {
        Fresh::new(
            TokenId::generate(user(1).tag(), now),
            now.after(Duration::from_hours(1)),
        )
    }

    async fn refresh(&self, store: &RedisStore, presented: Fresh, next: Fresh) -> Refreshed {
        let (family, grace) = (self.family.token, Duration::from_secs(30));
        let (session, user) = (session(1), user(1));
        let refresh = Refresh::new(family, presented.token, next, session, user, grace, self.now);
        store.refresh(refresh).await.unwrap()
    }
}

/// A primary, and a replica of it that has what it has.
async fn primary_and_replica() -> (RedisServer, RedisServer) {
    let (primary, replica) = (RedisServer::start().unwrap(), RedisServer::start().unwrap());
    let at_once = ["CONFIG", "SET", "repl-diskless-sync-delay", "0"];
    primary.command::<()>(&at_once).unwrap();
    let of = primary.port().to_string();
    replica.command::<()>(&["REPLICAOF", "127.0.0.1", &of]).unwrap();
    eventually(HANGS, "the replica is there", async || {
        let replicas: i64 = primary.command(&["WAIT", "1", "100"]).unwrap();
        replicas == 1
    })
    .await;
    (primary, replica)
}

/// A replica that has only the token before would take the client's for stolen, and end its session.
#[tokio::test]
async fn no_acknowledged_refresh_passes_for_a_theft_after_a_failover() {
    let (primary, replica) = primary_and_replica().await;
    let store = durable(&primary.url(), RedisDurability::replicas(1, WITHIN)).await;
    let client = Client::begin(&store).await;
    let [second, third] = [(); 2].map(|()| Client::token(NOW));
    replica.freeze().unwrap();
    let thawed = Cell::new(false);
    let refresh = async {
        let refreshed = client.refresh(&store, client.family, second).await;
        assert_eq!(refreshed, Refreshed::Applied);
        assert!(thawed.get(), "answered before the replica had it");
    };
    tokio::join!(refresh, async {
        sleep(Duration::from_millis(50)).await; // sleep: for how long it might be answered too early
        thawed.set(true);
        replica.thaw().unwrap();
    });

    replica.command::<()>(&["REPLICAOF", "NO", "ONE"]).unwrap();
    let promoted = unchecked(&replica.url()).deadline(DEADLINE);
    let promoted = promoted.connect().await.unwrap();
    assert_eq!(client.refresh(&promoted, second, third).await, Refreshed::Applied);
}

/// A client that were refused, and tried again with the token that is spent, would be a thief when the grace is over.
#[tokio::test]
async fn a_refresh_that_no_replica_has_is_answered_and_told() {
    let (log, _listening) = Log::listen();
    let (primary, replica) = primary_and_replica().await;
    let store = durable(&primary.url(), RedisDurability::replicas(1, HASTY)).await;
    let mut client = Client::begin(&store).await;
    let [second, third] = [(); 2].map(|()| Client::token(NOW));
    replica.freeze().unwrap();
    let refreshed = client.refresh(&store, client.family, second).await;
    assert_eq!(refreshed, Refreshed::Applied);
    assert_eq!(log.lines_with("0 of 1 replicas have it").len(), 1);
    client.now = NOW.after(Duration::from_mins(1));
    let refreshed = client.refresh(&store, second, third).await;
    assert_eq!(refreshed, Refreshed::Applied);
}
