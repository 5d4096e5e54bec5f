//! `end`: leaves a tombstone, whatever was there.

use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Created, End, Ended, Loaded, Store};

use super::{begin, end, load, put};
use crate::record::{MILLISECOND, MINUTE, NOW, Sample, anonymous, create, unreadable};

pub async fn end_ends_a_live_session(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    begin(&store, anonymous(2), &Sample::new(2)).await;
    assert_eq!(end(&store, anonymous(1)).await, Ended::Applied);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
    assert!(matches!(load(&store, anonymous(2)).await, Loaded::Live(_)));
}

pub async fn only_the_first_end_is_applied(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    assert_eq!(end(&store, anonymous(1)).await, Ended::Applied);
    assert_eq!(end(&store, anonymous(1)).await, Ended::Absent);
}

pub async fn a_second_end_leaves_the_tombstone_as_it_is(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    assert_eq!(end(&store, anonymous(1)).await, Ended::Applied);
    let late = End::new(anonymous(1), None, NOW.after(TOMBSTONE_LIFE - MILLISECOND));
    assert_eq!(store.end(late).await.unwrap(), Ended::Absent);
    let after = NOW.after(TOMBSTONE_LIFE);
    assert_eq!(store.load(anonymous(1), after).await.unwrap(), Loaded::Absent);
}

pub async fn an_end_after_the_tombstone_s_leaves_another(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    assert_eq!(end(&store, anonymous(1)).await, Ended::Applied);
    let after = NOW.after(TOMBSTONE_LIFE);
    let again = End::new(anonymous(1), None, after);
    assert_eq!(store.end(again).await.unwrap(), Ended::Absent);
    assert_eq!(store.load(anonymous(1), after).await.unwrap(), Loaded::Ended);
}

pub async fn ending_an_absent_session_keeps_a_late_create_out(store: impl Store) {
    assert_eq!(end(&store, anonymous(1)).await, Ended::Absent);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
    let late = store.create(create(anonymous(1), &Sample::new(1))).await;
    assert_eq!(late.unwrap(), Created::Refused);
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
}

pub async fn ending_an_expired_session_is_absent_and_leaves_a_tombstone(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let expired = NOW.after(MINUTE);
    let ended = store.end(End::new(anonymous(1), None, expired)).await;
    assert_eq!(ended.unwrap(), Ended::Absent);
    assert_eq!(store.load(anonymous(1), expired).await.unwrap(), Loaded::Ended);
    // By the clock of another server it was live still.
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
}

pub async fn end_needs_to_read_nothing(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        put(&store, anonymous(number), bytes).await;
        assert_eq!(end(&store, anonymous(number)).await, Ended::Applied);
        assert_eq!(load(&store, anonymous(number)).await, Loaded::Ended);
        assert_eq!(end(&store, anonymous(number)).await, Ended::Absent);
    }
}
