//! A login while another request writes, or logs in too.

use keycard_tests::race::Round;

use crate::{insert, users};

races! {
    the_cookie_of_a_login_survives_a_slow_guest_s_write
    a_double_submitted_login_leaves_the_user_logged_in
}

async fn the_cookie_of_a_login_survives_a_slow_guest_s_write(round: Round) {
    let mut browser = round.browser(insert("n")).await;
    let [login, write] = round.pair(&browser, round.login(), insert("late")).await;
    assert!(write.set_cookies().is_empty());
    // The late answer reaches the browser last, and must not take the login's cookie away.
    browser.absorb(&login);
    browser.absorb(&write);
    assert_eq!(users(&round, &browser).await, [round.user(), round.user()]);
}

async fn a_double_submitted_login_leaves_the_user_logged_in(round: Round) {
    let browser = round.browser(insert("n")).await;
    // Whichever of them reaches the browser last.
    for answer in round.pair(&browser, round.login(), round.login()).await {
        let mut browser = browser.clone();
        browser.absorb(&answer);
        assert_eq!(users(&round, &browser).await, [round.user(), round.user()]);
    }
}
