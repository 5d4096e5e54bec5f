//! What the throttles make of a store's answers.

use super::*;

#[test]
fn a_client_waits_whole_seconds_and_never_too_few() {
    let at = Timestamp::from_millis;
    for (until, now, seconds) in [
        (1_000, 0, 1),
        (1_001, 0, 2),
        (1, 0, 1),
        (900_000, 1, 900),
        // The store judged by another clock.
        (0, 5_000, 1),
    ] {
        assert_eq!(retry_after(at(until), at(now)), seconds, "{until} {now}");
    }
}
