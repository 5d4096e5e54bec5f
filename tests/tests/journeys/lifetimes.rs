//! The times of a session, moved by use and by hand, on a clock that is marched.

use std::time::Duration;

use keycard_tests::browser::{Browser, Server};
use keycard_tests::world::{World, at};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

journeys! {
    extending_moves_the_end_once_and_use_never_moves_it_back
    extending_and_longer_idle_times_stay_under_the_absolute_deadline
    an_idle_time_of_its_own_rolls_with_use
    a_touch_moves_the_last_access_and_sets_no_cookie
    a_touch_says_when_the_session_has_ended
    a_remembered_login_has_a_cookie_for_what_is_left_of_the_absolute_time
    a_login_that_is_not_remembered_ends_with_the_browser
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap()
}

async fn log_in(browser: &mut Browser, server: &impl Server) {
    browser
        .act(server, json!([{"do": "login", "user": "alice"}]))
        .await;
}

/// Uses the session, and tells whose it is and how long after its beginning it ends if nobody uses it again.
async fn used(browser: &mut Browser, server: &impl Server) -> (Value, Duration) {
    let seen = json!([{"do": "user"}, {"do": "created_at"}, {"do": "expires_at"}]);
    // A use is recorded when its request is over, so the next one sees it.
    let usage = browser.act(server, seen.clone()).await;
    assert!(usage.set_cookies().is_empty(), "rolling needs no cookie");
    let seen = browser.act(server, seen).await.json();
    if seen[0].is_null() {
        return (Value::Null, Duration::ZERO);
    }
    (seen[0].clone(), at(&seen[2]).since(at(&seen[1])))
}

async fn extending_moves_the_end_once_and_use_never_moves_it_back(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    log_in(&mut browser, &server).await;
    world.pass(10 * MINUTE, &mut browser);
    assert_eq!(used(&mut browser, &server).await, (json!("alice"), 40 * MINUTE));
    let extension = json!([{"do": "extend", "ms": ms(120 * MINUTE)}]);
    assert!(browser.act(&server, extension).await.set_cookies().is_empty());
    // It was extended once, to minute 130; from minute 100 on reads and writes roll further as always.
    for (pass, end) in [(0, 130), (20, 130), (70, 130), (2, 132), (29, 161)] {
        world.pass(pass * MINUTE, &mut browser);
        let expected = (json!("alice"), end * MINUTE);
        assert_eq!(
            used(&mut browser, &server).await,
            expected,
            "after {pass} more minutes"
        );
        let write = json!([{"do": "insert", "key": "n", "value": end}]);
        browser.act(&server, write).await;
        assert_eq!(used(&mut browser, &server).await, expected, "and a write");
    }
    world.pass(30 * MINUTE, &mut browser);
    assert_eq!(used(&mut browser, &server).await.0, Value::Null);
}

async fn extending_and_longer_idle_times_stay_under_the_absolute_deadline(world: World) {
    let server = world.acting_server().await;
    for step in ["extend", "set_idle"] {
        let mut browser = world.browser();
        log_in(&mut browser, &server).await;
        browser
            .act(&server, json!([{"do": step, "ms": ms(2 * DAY)}]))
            .await;
        assert_eq!(used(&mut browser, &server).await, (json!("alice"), DAY), "{step}");
        world.pass(Duration::from_millis(ms(DAY) - 1), &mut browser);
        assert_eq!(used(&mut browser, &server).await, (json!("alice"), DAY), "{step}");
        world.pass(Duration::from_millis(1), &mut browser);
        assert_eq!(used(&mut browser, &server).await.0, Value::Null, "{step}");
    }
}

async fn an_idle_time_of_its_own_rolls_with_use(world: World) {
    let server = world.acting_server().await;
    for idle in [5, 300] {
        let mut browser = world.browser();
        log_in(&mut browser, &server).await;
        let change = json!([{"do": "set_idle", "ms": ms(idle * MINUTE)}]);
        assert!(browser.act(&server, change).await.set_cookies().is_empty());
        for round in 0..3 {
            let seen = used(&mut browser, &server).await;
            assert_eq!(
                seen,
                (json!("alice"), round * (idle - 1) * MINUTE + idle * MINUTE)
            );
            world.pass((idle - 1) * MINUTE, &mut browser);
        }
        world.pass(MINUTE, &mut browser);
        assert_eq!(used(&mut browser, &server).await.0, Value::Null, "{idle} minutes");
    }
}

