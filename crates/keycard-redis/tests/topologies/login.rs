//! Where a cluster keeps what, and a login that replaces a guest's session of another slot.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use keycard::StoreKey;
use keycard::store::{
    Create, Created, End, Ended, Figures, History as _, Loaded, Note, Replace, Replaced, Retention,
    Statistics as _, Store as _, UserIndex as _,
};
use keycard_fixtures::RedisServer;

use crate::clusters::*;
use crate::each_verb::{exercise, remember};
use crate::support::*;

/// A guest's session at the first primary that a user of the second one logs in from.
struct Login {
    world: InCluster,
    guest: StoreKey,
    user: u64,
}

impl Login {
    async fn begin() -> Self {
        let world = InCluster::begin().await;
        let (guest, user) = (key(world.user_at(0), 1), world.user_at(1));
        let create = Create::new(guest, live(1), None, NOW);
        assert_eq!(world.store.create(create).await.unwrap(), Created::Applied);
        Self { world, guest, user }
    }

    fn successor(&self) -> StoreKey {
        key(self.user, 1)
    }

    /// What logs in, if the guest's session still has this revision.
    fn from(&self, expected: u64) -> Replace {
        let create = Create::new(self.successor(), live(7), Some(hour(self.user)), NOW);
        Replace::new(self.guest, revision(expected), None, create)
    }

    fn noting(&self, expected: u64) -> Replace {
        let mut replace = self.from(expected);
        let note = Note::new(user(self.user), Bytes::from_static(b"a note"), Retention::DEFAULT);
        replace.new = replace.new.noting(note);
        replace
    }

    async fn replace(&self, replace: Replace) -> Replaced {
        self.world.store.replace(replace).await.unwrap()
    }

    async fn listed(&self) -> usize {
        let listed = self.world.store.sessions_of(user(self.user), NOW);
        listed.await.unwrap().len()
    }

    async fn noted(&self) -> usize {
        let history = self.world.store.history(user(self.user), Retention::DEFAULT, NOW);
        history.await.unwrap().len()
    }

    async fn figures(&self) -> Figures {
        self.world.store.statistics(NOW).await.unwrap()
    }

    /// That nobody has logged in, and the guest has this revision.
    async fn is_undone(&self, revision: u64) {
        assert_eq!(self.world.load(self.guest).await, Loaded::Live(live(revision)));
        assert_eq!(self.world.load(self.successor()).await, Loaded::Absent);
        assert_eq!((self.listed().await, self.noted().await), (0, 0));
        let figures = self.figures().await;
        assert_eq!((figures.active_sessions, figures.logins), (1, 0));
    }

    async fn is_done(&self) {
        assert_eq!(self.world.load(self.guest).await, Loaded::Ended);
        assert_eq!(self.world.load(self.successor()).await, Loaded::Live(live(7)));
        assert_eq!(self.listed().await, 1);
        let figures = self.figures().await;
        assert_eq!((figures.active_sessions, figures.logins), (1, 1));
    }
}

/// A server holds back what writes, and answers the rest.
fn hold_writes(node: &RedisServer) {
    node.command::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"])
        .unwrap();
}

fn release_writes(node: &RedisServer) {
    node.command::<()>(&["CLIENT", "UNPAUSE"]).unwrap();
}

/// How many clients wait for their writes.
fn held(node: &RedisServer) -> usize {
    let clients: String = node.command(&["CLIENT", "LIST"]).unwrap();
    let is_held = |client: &&str| {
        let mut words = client.split(' ');
        words.any(|word| {
            word.strip_prefix("flags=")
                .is_some_and(|flags| flags.contains('b'))
        })
    };
    clients.lines().filter(is_held).count()
}

async fn holds(node: &RedisServer, clients: usize) {
    eventually(HANGS, "a write is held back", async || held(node) == clients).await;
}

