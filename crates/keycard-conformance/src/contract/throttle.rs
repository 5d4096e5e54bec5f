//! The contract of [`Throttle`]: windows slide to the millisecond, and an attempt stands in all of them or in none.

use std::sync::Arc;
use std::time::Duration;

use keycard::Timestamp;
use keycard::auth::throttle::Limit;
use keycard::store::{Refund, Reserved, Throttle, ThrottleKey, Window};

use super::once::race;
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW};

/// A name with bytes that mean something elsewhere.
fn key(number: u8) -> ThrottleKey {
    ThrottleKey::from_bytes(
        [&b"\0{key}\r\n\xff*:   "[..], &[0, number]]
            .concat()
            .try_into()
            .expect("16 bytes"),
    )
}

fn window(number: u8, attempts: usize, span: Duration) -> Window {
    Window::new(key(number), Limit::new(attempts, span).expect("a limit"))
}

fn after(span: Duration) -> Timestamp {
    NOW.after(span)
}

const fn left(left: usize) -> Reserved {
    Reserved::Applied { left }
}

fn full_for(span: Duration) -> Reserved {
    Reserved::Throttled { until: after(span) }
}

async fn reserve(store: &impl Throttle, windows: &[Window], now: Timestamp) -> Reserved {
    store.reserve(windows, now).await.expect("`reserve` answers")
}

async fn refund(store: &impl Throttle, keys: &[ThrottleKey], cleared: &[ThrottleKey], reserved: Timestamp) {
    let refund = Refund::new(keys.to_vec(), cleared.to_vec(), reserved);
    store.refund(&refund).await.expect("`refund` answers");
}

pub async fn a_window_holds_as_many_attempts_as_its_limit_says(store: impl Throttle) {
    let five = [window(1, 5, HOUR)];
    for expected in (0..5).rev() {
        assert_eq!(reserve(&store, &five, NOW).await, left(expected));
    }
    assert_eq!(reserve(&store, &five, NOW).await, full_for(HOUR));
    assert_eq!(
        reserve(&store, &[window(2, 5, HOUR)], NOW).await,
        left(4),
        "another"
    );
}

pub async fn a_window_slides_to_the_millisecond(store: impl Throttle) {
    let three = [window(1, 3, HOUR)];
    for (at, expected) in [
        (Duration::ZERO, left(2)),
        (20 * MINUTE, left(1)),
        (20 * MINUTE, left(0)),
        (HOUR - MILLISECOND, full_for(HOUR)),
        (HOUR, left(0)),
        (HOUR, full_for(80 * MINUTE)),
        (80 * MINUTE - MILLISECOND, full_for(80 * MINUTE)),
        (80 * MINUTE, left(1)),
        (80 * MINUTE, left(0)),
        (80 * MINUTE, full_for(2 * HOUR)),
        (5 * HOUR, left(2)),
    ] {
        assert_eq!(reserve(&store, &three, after(at)).await, expected, "after {at:?}");
    }
}

pub async fn an_attempt_that_one_window_refuses_is_counted_in_none(store: impl Throttle) {
    let (wide, narrow) = (window(1, 9, HOUR), window(2, 1, HOUR));
    assert_eq!(reserve(&store, &[narrow], NOW).await, left(0));
    for windows in [[wide, narrow], [narrow, wide]] {
        assert_eq!(reserve(&store, &windows, after(MINUTE)).await, full_for(HOUR));
    }
    assert_eq!(reserve(&store, &[wide], NOW).await, left(8));
}

pub async fn of_several_windows_the_fullest_decides(store: impl Throttle) {
    let (two, one, five) = (window(1, 2, HOUR), window(2, 1, 2 * HOUR), window(3, 5, 3 * HOUR));
    assert_eq!(reserve(&store, &[five, two], NOW).await, left(1));
    assert_eq!(reserve(&store, &[two, one], after(MINUTE)).await, left(0));
    for windows in [[one, two, five], [five, two, one]] {
        let refused = reserve(&store, &windows, after(2 * MINUTE)).await;
        assert_eq!(
            refused,
            full_for(2 * HOUR + MINUTE),
            "when the last of them has room"
        );
    }
    let again = reserve(&store, &[one, two, five], after(2 * HOUR + MINUTE)).await;
    assert_eq!(again, left(0));
}

pub async fn a_refused_attempt_is_not_counted(store: impl Throttle) {
    let two = [window(1, 2, HOUR)];
    assert_eq!(reserve(&store, &two, NOW).await, left(1));
    assert_eq!(reserve(&store, &two, NOW).await, left(0));
    for minutes in 1..60 {
        let refused = reserve(&store, &two, after(minutes * MINUTE)).await;
        assert_eq!(refused, full_for(HOUR), "who goes on trying does not wait longer");
    }
    assert_eq!(reserve(&store, &two, after(HOUR)).await, left(1));
}