async fn a_touch_moves_the_last_access_and_sets_no_cookie(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    log_in(&mut browser, &server).await;
    let touch = json!([
        {"do": "created_at"},
        {"do": "touch"},
        {"do": "last_access"},
        {"do": "expires_at"},
    ]);
    // One write a minute is enough: at the full minute nothing is due yet.
    for (pass, last) in [
        (MINUTE, Duration::ZERO),
        (Duration::from_millis(1), MINUTE + Duration::from_millis(1)),
    ] {
        world.pass(pass, &mut browser);
        let touched = browser.act(&server, touch.clone()).await;
        assert!(touched.set_cookies().is_empty());
        let touched = touched.json();
        let created = at(&touched[0]);
        assert_eq!(at(&touched[2]), created.after(last));
        assert_eq!(at(&touched[3]), created.after(last + 30 * MINUTE));
    }
}

async fn a_touch_says_when_the_session_has_ended(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    log_in(&mut browser, &server).await;
    world.pass(2 * MINUTE, &mut browser);
    let held = browser.snapshot();
    let open = json!([
        {"do": "arrive", "gate": "open"},
        {"do": "wait", "gate": "logged out"},
        {"do": "touch"},
        {"do": "user"},
    ]);
    let meanwhile = async {
        world.gates.wait("open").await;
        browser.act(&other, json!([{"do": "logout"}])).await;
        world.gates.arrive("logged out");
    };
    let (open, ()) = tokio::join!(held.act(&server, open), meanwhile);
    assert_eq!(open.json()[2]["error"], "Ended");
    assert_eq!(open.json()[3], Value::Null);
    assert!(open.set_cookies().is_empty());
}

async fn a_remembered_login_has_a_cookie_for_what_is_left_of_the_absolute_time(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let began = browser.jar().now();
    let login = json!([{"do": "login", "user": "alice", "remembered": true}]);
    let login = browser.act(&server, login).await;
    let max_age = |days: u64| format!("Max-Age={}", days * DAY.as_secs());
    let set_cookie = |answer: &keycard_tests::browser::Response| {
        String::from_utf8(answer.set_cookies()[0].to_vec()).unwrap()
    };
    assert!(
        set_cookie(&login).contains(&max_age(30)),
        "{}",
        set_cookie(&login)
    );

    browser.close_browser();
    world.pass(13 * DAY, &mut browser);
    assert_eq!(used(&mut browser, &server).await, (json!("alice"), 27 * DAY));
    let rotation = browser.act(&server, json!([{"do": "rotate"}])).await;
    assert!(
        set_cookie(&rotation).contains(&max_age(17)),
        "{}",
        set_cookie(&rotation)
    );
    browser.close_browser();
    let cookie = browser
        .jar()
        .cookie("__Host-sid")
        .expect("the cookie is persistent");
    assert_eq!(cookie.expires(), Some(began + 30 * DAY));
    assert_eq!(used(&mut browser, &server).await.0, "alice");

    world.pass(13 * DAY, &mut browser);
    assert_eq!(used(&mut browser, &server).await, (json!("alice"), 30 * DAY));
    world.pass(4 * DAY, &mut browser);
    assert!(
        browser.jar().cookies().is_empty(),
        "the cookie ends with the session"
    );
}

async fn a_login_that_is_not_remembered_ends_with_the_browser(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    log_in(&mut browser, &server).await;
    assert_eq!(browser.jar().cookie("__Host-sid").unwrap().expires(), None);
    // Nor does one that was remembered and is not any more.
    for remembered in [true, false] {
        let login = json!([{"do": "login", "user": "alice", "remembered": remembered}]);
        browser.act(&server, login).await;
    }
    assert_eq!(browser.jar().cookie("__Host-sid").unwrap().expires(), None);
    assert_eq!(used(&mut browser, &server).await, (json!("alice"), 30 * MINUTE));
    browser.close_browser();
    assert_eq!(used(&mut browser, &server).await.0, Value::Null);
}
