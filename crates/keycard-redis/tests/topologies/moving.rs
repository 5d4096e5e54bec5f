//! A slot that moves from one primary to another under traffic.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keycard::store::{
    Create, Created, EndReason, Entry, Loaded, Owner, Statistics as _, Store as _, UserIndex as _,
};
use keycard::{DeviceDigest, StoreErrorKind, StoreKey};
use keycard_fixtures::SlotMove;
use keycard_redis::RedisStore;
use tokio::task::JoinSet;

use crate::clusters::*;
use crate::support::*;

/// Sessions that somebody reads, that somebody writes, and those of a neighbour who logs out everywhere; all in one slot.
#[derive(Clone)]
struct Traffic {
    store: RedisStore,
    user: u64,
    ends: Arc<AtomicBool>,
}

/// The session that is read, and the one that is written.
const READ: u64 = 1;
const WRITTEN: u64 = 2;
/// Those that log in.
const LOGINS: u64 = 1_000;
/// Those of the neighbour.
const NEIGHBOURS: u64 = 1_000_000;

/// What came of it: how many times the session was written, and how many logged in.
#[derive(Debug, Default)]
struct Done {
    reads: u64,
    writes: u64,
    logins: u64,
    endings: u64,
}

impl Traffic {
    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::SeqCst)
    }

    async fn read(self) -> Done {
        let mut reads = 0;
        while self.goes_on() {
            let loaded = self.store.load(key(self.user, READ), NOW).await.unwrap();
            assert_eq!(loaded, Loaded::Live(live(1)));
            let both = [READ, READ].map(|session| key(self.user, session));
            let loaded = self.store.load_many(&both, NOW).await.unwrap();
            assert_eq!(loaded, both.map(|_| Loaded::Live(live(1))));
            reads += 1;
        }
        Done {
            reads,
            ..Done::default()
        }
    }

    async fn write(self) -> Done {
        let mut writes = 0;
        while self.goes_on() {
            writes += 1;
            write(&self.store, key(self.user, WRITTEN), writes..writes + 1).await;
        }
        Done {
            writes,
            ..Done::default()
        }
    }

    async fn log_in(self) -> Done {
        let mut logins = 0;
        while self.goes_on() {
            create(&self.store, key(self.user, LOGINS + logins), hour(self.user)).await;
            logins += 1;
        }
        Done {
            logins,
            ..Done::default()
        }
    }

    async fn end_all(self) -> Done {
        let neighbour = neighbour(self.user);
        let owner = Owner::new(neighbour, DeviceDigest::NONE, after(HOUR));
        let mut endings = 0;
        while self.goes_on() {
            let session = key(self.user, NEIGHBOURS + endings);
            create(&self.store, session, owner).await;
            assert_eq!(self.store.end_all(neighbour, NOW).await.unwrap(), [session]);
            assert_eq!(self.store.load(session, NOW).await.unwrap(), Loaded::Ended);
            endings += 1;
        }
        Done {
            endings,
            ..Done::default()
        }
    }
}

async fn create(store: &RedisStore, key: StoreKey, owner: Owner) {
    let create = Create::new(key, live(1), Some(owner), NOW);
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
}

