//! `load` and `load_many`.

use keycard::store::frame::TOMBSTONE_LIFE;
use keycard::store::{Loaded, MAX_RECORD, Store};

use super::{begin, end, live, load, put};
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW, Sample, anonymous, unreadable};

pub async fn load_tells_live_ended_and_absent_apart(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    begin(&store, anonymous(2), &Sample::new(2)).await;
    let _ = end(&store, anonymous(2)).await;
    assert_eq!(load(&store, anonymous(1)).await, live(&Sample::new(1)));
    assert_eq!(load(&store, anonymous(2)).await, Loaded::Ended);
    assert_eq!(load(&store, anonymous(3)).await, Loaded::Absent);
}

pub async fn load_judges_expiry_by_the_header_and_the_time_that_is_given(store: impl Store) {
    let sample = Sample::new(1).expiring(NOW.after(MINUTE));
    begin(&store, anonymous(1), &sample).await;
    let before = NOW.after(MINUTE - MILLISECOND);
    assert_eq!(store.load(anonymous(1), before).await.unwrap(), live(&sample));
    for later in [MINUTE, MINUTE + MILLISECOND, 1000 * HOUR] {
        assert_eq!(
            store.load(anonymous(1), NOW.after(later)).await.unwrap(),
            Loaded::Absent,
            "after {later:?}"
        );
    }
    // Another server's clock may be behind: nothing was forgotten by looking.
    assert_eq!(store.load(anonymous(1), before).await.unwrap(), live(&sample));
}

pub async fn a_long_session_lives_to_its_last_millisecond(store: impl Store) {
    let sample = Sample::new(1).expiring(NOW.after(9000 * HOUR));
    begin(&store, anonymous(1), &sample).await;
    let late = NOW.after(9000 * HOUR - MILLISECOND);
    assert_eq!(store.load(anonymous(1), late).await.unwrap(), live(&sample));
}

pub async fn a_tombstone_counts_until_its_end_and_not_at_it(store: impl Store) {
    begin(&store, anonymous(1), &Sample::new(1)).await;
    let _ = end(&store, anonymous(1)).await;
    let last = NOW.after(TOMBSTONE_LIFE - MILLISECOND);
    assert_eq!(store.load(anonymous(1), last).await.unwrap(), Loaded::Ended);
    let after = NOW.after(TOMBSTONE_LIFE);
    assert_eq!(store.load(anonymous(1), after).await.unwrap(), Loaded::Absent);
}

pub async fn bytes_of_an_unknown_version_are_handed_out_as_they_are(store: impl Store) {
    for (number, bytes) in (0..).zip(unreadable()) {
        put(&store, anonymous(number), bytes.clone()).await;
        assert_eq!(load(&store, anonymous(number)).await, Loaded::Live(bytes));
    }
}

pub async fn the_largest_record_comes_back_byte_for_byte(store: impl Store) {
    let all_bytes: Vec<u8> = (0..=u8::MAX).cycle().take(MAX_RECORD).collect();
    let room = MAX_RECORD - Sample::new(1).holding([]).bytes().len();
    let sample = Sample::new(1).holding(&all_bytes[..room]);
    assert_eq!(sample.bytes().len(), MAX_RECORD);
    begin(&store, anonymous(1), &sample).await;
    assert_eq!(load(&store, anonymous(1)).await, live(&sample));
}

pub async fn load_many_answers_in_the_order_of_the_keys(store: impl Store) {
    for number in 1..=3 {
        begin(&store, anonymous(number), &Sample::new(number)).await;
    }
    let _ = end(&store, anonymous(2)).await;
    let numbers = [3, 9, 2, 1, 3];
    let found = store.load_many(&numbers.map(anonymous), NOW).await.unwrap();
    let third = || live(&Sample::new(3));
    let expected = [
        third(),
        Loaded::Absent,
        Loaded::Ended,
        live(&Sample::new(1)),
        third(),
    ];
    assert_eq!(found, expected);
}

pub async fn load_many_of_no_keys_answers_nothing(store: impl Store) {
    assert_eq!(store.load_many(&[], NOW).await.unwrap(), []);
}
