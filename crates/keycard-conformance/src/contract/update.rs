//! `update`: only over a live record of the expected revision.

use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Loaded, Store, Update, Updated};

use super::{assert_kept, begin, end, live, load, put};
use crate::record::{MILLISECOND, MINUTE, NOW, Sample, anonymous, revision, unreadable, update};

pub async fn update_writes_over_the_expected_revision(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1).holding([7; 900])).await;
    let states = [
        Sample::new(2).holding("shorter"),
        Sample::new(3).holding([8; 9000]),
        Sample::new(4).holding([]).expiring(NOW.after(90 * MINUTE)),
    ];
    for (expected, next) in (1..).zip(&states) {
        let updated = store.update(update(anonymous(1), expected, next)).await;
        assert_eq!(updated.unwrap(), Updated::Applied);
        assert_eq!(load(&store, anonymous(1)).await, live(next));
    }
}

pub async fn update_over_another_revision_answers_the_newest_record(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let updated = store.update(update(anonymous(1), 8, &Sample::new(9))).await;
    assert_eq!(updated.unwrap(), Updated::Conflict(Sample::new(1).bytes()));
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
}

pub async fn update_creates_nothing(store: impl Store) {
    let updated = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(updated.unwrap(), Updated::Gone);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Absent);
}

pub async fn update_does_not_revive_an_ended_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let _ = end(&store, anonymous(1)).await;
    for now in [NOW, NOW.after(TOMBSTONE_LIFE), NOW.after(10 * TOMBSTONE_LIFE)] {
        let late = Update::new(anonymous(1), revision(1), Sample::new(2).bytes(), None, now);
        assert_eq!(store.update(late).await.unwrap(), Updated::Gone);
    }
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
}

pub async fn update_does_not_revive_an_expired_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let at = |now| Update::new(anonymous(1), revision(1), Sample::new(2).bytes(), None, now);
    assert_eq!(store.update(at(NOW.after(MINUTE))).await.unwrap(), Updated::Gone);
    let in_time = store.update(at(NOW.after(MINUTE - MILLISECOND))).await;
    assert_eq!(in_time.unwrap(), Updated::Applied);
}

pub async fn update_after_a_lost_answer_counts_as_applied(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    for _ in 0..2 {
        let updated = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
        assert_eq!(updated.unwrap(), Updated::Applied);
    }
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(2)));
}

pub async fn a_repeated_update_does_not_undo_a_later_one(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    for (expected, next) in [(1, 2), (2, 3)] {
        let updated = store
            .update(update(anonymous(1), expected, &Sample::new(next)))
            .await;
        assert_eq!(updated.unwrap(), Updated::Applied);
    }
    let repeated = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(repeated.unwrap(), Updated::Conflict(Sample::new(3).bytes()));
}

pub async fn a_repeated_update_does_not_revive_an_ended_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let written = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(written.unwrap(), Updated::Applied);
    let _ = end(&store, anonymous(1)).await;
    let repeated = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(repeated.unwrap(), Updated::Gone);
}

pub async fn update_leaves_alone_what_it_cannot_read(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        put(&store, anonymous(number), bytes.clone()).await;
        let updated = store.update(update(anonymous(number), 1, &Sample::new(2))).await;
        assert_eq!(updated.unwrap(), Updated::Conflict(bytes.clone()));
        assert_kept(&store, anonymous(number), &bytes).await;
    }
}
