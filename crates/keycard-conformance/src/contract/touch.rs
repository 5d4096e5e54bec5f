//! `touch`: moves two times in the header of a live record, only forward, and changes nothing else.

use std::time::Duration;

use keycard::Timestamp;
use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Loaded, Store, Touch, Touched, Updated};

use super::{assert_kept, begin, end, live, load, put};
use crate::record::{HOUR, MINUTE, NOW, Sample, anonymous, revision, unreadable, update};

/// A use of the session of revision 1, `after` [`NOW`].
fn touch(after: Duration, expires: Timestamp) -> Touch {
    Touch::new(anonymous(1), revision(1), expires, NOW.after(after))
}

pub async fn touch_moves_the_times_and_nothing_else(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let expires = NOW.after(40 * MINUTE);
    let touched = store.touch(touch(10 * MINUTE, expires)).await;
    assert_eq!(touched.unwrap(), Touched::Applied);
    let expected = Sample::new(1).seen(NOW.after(10 * MINUTE)).expiring(expires);
    assert_eq!(load(&store, anonymous(1)).await, live(&expected));
}

pub async fn a_touched_session_lives_until_its_new_time(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1).expiring(NOW.after(MINUTE))).await;
    let expires = NOW.after(5000 * HOUR);
    assert_eq!(
        store.touch(touch(Duration::ZERO, expires)).await.unwrap(),
        Touched::Applied
    );
    let late = NOW.after(4999 * HOUR);
    assert_eq!(
        store.load(anonymous(1), late).await.unwrap(),
        live(&Sample::new(1).expiring(expires))
    );
    assert_eq!(store.load(anonymous(1), expires).await.unwrap(), Loaded::Absent);
}

pub async fn touch_never_moves_a_time_back(store: impl Store) {
    let sample = Sample::new(1).seen(NOW.after(5 * MINUTE));
    begin(&store, anonymous(1), &sample).await;
    let touched = store.touch(touch(MINUTE, NOW.after(20 * MINUTE))).await;
    assert_eq!(touched.unwrap(), Touched::Applied);
    assert_eq!(
        load(&store, anonymous(1)).await,
        live(&sample),
        "neither time moves"
    );

    let touched = store.touch(touch(6 * MINUTE, NOW.after(20 * MINUTE))).await;
    assert_eq!(touched.unwrap(), Touched::Applied);
    let expected = sample.seen(NOW.after(6 * MINUTE));
    assert_eq!(
        load(&store, anonymous(1)).await,
        live(&expected),
        "each by itself"
    );
}

pub async fn touch_may_be_repeated(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    for _ in 0..2 {
        let touched = store.touch(touch(MINUTE, NOW.after(31 * MINUTE))).await;
        assert_eq!(touched.unwrap(), Touched::Applied);
    }
}

pub async fn touch_leaves_a_newer_revision_alone(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let written = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(written.unwrap(), Updated::Applied);
    let touched = store.touch(touch(MINUTE, NOW.after(HOUR))).await;
    assert_eq!(touched.unwrap(), Touched::Changed);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(2)));
}

pub async fn a_touched_record_still_bears_its_revision(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let touched = store.touch(touch(MINUTE, NOW.after(HOUR))).await;
    assert_eq!(touched.unwrap(), Touched::Applied);
    let written = store.update(update(anonymous(1), 1, &Sample::new(2))).await;
    assert_eq!(written.unwrap(), Updated::Applied);
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(2)));
}

pub async fn touch_revives_nothing(store: impl Store) {
    let after_all = NOW.after(9 * HOUR);
    assert_eq!(
        store.touch(touch(MINUTE, after_all)).await.unwrap(),
        Touched::Gone
    );
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Absent);

    begin(&store, anonymous(1), &Sample::new(1)).await;
    let expired = store.touch(touch(30 * MINUTE, after_all)).await;
    assert_eq!(expired.unwrap(), Touched::Gone, "an expired one");
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));

    let _ = end(&store, anonymous(1)).await;
    for after in [Duration::ZERO, TOMBSTONE_LIFE] {
        let ended = store.touch(touch(after, after_all)).await;
        assert_eq!(ended.unwrap(), Touched::Gone, "an ended one");
    }
    assert_eq!(load(&store, anonymous(1)).await, Loaded::Ended);
}

pub async fn touch_leaves_alone_what_it_cannot_read(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        put(&store, anonymous(number), bytes.clone()).await;
        let touch = Touch::new(anonymous(number), revision(1), NOW.after(HOUR), NOW.after(MINUTE));
        assert_eq!(store.touch(touch).await.unwrap(), Touched::Changed);
        assert_kept(&store, anonymous(number), &bytes).await;
    }
}
