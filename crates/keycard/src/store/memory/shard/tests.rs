//! The maps of a shard agree: exactly one entry for each session, whatever happens to it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::memory::{MemoryStore, SHARDS};
use crate::store::{End, Replace, Replaced, Store, UserIndex};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);

/// Two parts of the store, with two users and some keys each.
fn key(number: u8) -> StoreKey {
    let mut bytes = [number % 2; 20];
    bytes[19] = number;
    StoreKey::from_bytes(bytes)
}

fn owner(number: u8, absolute: Timestamp) -> Owner {
    let mut bytes = [number % 2; 16];
    bytes[15] = number / 2 % 2;
    Owner::new(UserKey::from_bytes(bytes), DeviceDigest::NONE, absolute)
}

fn revision(number: u64) -> Revision {
    Revision::from_bytes(number.to_be_bytes())
}

fn record(number: u64, expires: Timestamp) -> Bytes {
    let mut bytes = vec![0; frame::HEADER_LEN];
    bytes[0] = frame::VERSION;
    bytes[frame::REVISION].copy_from_slice(&number.to_be_bytes());
    bytes[frame::EXPIRES].copy_from_slice(&expires.as_millis().to_be_bytes());
    bytes.into()
}

#[test]
fn a_session_has_one_entry_however_often_its_end_is_moved() {
    let mut shard = Shard::default();
    let expires = [NOW.after(MINUTE * 30), NOW.after(MINUTE * 5)];
    let owner = owner(0, NOW.after(MINUTE * 600));
    let create = Create::new(key(0), record(0, expires[0]), Some(owner), NOW);
    assert_eq!(shard.insert(&create, None, Vec::new()), []);
    for (number, expires) in (0..1_000).zip(expires.into_iter().cycle()) {
        let update = Update::new(key(0), revision(number), record(number + 1, expires), None, NOW);
        assert_eq!(shard.update(&update), Updated::Applied);
        assert_eq!(shard.due, BTreeSet::from([(expires, key(0))]));
    }
    let expires = NOW.after(MINUTE * 60);
    let touch = Touch::new(key(0), revision(1_000), expires, NOW);
    assert_eq!(shard.touch(&touch), Touched::Applied);
    assert_eq!(shard.due, BTreeSet::from([(expires, key(0))]));
    assert_eq!(
        shard.owned,
        BTreeSet::from([(owner.user, owner.absolute, key(0))])
    );
}

#[tokio::test]
async fn users_who_never_come_back_leave_nothing_behind() {
    let store = MemoryStore::new();
    let mut now = NOW;
    for number in 0..100 {
        let expires = now.after(MINUTE);
        let user = UserKey::from_bytes([number; 16]);
        let owner = Owner::new(user, DeviceDigest::NONE, expires);
        // One shard, so that each new session sweeps what is left of those before it.
        let create = Create::new(key(2 * number), record(0, expires), Some(owner), now);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
        now = expires;
    }
    assert_eq!((store.len(), store.0.at(0).owned.len()), (1, 1));
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    /// Lets time pass, in minutes.
    Pass(u32),
    /// A session that lives for so many minutes, and whether it is a user's.
    Create(u8, u32, bool),
    /// Moves the end, and the absolute deadline if it is a re-authentication.
    Update(u8, u32, bool),
    Touch(u8, u32),
    Replace(u8, u8, u32, bool),
    End(u8),
    EndAll(u8),
}

fn any_verb() -> impl Strategy<Value = Verb> {
    let (key, life) = (0..10_u8, 0..20_u32);
    prop_oneof![
        (1..10_u32).prop_map(Verb::Pass),
        (key.clone(), life.clone(), any::<bool>())
            .prop_map(|(key, life, owned)| Verb::Create(key, life, owned)),
        (key.clone(), life.clone(), any::<bool>())
            .prop_map(|(key, life, anew)| Verb::Update(key, life, anew)),
        (key.clone(), life.clone()).prop_map(|(key, life)| Verb::Touch(key, life)),
        (key.clone(), key.clone(), life, any::<bool>())
            .prop_map(|(old, new, life, owned)| Verb::Replace(old, new, life, owned)),
        key.clone().prop_map(Verb::End),
        key.prop_map(Verb::EndAll),
    ]
}

