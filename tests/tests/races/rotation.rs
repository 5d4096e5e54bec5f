//! A new id for a session that another request writes to.

use keycard_tests::race::Round;
use serde_json::json;

races! { a_write_and_a_rotation_both_land }

/// The write is the quick one in two rounds of three, the rotation in the third.
async fn a_write_and_a_rotation_both_land(round: Round) {
    let mut browser = round.browser(round.login()).await;
    let before = browser.snapshot();
    let (put, rotate) = (
        json!({"do": "insert", "key": "late", "value": round.number()}),
        json!({"do": "rotate"}),
    );
    let [rotation, write] = if round.number().is_multiple_of(3) {
        round.pair(&browser, rotate, put).await
    } else {
        let [write, rotation] = round.pair(&browser, put, rotate).await;
        [rotation, write]
    };
    assert_eq!((rotation.set_cookies().len(), write.set_cookies().len()), (1, 0));
    browser.absorb(&rotation);
    let look = json!([{"do": "user"}, {"do": "get", "key": "late"}]);
    let under_the_new_id = round.seen(&browser.snapshot(), look.clone()).await;
    assert_eq!(
        under_the_new_id,
        [(); 2].map(|()| json!([round.user(), round.number()]))
    );
    let under_the_old_id = round.seen(&before, look).await;
    assert_eq!(under_the_old_id, [(); 2].map(|()| json!([null, null])));
}
