//! Which sessions a store counts as active, and until when.

use std::time::Duration;

use keycard::store::{Touch, Touched, Updated};

use super::statistics::{Counting, active_at, begin, log_in, owner};
use crate::record::{MILLISECOND, MINUTE, NOW, Sample, alice, anonymous, revision, session_of, update};

pub async fn sessions_are_active_from_their_beginning_to_their_expiry(store: impl Counting) {
    // In many parts of a store that is kept in parts.
    for number in 0..64 {
        let sample = Sample::new(1).expiring(NOW.after(MINUTE * 10));
        begin(&store, anonymous(number), None, &sample).await;
    }
    log_in(&store, alice(), 1, 0).await;
    let pending = Sample::new(2).pending();
    begin(&store, session_of(alice(), 2), Some(owner(alice(), 0)), &pending).await;
    assert_eq!(active_at(&store, Duration::ZERO).await, 66);
    assert_eq!(active_at(&store, MINUTE * 10 - MILLISECOND).await, 66);
    assert_eq!(active_at(&store, MINUTE * 10).await, 2);
    assert_eq!(active_at(&store, MINUTE * 30 - MILLISECOND).await, 2);
    let figures = store.statistics(NOW.after(MINUTE * 30)).await.unwrap();
    assert_eq!((figures.active_sessions, figures.logins), (0, 1));
    assert!(figures.ended.is_empty(), "expiry is no ending: {figures:?}");
}

pub async fn a_touch_and_an_update_move_when_a_session_ceases_to_be_active(store: impl Counting) {
    let expiring = |number, after: u32| Sample::new(number).expiring(NOW.after(MINUTE * after));
    for key in 1..=3 {
        begin(&store, anonymous(key), None, &expiring(1, 10)).await;
    }
    let touch = Touch::new(anonymous(1), revision(1), NOW.after(MINUTE * 20), NOW);
    assert_eq!(store.touch(touch).await.unwrap(), Touched::Applied);
    for (key, after) in [(2, 30), (3, 5)] {
        let moved = store.update(update(anonymous(key), 1, &expiring(2, after))).await;
        assert_eq!(moved.unwrap(), Updated::Applied);
    }
    for (after, active) in [(0, 3), (5, 2), (10, 2), (20, 1), (30, 0)] {
        assert_eq!(
            active_at(&store, MINUTE * after).await,
            active,
            "after {after} minutes"
        );
    }
}
