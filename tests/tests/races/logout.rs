//! A logout while another request writes.

use keycard_tests::race::Round;
use keycard_tests::world::sid;
use serde_json::{Value, json};

use crate::{insert, users};

races! { a_logout_is_not_undone_by_a_slow_write }

async fn a_logout_is_not_undone_by_a_slow_write(round: Round) {
    let mut browser = round.browser(round.login()).await;
    let held = browser.clone();
    let logout = json!({"do": "logout"});
    let [logout, write] = round.pair(&browser, logout, insert("late")).await;
    assert_eq!(logout.set_cookies().len(), 1);
    assert!(write.set_cookies().is_empty(), "the slow request sends no cookie");
    browser.absorb(&logout);
    assert_eq!(sid(&browser), None);
    assert_eq!(users(&round, &held).await, [Value::Null, Value::Null]);
}
