//! `end_others`: every session of one user but the one that asks, as long as that is there.

use std::collections::BTreeSet;
use std::sync::Arc;

use keycard::store::{Create, Created, Ended, Loaded, Revoked, UserIndex};
use keycard::{StoreKey, UserKey};

use super::end_all::keys;
use super::index::{begin, entries, listed};
use super::once::{TASKS, race, winner};
use crate::record::{
    HOUR, MILLISECOND, NOW, Sample, alice, anonymous, create, namesake, owner, session_of, unreadable,
};

/// Those who have ended; `None` if the session that was to stay is gone.
async fn end_others(store: &impl UserIndex, user: UserKey, keep: StoreKey) -> Option<BTreeSet<StoreKey>> {
    let Revoked::Applied(ended) = store.end_others(user, keep, NOW).await.unwrap() else {
        return None;
    };
    let unique: BTreeSet<StoreKey> = ended.iter().copied().collect();
    assert_eq!(unique.len(), ended.len(), "a key is answered once");
    Some(unique)
}

pub async fn end_others_ends_what_it_answers_and_spares_one(store: impl UserIndex) {
    for number in 0..5 {
        begin(&store, alice(), number, &Sample::new(number)).await;
    }
    begin(&store, alice(), 5, &Sample::new(5).pending()).await;
    let ended = end_others(&store, alice(), session_of(alice(), 3)).await;
    assert_eq!(ended, Some(keys(alice(), [0, 1, 2, 4, 5])));
    for key in keys(alice(), [0, 1, 2, 4, 5]) {
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Ended);
    }
    let left = entries(alice(), &[(3, &Sample::new(3))]);
    assert_eq!(listed(&store, alice(), NOW).await, left);
    let again = end_others(&store, alice(), session_of(alice(), 3)).await;
    assert_eq!(again, Some(BTreeSet::new()), "nobody else is left");
}

pub async fn end_others_ends_nobody_if_the_kept_one_is_not_there(store: impl UserIndex) {
    begin(&store, alice(), 1, &Sample::new(1)).await;
    begin(&store, alice(), 2, &Sample::new(2)).await;
    let later = NOW.after(MILLISECOND);
    begin(&store, alice(), 3, &Sample::new(3).expiring(later)).await;
    begin(&store, namesake(), 4, &Sample::new(4)).await;
    let guest = store.create(create(anonymous(5), &Sample::new(5))).await;
    assert_eq!(guest.unwrap(), Created::Applied);
    let ended = store.end_one(alice(), session_of(alice(), 2), NOW).await;
    assert_eq!(ended.unwrap(), Ended::Applied);

    let left = entries(alice(), &[(1, &Sample::new(1))]);
    for (keep, what) in [
        (session_of(alice(), 2), "one that has ended"),
        (session_of(alice(), 3), "one that has expired"),
        (session_of(namesake(), 4), "another user's"),
        (anonymous(5), "a guest's"),
        (session_of(alice(), 6), "none"),
    ] {
        let revoked = store.end_others(alice(), keep, later).await;
        assert_eq!(revoked.unwrap(), Revoked::Gone, "{what}");
        assert_eq!(listed(&store, alice(), later).await, left, "{what}");
    }
}

pub async fn end_others_needs_to_read_nothing(store: impl UserIndex) {
    for (number, bytes) in (0..).zip(unreadable()) {
        let owner = owner(alice(), NOW.after(HOUR));
        let create = Create::new(session_of(alice(), number), bytes, Some(owner), NOW);
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
    let ended = end_others(&store, alice(), session_of(alice(), 0)).await;
    assert_eq!(ended, Some(keys(alice(), 1..6)));
    let kept = store.load(session_of(alice(), 0), NOW).await.unwrap();
    assert!(matches!(kept, Loaded::Live(_)), "{kept:?}");
}

pub async fn of_many_that_end_each_other_at_once_one_stays(store: impl UserIndex) {
    let store = Arc::new(store);
    for number in 0..TASKS {
        begin(&*store, alice(), number, &Sample::new(number)).await;
    }
    let answers = race(&store, |store, number| async move {
        end_others(&*store, alice(), session_of(alice(), number)).await
    })
    .await;
    let winner = winner(&answers, Option::is_some);
    let stays = Sample::new(winner);
    assert_eq!(
        listed(&*store, alice(), NOW).await,
        entries(alice(), &[(winner, &stays)])
    );
}