#[tokio::test]
async fn what_belongs_together_shares_a_slot() {
    let world = InCluster::begin().await;
    exercise(&world.store).await;
    remember(&world.store).await;
    for primary in 0..3 {
        world.log_in(world.user_at(primary), 9).await;
    }
    let mut kinds = BTreeMap::<u16, BTreeSet<char>>::new();
    for node in &world.cluster.nodes()[..3] {
        for name in node.command::<Vec<String>>(&["KEYS", "keycard:{*"]).unwrap() {
            let (_, what) = name.split_once('}').unwrap();
            let slot = world.slot_of_name(&name);
            kinds
                .entry(slot)
                .or_default()
                .insert(what.chars().next().unwrap());
        }
    }
    // Sessions, users' indexes, and both kinds of places where they are counted.
    let expected = BTreeSet::from(['a', 'c', 's', 'u']);
    let of_users: Vec<_> = kinds.values().filter(|kinds| kinds.contains(&'u')).collect();
    assert!(of_users.len() >= 3, "{kinds:?}");
    for kinds in kinds.values() {
        assert!(kinds.is_subset(&expected), "{kinds:?}");
        assert!(kinds.contains(&'s') || !kinds.contains(&'u'), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_login_across_slots_is_one_command_to_each_of_them() {
    let world = InCluster::begin().await;
    let (guest, users) = (world.user_at(0), [world.user_at(0), world.user_at(1)]);
    let laptop = on(*b"a laptop", hour(users[1]));
    let mut session = 0;
    for (owner, what, costs) in [
        (hour(users[1]), "the scripts become known", [2, 2, 0]),
        (hour(users[1]), "to another slot", [2, 0, 0]),
        (
            laptop,
            "where somebody may be displaced, both are looked at before",
            [2, 0, 2],
        ),
        (hour(users[0]), "the script becomes known", [1, 1, 0]),
        (hour(users[0]), "in the slot", [1, 0, 0]),
    ] {
        session += 1;
        let (guest, new) = (
            key(guest, session),
            StoreKey::from_bytes(
                [
                    &owner.user.to_bytes()[..8],
                    &key(0, 100 + session).to_bytes()[8..],
                ]
                .concat()
                .try_into()
                .unwrap(),
            ),
        );
        let create = Create::new(guest, live(1), None, NOW);
        assert_eq!(world.store.create(create).await.unwrap(), Created::Applied);
        let replace = Replace::new(
            guest,
            revision(1),
            None,
            Create::new(new, live(7), Some(owner), NOW),
        );
        let calls = world.calls_of(async || {
            assert_eq!(
                world.store.replace(replace).await.unwrap(),
                Replaced::Applied,
                "{what}"
            );
        });
        assert_eq!(["evalsha", "eval", "get"].map(calls.await), costs, "{what}");
    }
}

#[tokio::test]
async fn a_conflict_takes_back_what_was_begun() {
    let login = Login::begin().await;
    login.world.write(login.guest, 1..2).await;
    let newest = Replaced::Conflict(live(2));
    assert_eq!(login.replace(login.from(1)).await, newest);
    login.is_undone(2).await;
    assert_eq!(
        login.replace(login.noting(1)).await,
        newest,
        "found before anything is begun"
    );
    login.is_undone(2).await;

    let replaced = async {
        let user = login.world.primary_of(login.successor());
        hold_writes(user);
        let replace = login.noting(2);
        let store = login.world.store.clone();
        let replaced = tokio::spawn(async move { store.replace(replace).await.unwrap() });
        holds(user, 1).await;
        login.world.write(login.guest, 2..3).await;
        release_writes(user);
        replaced.await.unwrap()
    };
    assert_eq!(
        replaced.await,
        Replaced::Conflict(live(3)),
        "found when the new one was there"
    );
    login.is_undone(3).await;

    assert_eq!(login.replace(login.noting(3)).await, Replaced::Applied);
    login.is_done().await;
    assert_eq!(login.noted().await, 1);
    let again = login.replace(login.noting(3)).await;
    assert_eq!(again, Replaced::Applied, "the answer was lost");
    login.is_done().await;
    assert_eq!(login.noted().await, 1);
}

#[tokio::test]
async fn a_session_that_has_ended_meanwhile_is_not_replaced() {
    let login = Login::begin().await;
    let end = End::new(login.guest, None, NOW);
    assert_eq!(login.world.store.end(end).await.unwrap(), Ended::Applied);
    for replace in [login.from(1), login.noting(1)] {
        assert_eq!(login.replace(replace).await, Replaced::Gone);
        assert_eq!(login.world.load(login.successor()).await, Loaded::Absent);
        assert_eq!((login.listed().await, login.noted().await), (0, 0));
    }
}

#[tokio::test]
async fn a_crash_in_between_leaves_the_old_session_and_one_that_nobody_holds() {
    let login = Login::begin().await;
    let guests = login.world.primary_of(login.guest);
    hold_writes(guests);
    let crashes = patient(&login.world.cluster.url()).connect().await.unwrap();
    let replace = login.from(1);
    let replaced = tokio::spawn(async move { crashes.replace(replace).await });
    holds(guests, 1).await;
    replaced.abort();
    replaced.await.unwrap_err();
    holds(guests, 0).await;
    release_writes(guests);

    assert_eq!(login.world.load(login.guest).await, Loaded::Live(live(1)));
    assert_eq!(login.world.load(login.successor()).await, Loaded::Live(live(7)));
    let mut another = login.from(1);
    another.new.key = key(login.user, 2);
    assert_eq!(login.replace(another).await, Replaced::Applied);
    assert_eq!(login.world.load(login.guest).await, Loaded::Ended);
    assert_eq!(login.listed().await, 2, "the orphan ends with all others");
    let ended = login.world.store.end_all(user(login.user), NOW).await.unwrap();
    assert_eq!(ended.len(), 2);
}
