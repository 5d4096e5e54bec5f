//! What a store remembers of a user, and that it remembers what landed, once.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use keycard::store::SessionLimit::{EvictOldest, Refuse};
use keycard::store::{
    Create, Created, End, Ended, Fate, History, Note, Noted, Owner, Replace, Replaced, Retention, Revoked,
    Update, Updated, Which,
};
use keycard::{StoreKey, Timestamp, UserKey};

use super::once::{TASKS, race};
use crate::record::{HOUR, MINUTE, NOW, Sample, alice, anonymous, bob, device, revision, session_of};

pub(crate) fn keeping(notes: usize) -> Retention {
    Retention::new(notes, HOUR).unwrap()
}

/// A note in Alice's history.
pub(crate) fn note(text: &'static str) -> Note {
    Note::new(alice(), Bytes::from(text), keeping(100))
}

pub(super) fn owner(on: u8) -> Owner {
    Owner::new(alice(), device(on), Sample::new(0).absolute)
}

fn key(number: u64) -> StoreKey {
    session_of(alice(), number)
}

pub(super) fn login(number: u64, owner: Owner, now: Timestamp) -> Create {
    let record = Sample::new(number).expiring(now.after(MINUTE * 30)).bytes();
    Create::new(key(number), record, Some(owner), now)
}

fn write(number: u64, expected: u64, new: u64, owner: impl Into<Option<Owner>>) -> Update {
    let record = Sample::new(new).bytes();
    Update::new(key(number), revision(expected), record, owner.into(), NOW)
}

/// A login that goes on from a guest's session.
fn succeed(guest: u64, expected: u64, new: u64, owner: Owner) -> Replace {
    let new = login(new, owner, NOW).noting(note("replace"));
    Replace::new(anonymous(guest), revision(expected), None, new)
}

pub(super) async fn begin(store: &impl History, create: Create) {
    assert_eq!(store.create(create).await.unwrap(), Created::Applied);
}

async fn guest(store: &impl History, number: u64) {
    let record = Sample::new(number).bytes();
    begin(store, Create::new(anonymous(number), record, None, NOW)).await;
}

pub(super) async fn history(store: &impl History, user: UserKey) -> Vec<Noted> {
    store.history(user, keeping(100), NOW).await.unwrap()
}

/// What the notes say, oldest first, and what became of each.
async fn told(store: &impl History) -> Vec<(String, Fate)> {
    let noted = history(store, alice()).await.into_iter().rev();
    let text = |noted: &Noted| String::from_utf8(noted.bytes.to_vec()).unwrap();
    noted.map(|noted| (text(&noted), noted.fate)).collect()
}

async fn assert_told(store: &impl History, expected: &[(&str, &[StoreKey])], what: &str) {
    let expected = expected.iter();
    let landed = expected.map(|(text, ended)| ((*text).to_owned(), Fate::Landed(ended.to_vec())));
    assert_eq!(told(store).await, landed.collect::<Vec<_>>(), "{what}");
}

pub async fn nothing_is_remembered_that_no_note_says(store: impl History) {
    begin(&store, login(1, owner(0), NOW)).await;
    let update = write(1, 1, 2, owner(0));
    assert_eq!(store.update(update).await.unwrap(), Updated::Applied);
    assert_eq!(store.end_all(alice(), NOW).await.unwrap(), [key(1)]);
    assert_eq!(history(&store, alice()).await, []);
}

pub async fn each_verb_is_remembered_once_with_who_has_ended_by_it(store: impl History) {
    for number in 1..=3 {
        guest(&store, number).await;
    }
    let mut expected: Vec<(&str, &[StoreKey])> = Vec::new();
    let keys: Vec<StoreKey> = (0..20).map(key).collect();
    let create = |number, on, text| login(number, owner(on), NOW).noting(note(text));

    for _ in 0..2 {
        drop(store.create(create(1, 7, "create")).await.unwrap());
    }
    expected.push(("create", &[]));
    for _ in 0..2 {
        drop(store.create(create(2, 7, "on its device")).await.unwrap());
    }
    expected.push(("on its device", &keys[1..2]));
    for _ in 0..2 {
        let step_up = write(2, 2, 12, None).noting(note("step-up"));
        assert_eq!(store.update(step_up).await.unwrap(), Updated::Applied);
    }
    expected.push(("step-up", &[]));
    assert_told(&store, &expected, "create and update").await;

    for _ in 0..2 {
        drop(store.replace(succeed(1, 1, 3, owner(7))).await.unwrap());
    }
    expected.push(("replace", &keys[2..3]));
    begin(&store, login(4, owner(0), NOW)).await;
    for _ in 0..2 {
        let again = write(4, 4, 14, owner(7)).noting(note("onto the device"));
        drop(store.update(again).await.unwrap());
    }
    expected.push(("onto the device", &keys[3..4]));
    assert_told(&store, &expected, "replace, and update with an owner").await;

    for _ in 0..2 {
        let end = End::new(key(4), Some(owner(7)), NOW).noting(note("end"));
        let _: Ended = store.end(end).await.unwrap();
    }
    expected.push(("end", &[]));
    assert_told(&store, &expected, "end").await;
}

