//! `replace`: one session ends and another begins, or nothing happens.

use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Create, Created, Ended, Loaded, Replace, Replaced, Store, Updated};
use keycard::{StoreKey, Timestamp};

use super::{assert_kept, begin, end, live, load, put};
use crate::record::{
    MINUTE, NOW, Sample, alice, anonymous, create, create_for, owner, revision, session_of, unreadable,
    update,
};

/// Revision 1 of the old session, for revision 10 under the new key.
fn replace(old: StoreKey, new: StoreKey, now: Timestamp) -> Replace {
    let new = Create::new(new, Sample::new(10).bytes(), None, now);
    Replace::new(old, revision(1), None, new)
}

fn first_for_second() -> Replace {
    replace(anonymous(1), anonymous(2), NOW)
}

pub async fn replace_ends_the_old_session_and_begins_the_new_one(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let replaced = store.replace(first_for_second()).await;
    assert_eq!(replaced.unwrap(), Replaced::Applied);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
    assert_eq!(load(&store, anonymous(2)).await, live(&Sample::new(10)));
    let after = NOW.after(TOMBSTONE_LIFE);
    assert_eq!(store.load(anonymous(1), after).await.unwrap(), Loaded::Absent);
}

pub async fn replace_works_between_any_two_tags(store: impl Store) {
    for number in 0..64 {
        let (old, new) = (anonymous(number), anonymous(1000 - number));
        begin(&store, old, &Sample::new(1)).await;
        let replaced = store.replace(replace(old, new, NOW)).await;
        assert_eq!(replaced.unwrap(), Replaced::Applied);
        assert_eq!(load(&store, old).await, Loaded::Ended);
        assert_eq!(load(&store, new).await, live(&Sample::new(10)));
    }
    let (old, new) = (session_of(alice(), 1), session_of(alice(), 2));
    begin(&store, old, &Sample::new(1)).await;
    let replaced = store.replace(replace(old, new, NOW)).await;
    assert_eq!(replaced.unwrap(), Replaced::Applied, "of one tag");
    assert_eq!(load(&store, old).await, Loaded::Ended);
    assert_eq!(load(&store, new).await, live(&Sample::new(10)));
}

pub async fn replace_of_another_revision_answers_the_newest_record(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let written = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(written.unwrap(), Updated::Applied);
    let replaced = store.replace(first_for_second()).await;
    assert_eq!(replaced.unwrap(), Replaced::Conflict(Sample::new(2).bytes()));
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(2)));
    assert_eq!(load(&store, anonymous(2)).await, Loaded::Absent);
}

pub async fn replace_of_a_session_that_is_gone_begins_nothing(store: impl Store) {
    assert_eq!(store.replace(first_for_second()).await.unwrap(), Replaced::Gone);

    begin(&store, anonymous(3), &Sample::new(1)).await;
    assert_eq!(end(&store, anonymous(3)).await, Ended::Applied);
    let ended = store.replace(replace(anonymous(3), anonymous(2), NOW)).await;
    assert_eq!(ended.unwrap(), Replaced::Gone, "ended");

    begin(&store, anonymous(4), &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let late = replace(anonymous(4), anonymous(2), NOW.after(MINUTE));
    assert_eq!(store.replace(late).await.unwrap(), Replaced::Gone, "expired");

    assert_eq!(load(&store, anonymous(2)).await, Loaded::Absent);
}

pub async fn a_refused_replace_leaves_both_as_they_were(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    begin(&store, anonymous(2), &Sample::new(2)).await;
    begin(&store, anonymous(3), &Sample::new(10)).await;
    assert_eq!(end(&store, anonymous(3)).await, Ended::Applied);
    for taken in [2, 3] {
        let replaced = store.replace(replace(anonymous(1), anonymous(taken), NOW)).await;
        assert_eq!(replaced.unwrap(), Replaced::Refused);
    }
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
    assert_eq!(load(&store, anonymous(2)).await, live(&Sample::new(2)));
    assert_eq!(load(&store, anonymous(3)).await, Loaded::Ended);
}

pub async fn replace_after_a_lost_answer_counts_as_applied(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    for _ in 0..2 {
        let replaced = store.replace(first_for_second()).await;
        assert_eq!(replaced.unwrap(), Replaced::Applied);
    }
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
    assert_eq!(load(&store, anonymous(2)).await, live(&Sample::new(10)));
}

pub async fn a_repeated_replace_revives_neither_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let replaced = store.replace(first_for_second()).await;
    assert_eq!(replaced.unwrap(), Replaced::Applied);
    assert_eq!(end(&store, anonymous(2)).await, Ended::Applied);
    assert_eq!(store.replace(first_for_second()).await.unwrap(), Replaced::Gone);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
    assert_eq!(load(&store, anonymous(2)).await, Loaded::Ended);
    let again = store.create(create(anonymous(1), &Sample::new(1))).await;
    assert_eq!(again.unwrap(), Created::Refused);
}

pub async fn replace_leaves_alone_what_it_cannot_read(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        let (old, new) = (anonymous(number), anonymous(100 + number));
        put(&store, old, bytes.clone()).await;
        let replaced = store.replace(replace(old, new, NOW)).await;
        assert_eq!(replaced.unwrap(), Replaced::Conflict(bytes.clone()));
        assert_kept(&store, old, &bytes).await;
        assert_eq!(load(&store, new).await, Loaded::Absent);
    }
}

pub async fn replace_takes_owners_with_and_without(store: impl Store) {
    let absolute = Sample::new(1).absolute;
    let of_alice = |number, revision| create_for(alice(), number, &Sample::new(revision));
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let steps = [
        Replace::new(anonymous(1), revision(1), None, of_alice(1, 2)),
        Replace::new(
            session_of(alice(), 1),
            revision(2),
            Some(owner(alice(), absolute)),
            of_alice(2, 3),
        ),
        Replace::new(
            session_of(alice(), 2),
            revision(3),
            Some(owner(alice(), absolute)),
            create(anonymous(4), &Sample::new(4)),
        ),
    ];
    for step in steps {
        let (old, new) = (step.old, step.new.key);
        assert_eq!(store.replace(step).await.unwrap(), Replaced::Applied);
        assert_eq!(load(&store, old).await, Loaded::Ended);
        assert!(matches!(load(&store, new).await, Loaded::Live(_)));
    }
}
