//! Each verb is one atomic step: of many that race for the same thing, one gets it.

use std::sync::Arc;

use keycard::store::{Create, Created, Ended, Loaded, Replace, Replaced, Store, Updated};
use tokio::sync::Barrier;

use super::{begin, end, live, load};
use crate::record::{NOW, Sample, anonymous, create, revision, update};

pub(crate) const TASKS: u64 = 64;

/// Runs `race` in many tasks that begin together, each with a number of its own, and answers what each answered.
pub(crate) async fn race<S, T, F>(store: &Arc<S>, race: impl Fn(Arc<S>, u64) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let start = Arc::new(Barrier::new(usize::try_from(TASKS).expect("a small number")));
    let tasks: Vec<_> = (0..TASKS)
        .map(|number| {
            let (start, task) = (Arc::clone(&start), race(Arc::clone(store), number));
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// The number of the task that won; the others must not have.
pub(super) fn winner<T>(answers: &[T], has_won: impl Fn(&T) -> bool) -> u64 {
    let winners: Vec<u64> = (0..)
        .zip(answers)
        .filter(|(_, answer)| has_won(answer))
        .map(|(number, _)| number)
        .collect();
    assert_eq!(winners.len(), 1, "winners: {winners:?}");
    winners[0]
}

pub async fn of_many_creates_of_one_key_one_is_applied(store: impl Store) {
    let store = Arc::new(store);
    let answers = race(&store, |store, number| async move {
        store
            .create(create(anonymous(1), &Sample::new(number)))
            .await
            .unwrap()
    })
    .await;
    let winner = winner(&answers, |answer| *answer == Created::Applied);
    assert_eq!(load(&*store, anonymous(1)).await, live(&Sample::new(winner)));
}

pub async fn of_many_updates_of_one_revision_one_is_applied(store: impl Store) {
    let store = Arc::new(store);
    begin(&*store, anonymous(1), &Sample::new(1000)).await;
    let answers = race(&store, |store, number| async move {
        store
            .update(update(anonymous(1), 1000, &Sample::new(number)))
            .await
            .unwrap()
    })
    .await;
    let winner = winner(&answers, |answer| *answer == Updated::Applied);
    let newest = Sample::new(winner);
    assert_eq!(load(&*store, anonymous(1)).await, live(&newest));
    let conflicts = answers
        .iter()
        .filter(|answer| **answer == Updated::Conflict(newest.bytes()));
    assert_eq!(conflicts.count(), answers.len() - 1);
}

pub async fn of_many_replaces_of_one_session_one_is_applied(store: impl Store) {
    let store = Arc::new(store);
    begin(&*store, anonymous(1000), &Sample::new(1)).await;
    let answers = race(&store, |store, number| async move {
        let new = Create::new(anonymous(number), Sample::new(2).bytes(), None, NOW);
        let replace = Replace::new(anonymous(1000), revision(1), None, new);
        store.replace(replace).await.unwrap()
    })
    .await;
    let winner = winner(&answers, |answer| *answer == Replaced::Applied);
    for number in 0..TASKS {
        let expected = if number == winner {
            live(&Sample::new(2))
        } else {
            Loaded::Absent
        };
        assert_eq!(load(&*store, anonymous(number)).await, expected);
    }
}

pub async fn of_many_ends_of_one_session_one_is_applied(store: impl Store) {
    let store = Arc::new(store);
    begin(&*store, anonymous(1), &Sample::new(1)).await;
    let answers = race(&store, |store, _| async move { end(&*store, anonymous(1)).await }).await;
    winner(&answers, |answer| *answer == Ended::Applied);
}

pub async fn an_end_among_many_updates_is_final(store: impl Store) {
    let store = Arc::new(store);
    begin(&*store, anonymous(1), &Sample::new(1)).await;
    race(&store, |store, number| async move {
        if number == TASKS / 2 {
            assert_eq!(end(&*store, anonymous(1)).await, Ended::Applied);
            return;
        }
        let next = Sample::new(2 + number);
        let mut outcome = store.update(update(anonymous(1), 1, &next)).await.unwrap();
        while let Updated::Conflict(newest) = outcome {
            let expected = keycard::store::frame::revision(&newest).expect("a record of ours");
            let again = keycard::store::Update::new(anonymous(1), expected, next.bytes(), None, NOW);
            outcome = store.update(again).await.unwrap();
        }
    })
    .await;
    assert_eq!(load(&*store, anonymous(1)).await, Loaded::Ended);
}