/// The names of what is in a slot, by the node that has it.
fn names_in(world: &InCluster, node: usize, slot: u16) -> Vec<String> {
    let slot = slot.to_string();
    let node = &world.cluster.nodes()[node];
    node.command(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"])
        .unwrap()
}

/// A part of what belongs together, without the index: who logs in finds that, and nothing of the session.
fn half_of(mut names: Vec<String>, index: &str) -> Vec<String> {
    names.retain(|name| name != index);
    names.truncate(names.len().div_ceil(2));
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_on_the_way_to_another_node() {
    let world = InCluster::begin().await;
    let number = world.user_at(0);
    let slot = world.slot_of(key(number, 0));
    for session in [READ, WRITTEN] {
        world.log_in(number, session).await;
    }
    let before = ["ASK", "TRYAGAIN", "MOVED"].map(|error| world.answered(error));
    let traffic = Traffic {
        store: world.store.clone(),
        user: number,
        ends: Arc::default(),
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(traffic.clone().read());
    tasks.spawn(traffic.clone().write());
    tasks.spawn(traffic.clone().log_in());
    tasks.spawn(traffic.clone().end_all());

    for to in [1, 2, 0] {
        let from = world.cluster.primary_of(slot).unwrap();
        let moving = world.cluster.begin_move(slot, to).unwrap();
        let half = half_of(names_in(&world, from, slot), &index_name(user(number)));
        world.cluster.migrate(&moving, &half).unwrap();
        let tried = world.answered("TRYAGAIN");
        eventually(HANGS, "somebody tries again", async || {
            world.answered("TRYAGAIN") > tried
        })
        .await;
        world.cluster.finish_move(moving).unwrap();
        assert_eq!(world.cluster.primary_of(slot).unwrap(), to);
    }

    traffic.ends.store(true, Ordering::SeqCst);
    let mut done = Done::default();
    for outcome in tasks.join_all().await {
        done.reads += outcome.reads;
        done.writes += outcome.writes;
        done.logins += outcome.logins;
        done.endings += outcome.endings;
    }
    assert!(
        done.reads > 0 && done.writes > 0 && done.logins > 0 && done.endings > 0,
        "{done:?}"
    );
    let occurred = ["ASK", "TRYAGAIN", "MOVED"].map(|error| world.answered(error));
    for (before, after) in before.into_iter().zip(occurred) {
        assert!(after > before, "{before} to {after}");
    }

    let written = Loaded::Live(live(done.writes + 1));
    assert_eq!(world.load(key(number, WRITTEN)).await, written);
    let listed = world.store.sessions_of(user(number), NOW).await.unwrap();
    let listed: BTreeSet<_> = listed.iter().map(|entry: &Entry| entry.key).collect();
    let logins = (0..done.logins).map(|login| key(number, LOGINS + login));
    let expected = [READ, WRITTEN]
        .map(|session| key(number, session))
        .into_iter()
        .chain(logins);
    assert_eq!(listed, expected.collect());
    assert_eq!(world.store.count(neighbour(number), NOW).await.unwrap(), 0);
}

/// A store that does not wait for long, and a user's slot of which this one key has gone to the second primary.
async fn parted(world: &InCluster, number: u64, is_there: &String) -> (RedisStore, SlotMove) {
    let hasty = unchecked(&world.cluster.url());
    let hasty = hasty
        .deadline(Duration::from_millis(300))
        .connect()
        .await
        .unwrap();
    for session in [READ, WRITTEN] {
        create(&hasty, key(number, session), hour(number)).await;
    }
    let moving = world
        .cluster
        .begin_move(world.slot_of(key(number, 0)), 1)
        .unwrap();
    world.cluster.migrate(&moving, slice::from_ref(is_there)).unwrap();
    (hasty, moving)
}

#[tokio::test]
async fn nobody_is_taken_for_logged_out_whose_sessions_are_on_their_way() {
    let world = InCluster::begin().await;
    let number = world.user_at(0);
    let (index, written) = (index_name(user(number)), session_name(key(number, WRITTEN)));
    for (what, is_there) in [
        ("the index is there already", index),
        ("it is still here", written),
    ] {
        let (hasty, moving) = parted(&world, number, &is_there).await;
        for session in [READ, WRITTEN] {
            let loaded = hasty.load(key(number, session), NOW).await.unwrap();
            assert_eq!(loaded, Loaded::Live(live(1)), "{what}");
        }
        for error in [
            hasty.end_all(user(number), NOW).await.map(drop).unwrap_err(),
            hasty.sessions_of(user(number), NOW).await.map(drop).unwrap_err(),
            hasty.count(user(number), NOW).await.map(drop).unwrap_err(),
        ] {
            let kinds = [StoreErrorKind::Unavailable, StoreErrorKind::Timeout];
            assert!(kinds.contains(&error.kind()), "{what}: {error}");
        }
        world.cluster.finish_move(moving).unwrap();
        let mut ended = hasty.end_all(user(number), NOW).await.unwrap();
        ended.sort();
        assert_eq!(
            ended,
            [READ, WRITTEN].map(|session| key(number, session)),
            "{what}"
        );
        for session in [READ, WRITTEN] {
            assert_eq!(
                hasty.load(key(number, session), NOW).await.unwrap(),
                Loaded::Ended,
                "{what}"
            );
        }
        world.cluster.move_slot(world.slot_of(key(number, 0)), 0).unwrap();
        for node in &world.cluster.nodes()[..3] {
            node.command::<()>(&["FLUSHALL"]).unwrap();
        }
    }
}

#[tokio::test]
async fn what_counts_waits_until_its_counters_have_come() {
    let world = InCluster::begin().await;
    let number = world.user_at(0);
    for session in [READ, WRITTEN] {
        world.log_in(number, session).await;
    }
    let slot = world.slot_of(key(number, 0));
    let moving = world.cluster.begin_move(slot, 1).unwrap();
    let is_place = |name: &String| name.starts_with("keycard:{s") && name.ends_with('c');
    let counters: Vec<_> = names_in(&world, 0, slot).into_iter().filter(is_place).collect();
    assert_eq!(counters.len(), 1);
    world.cluster.migrate(&moving, &counters).unwrap();
    let before = world.answered("ERR");
    let store = world.store.clone();
    let ends = tokio::spawn(async move { store.end_all(user(number), NOW).await.unwrap().len() });
    eventually(HANGS, "the script finds them apart", async || {
        world.answered("ERR") > before
    })
    .await;
    world.cluster.finish_move(moving).unwrap();
    assert_eq!(ends.await.unwrap(), 2);
    let figures = world.store.statistics(NOW).await.unwrap();
    assert_eq!((figures.active_sessions, figures.logins), (0, 2));
    assert_eq!(figures.ended(EndReason::Revoked), 2);
}