pub async fn a_refund_gives_back_one_attempt(store: impl Throttle) {
    let (one, other) = (window(1, 3, HOUR), window(2, 3, HOUR));
    for at in [NOW, NOW, after(MINUTE)] {
        assert!(matches!(
            reserve(&store, &[one, other], at).await,
            Reserved::Applied { .. }
        ));
    }
    refund(&store, &[one.key], &[], NOW).await;
    assert_eq!(
        reserve(&store, &[other], after(MINUTE)).await,
        full_for(HOUR),
        "not there"
    );
    assert_eq!(
        reserve(&store, &[one], after(MINUTE)).await,
        left(0),
        "of two at one time one is left"
    );
    assert_eq!(reserve(&store, &[one], after(MINUTE)).await, full_for(HOUR));
    refund(&store, &[one.key], &[], after(MINUTE)).await;
    assert_eq!(reserve(&store, &[one], after(2 * MINUTE)).await, left(0));
    assert_eq!(
        reserve(&store, &[one], after(HOUR)).await,
        left(0),
        "the first one's time is kept"
    );
}

pub async fn a_refund_of_what_is_not_counted_changes_nothing(store: impl Throttle) {
    let two = window(1, 2, HOUR);
    refund(&store, &[two.key], &[key(2)], NOW).await;
    assert_eq!(reserve(&store, &[two], NOW).await, left(1));
    refund(&store, &[two.key, key(3)], &[], after(MILLISECOND)).await;
    assert_eq!(reserve(&store, &[two], NOW).await, left(0));
}

pub async fn a_cleared_window_has_forgotten_all_attempts(store: impl Throttle) {
    let (pair, account) = (window(1, 2, HOUR), window(2, 3, HOUR));
    for at in [NOW, after(MINUTE)] {
        assert!(matches!(
            reserve(&store, &[pair, account], at).await,
            Reserved::Applied { .. }
        ));
    }
    refund(&store, &[account.key], &[pair.key], after(MINUTE)).await;
    assert_eq!(reserve(&store, &[pair], after(MINUTE)).await, left(1));
    assert_eq!(
        reserve(&store, &[account], after(MINUTE)).await,
        left(1),
        "one of two is back"
    );
}

pub async fn a_limit_that_was_lowered_counts_what_was_before(store: impl Throttle) {
    for minutes in 0..4 {
        let five = [window(1, 5, HOUR)];
        assert!(matches!(
            reserve(&store, &five, after(minutes * MINUTE)).await,
            Reserved::Applied { .. }
        ));
    }
    let two = [window(1, 2, HOUR)];
    let free = HOUR + 2 * MINUTE;
    assert_eq!(reserve(&store, &two, after(3 * MINUTE)).await, full_for(free));
    assert_eq!(
        reserve(&store, &two, after(free - MILLISECOND)).await,
        full_for(free)
    );
    assert_eq!(reserve(&store, &two, after(free)).await, left(0));
}

pub async fn an_attempt_of_a_server_whose_clock_is_behind_counts(store: impl Throttle) {
    let three = [window(1, 3, HOUR)];
    assert_eq!(reserve(&store, &three, after(MINUTE)).await, left(2));
    assert_eq!(reserve(&store, &three, NOW).await, left(1));
    assert_eq!(reserve(&store, &three, after(MINUTE)).await, left(0));
    assert_eq!(
        reserve(&store, &three, after(MINUTE)).await,
        full_for(HOUR),
        "the oldest leaves first"
    );
    assert_eq!(reserve(&store, &three, after(HOUR)).await, left(0));
}

pub async fn of_many_attempts_at_once_as_many_are_counted_as_there_is_room_for(store: impl Throttle) {
    let store = Arc::new(store);
    let answers = race(&store, |store, _| async move {
        reserve(&*store, &[window(1, 5, HOUR), window(2, 50, HOUR)], NOW).await
    })
    .await;
    let count = |expected| answers.iter().filter(|answer| **answer == expected).count();
    for room in 0..5 {
        assert_eq!(count(left(room)), 1, "exactly five, each with what it has left");
    }
    assert_eq!(count(full_for(HOUR)), answers.len() - 5);
    assert_eq!(
        reserve(&*store, &[window(2, 50, HOUR)], NOW).await,
        left(44),
        "in all or in none"
    );
}

pub async fn of_many_attempts_at_once_the_refused_leave_nothing(store: impl Throttle) {
    let store = Arc::new(store);
    let own = |number: u64| window(u8::try_from(number).expect("few tasks"), 2, HOUR);
    let shared = window(255, 5, HOUR);
    let answers = race(&store, move |store, number| async move {
        reserve(&*store, &[own(number), shared], NOW).await
    })
    .await;
    let mut counted = 0;
    for (number, answer) in (0..).zip(answers) {
        let was_counted = matches!(answer, Reserved::Applied { .. });
        counted += u32::from(was_counted);
        let expected = left(usize::from(!was_counted));
        assert_eq!(
            reserve(&*store, &[own(number)], NOW).await,
            expected,
            "task {number}"
        );
    }
    assert_eq!(counted, 5);
}

pub async fn attempts_and_refunds_at_once_even_out(store: impl Throttle) {
    let store = Arc::new(store);
    let roomy = window(1, 65, HOUR);
    race(&store, move |store, number| async move {
        let at = after(Duration::from_millis(number % 4));
        assert!(matches!(
            reserve(&*store, &[roomy], at).await,
            Reserved::Applied { .. }
        ));
        refund(&*store, &[roomy.key], &[], at).await;
    })
    .await;
    assert_eq!(reserve(&*store, &[roomy], NOW).await, left(64));
}