struct Run {
    store: MemoryStore,
    now: Timestamp,
    /// The next revision.
    next: u64,
}

impl Run {
    fn create(&self, number: u8, life: u32, owned: bool) -> Create {
        let expires = self.now.after(MINUTE * life);
        let user = owned.then(|| owner(number, expires.after(MINUTE)));
        Create::new(key(number), record(self.next, expires), user, self.now)
    }

    async fn stored(&self, number: u8) -> Option<Revision> {
        match self.store.load(key(number), self.now).await.unwrap() {
            Loaded::Live(record) => frame::revision(&record),
            Loaded::Ended | Loaded::Absent => None,
        }
    }

    fn holds(&self, number: u8) -> bool {
        self.store
            .0
            .shard(key(number).tag())
            .stored
            .contains_key(&key(number))
    }

    /// Whether the verb was refused although its key was free.
    async fn carry_out(&mut self, verb: Verb) -> bool {
        self.next += 1;
        let (store, now) = (&self.store, self.now);
        match verb {
            Verb::Pass(minutes) => self.now = now.after(MINUTE * minutes),
            Verb::Create(number, life, owned) => {
                let created = store.create(self.create(number, life, owned)).await.unwrap();
                return created == Created::Refused && !self.holds(number);
            }
            Verb::Update(number, life, anew) => {
                let expected = self.stored(number).await.unwrap_or(revision(0));
                let Create {
                    key, record, owner, ..
                } = self.create(number, life, anew);
                let update = Update::new(key, expected, record, owner, now);
                drop(store.update(update).await.unwrap());
            }
            Verb::Touch(number, life) => {
                let expected = self.stored(number).await.unwrap_or(revision(0));
                let touch = Touch::new(key(number), expected, now.after(MINUTE * life), now);
                let _: Touched = store.touch(touch).await.unwrap();
            }
            Verb::Replace(old, new, life, owned) => {
                let expected = self.stored(old).await.unwrap_or(revision(0));
                let replace = Replace::new(key(old), expected, None, self.create(new, life, owned));
                let replaced = store.replace(replace).await.unwrap();
                return replaced == Replaced::Refused && !self.holds(new);
            }
            Verb::End(number) => {
                let _: Ended = store.end(End::new(key(number), None, now)).await.unwrap();
            }
            Verb::EndAll(number) => {
                let user = owner(number, now).user;
                store.end_all(user, now).await.unwrap();
                assert_eq!(store.count(user, now).await.unwrap(), 0);
            }
        }
        false
    }

    /// The maps of each shard and its number of sessions agree, the count is theirs, and nobody was refused while something had expired.
    fn check(&self, refused: bool) {
        let mut stored = 0;
        for place in 0..SHARDS {
            let shard = self.store.0.at(place);
            stored += shard.len();
            let due = shard
                .stored
                .iter()
                .map(|(key, slot)| (kept_until(&slot.bytes), *key));
            assert_eq!(shard.due, due.collect());
            let owners = shard
                .stored
                .iter()
                .filter_map(|(key, slot)| Some((*key, slot.owner?)));
            let owned = owners.map(|(key, owner)| (owner.user, owner.absolute, key));
            assert_eq!(shard.owned, owned.collect());
            let sessions = shard
                .stored
                .values()
                .filter(|slot| frame::expires(&slot.bytes).is_some());
            assert_eq!(shard.active, sessions.count() as u64);
            assert!(!refused || shard.due.first().is_none_or(|(until, _)| *until > self.now));
        }
        assert_eq!(self.store.len(), stored);
        assert!(!refused || stored >= self.store.0.capacity);
    }
}

proptest! {
    #[test]
    fn the_maps_agree_whatever_happens(
        capacity in 1..6_usize,
        verbs in proptest::collection::vec(any_verb(), 0..60),
    ) {
        let mut run = Run { store: MemoryStore::with_capacity(capacity), now: NOW, next: 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for verb in verbs {
            let refused = runtime.block_on(run.carry_out(verb));
            run.check(refused);
        }
    }
}