pub async fn what_is_ended_from_elsewhere_is_one_note(store: impl History) {
    let end = async |which, expected: &[StoreKey]| {
        let ended = store.end_noting(which, note("revoke"), NOW).await.unwrap();
        let ended: BTreeSet<StoreKey> = ended.into_keys().into_iter().collect();
        assert_eq!(ended, expected.iter().copied().collect(), "{which:?}");
        let newest = history(&store, alice()).await.into_iter().next();
        newest.map(|noted| noted.fate)
    };
    for number in 1..=6 {
        // One in each place: of two on one device the first ends.
        let on = u8::try_from(number % 5).unwrap();
        drop(store.create(login(number, owner(on), NOW)).await.unwrap());
    }
    drop(
        store
            .create(Create::new(
                session_of(bob(), 9),
                Sample::new(9).bytes(),
                None,
                NOW,
            ))
            .await,
    );
    assert_eq!(
        end(Which::Session(session_of(bob(), 9)), &[]).await,
        None,
        "a foreign key"
    );
    assert_eq!(end(Which::Device(device(0)), &[]).await, None, "no device");
    assert_eq!(
        end(Which::Session(key(2)), &[key(2)]).await,
        Some(Fate::Landed(vec![key(2)]))
    );
    assert_eq!(
        end(Which::Device(device(3)), &[key(3)]).await,
        Some(Fate::Landed(vec![key(3)]))
    );
    let gone = store.end_noting(Which::Others(key(3)), note("revoke"), NOW).await;
    assert_eq!(gone.unwrap(), Revoked::Gone);
    let Some(Fate::Landed(ended)) = end(Which::Others(key(5)), &[key(4), key(6)]).await else {
        panic!("it has landed");
    };
    assert_eq!(BTreeSet::from_iter(ended), BTreeSet::from([key(4), key(6)]));
    assert_eq!(end(Which::All, &[key(5)]).await, Some(Fate::Landed(vec![key(5)])));
    drop(end(Which::All, &[]).await);
    assert_eq!(history(&store, alice()).await.len(), 4, "nobody was left");
}

pub async fn a_login_that_the_limit_refuses_is_remembered_as_refused(store: impl History) {
    let limited = owner(0).limited(Refuse(1));
    guest(&store, 1).await;
    begin(&store, login(1, limited, NOW)).await;
    let pending = Create::new(key(2), Sample::new(2).pending().bytes(), Some(limited), NOW);
    begin(&store, pending).await;

    let create = login(3, limited, NOW).noting(note("create"));
    assert_eq!(store.create(create).await.unwrap(), Created::LimitReached);
    let complete = write(2, 2, 12, limited).noting(note("last factor"));
    assert_eq!(store.update(complete).await.unwrap(), Updated::LimitReached);
    let replace = succeed(1, 1, 3, limited);
    assert_eq!(store.replace(replace).await.unwrap(), Replaced::LimitReached);
    let refused = ["create", "last factor", "replace"].map(|text| (text.to_owned(), Fate::Refused));
    assert_eq!(told(&store).await, refused);
}

pub async fn what_does_not_land_is_not_remembered(store: impl History) {
    guest(&store, 1).await;
    begin(&store, login(1, owner(0), NOW)).await;
    begin(&store, login(2, owner(0), NOW)).await;
    let taken = Create::new(key(1), Sample::new(9).bytes(), Some(owner(0)), NOW).noting(note("taken"));
    assert_eq!(store.create(taken).await.unwrap(), Created::Refused);
    let conflict = store.update(write(1, 8, 9, owner(0)).noting(note("conflict")));
    assert_eq!(conflict.await.unwrap(), Updated::Conflict(Sample::new(1).bytes()));
    let gone = store.update(write(7, 1, 9, owner(0)).noting(note("gone")));
    assert_eq!(gone.await.unwrap(), Updated::Gone);
    let conflict = store.replace(succeed(1, 8, 9, owner(0))).await.unwrap();
    assert_eq!(conflict, Replaced::Conflict(Sample::new(1).bytes()));
    assert_eq!(
        store.replace(succeed(7, 1, 9, owner(0))).await.unwrap(),
        Replaced::Gone
    );
    let mut taken = succeed(1, 1, 2, owner(0));
    taken.new.record = Sample::new(9).bytes();
    assert_eq!(store.replace(taken).await.unwrap(), Replaced::Refused);
    for absent in [
        End::new(key(7), None, NOW),
        End::new(key(1), None, NOW.after(HOUR)),
    ] {
        let absent = absent.noting(note("absent"));
        assert_eq!(store.end(absent).await.unwrap(), Ended::Absent);
    }
    assert_eq!(history(&store, alice()).await, []);
}

pub async fn nothing_is_lost_in_a_race(store: impl History) {
    let store = Arc::new(store);
    let limited = owner(0).limited(EvictOldest(3));
    race(&store, |store, number| async move {
        drop(
            store
                .create(login(number, limited, NOW).noting(note("login")))
                .await
                .unwrap(),
        );
    })
    .await;
    let noted = history(&*store, alice()).await;
    assert_eq!(noted.len() as u64, TASKS);
    let mut ended = BTreeSet::new();
    for noted in noted {
        let Fate::Landed(displaced) = noted.fate else {
            panic!("it has landed: {noted:?}");
        };
        for key in displaced {
            assert!(ended.insert(key), "{key} has ended twice");
        }
    }
    assert_eq!(ended.len() as u64, TASKS - 3);
}
