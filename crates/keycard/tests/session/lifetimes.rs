//! When sessions end by themselves.

use std::time::Duration;

use keycard::{Clock as _, ErrorKind, LoginAs};

use crate::client::{App, Client};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn idle_time_rolls_under_the_absolute_cap() {
    let app = App::new();
    let mut client = app.logged_in().await;

    // 47 uses, 30 minutes less a second apart: alive all the time, until the day is over.
    let step = Duration::from_secs(29 * 60 - 1);
    let mut alive = Duration::ZERO;
    while alive + step < 24 * 60 * MINUTE {
        app.pass(step);
        alive += step;
        let request = app.request(&client);
        assert!(request.session().await.user().is_some(), "after {alive:?}");
        let reply = request.done(&mut client).await;
        assert_eq!(reply.set_cookie(), None, "rolling needs no cookie");
    }
    app.pass((24 * 60 * MINUTE).saturating_sub(alive));
    assert_eq!(app.request(&client).session().await.user(), None);
}

#[tokio::test]
async fn what_remains_of_a_session_shrinks_to_zero_and_grows_by_use() {
    let app = App::new();
    let client = app.logged_in().await;
    app.pass(10 * MINUTE);
    let session = app.request(&client).session().await;
    assert_eq!(session.remaining(), Some(20 * MINUTE));
    session.touch().await.unwrap();
    assert_eq!(session.remaining(), Some(30 * MINUTE));
    app.pass(31 * MINUTE);
    assert_eq!(session.remaining(), Some(Duration::ZERO));
}

#[tokio::test]
async fn an_unused_session_ends_after_its_idle_time() {
    let app = App::new();
    let client = app.logged_in().await;
    app.pass(Duration::from_millis(30 * 60 * 1000 - 1));
    assert!(app.request(&client).session().await.user().is_some());
    app.pass(Duration::from_millis(1));
    assert!(app.request(&client).session().await.user().is_none());
}

#[tokio::test]
async fn a_remembered_login_has_a_persistent_cookie_and_its_own_lifetimes() {
    let (app, mut client) = (App::new(), Client::default());
    let reply = app
        .visit(&mut client, |session| {
            session.login_with(LoginAs::user("alice").remembered(true));
        })
        .await;
    assert!(reply.set_cookie().unwrap().contains("Max-Age=2592000"));
    app.pass(13 * 24 * 60 * MINUTE);
    let request = app.request(&client);
    let session = request.session().await;
    assert!(session.user().is_some());
    session.rotate();
    let reply = request.done(&mut client).await;
    assert!(
        reply.set_cookie().unwrap().contains("Max-Age=1468800"),
        "what is left of the absolute time"
    );
}

#[tokio::test]
async fn extend_and_set_idle_move_the_end_under_the_cap() {
    let app = App::new();
    let mut client = app.logged_in().await;

    app.visit(&mut client, |session| session.extend(48 * 60 * MINUTE))
        .await;
    let session = app.request(&client).session().await;
    assert_eq!(session.expires_at(), session.absolute_at());

    app.visit(&mut client, |session| session.set_idle(5 * MINUTE))
        .await;
    app.pass(5 * MINUTE);
    assert_eq!(app.request(&client).session().await.user(), None);
}

#[tokio::test]
async fn an_idle_time_of_zero_ends_the_session_at_once() {
    for idle in [Duration::ZERO, Duration::from_nanos(999_999)] {
        let app = App::new();
        let mut client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.set_idle(idle);
        assert!(session.user().is_some(), "not before it is committed");
        let reply = request.done(&mut client).await;
        assert_eq!(reply.set_cookie(), None, "an expired session's cookie stays");

        assert_eq!(app.request(&client).session().await.user(), None, "{idle:?}");
        assert_eq!(
            session.increment("n", 1).await.unwrap_err().kind(),
            ErrorKind::Ended
        );
    }
}

#[tokio::test]
async fn a_changed_idle_time_lasts_until_the_next_login() {
    let app = App::new();
    let mut client = app.logged_in().await;
    app.visit(&mut client, |session| session.set_idle(5 * MINUTE))
        .await;
    app.visit(&mut client, |session| session.login("alice")).await;
    app.pass(29 * MINUTE);
    assert!(app.request(&client).session().await.user().is_some());
}

#[tokio::test]
async fn a_login_begins_the_times_anew_also_those_that_the_same_request_has_changed() {
    for user in ["alice", "bob"] {
        let app = App::new();
        let mut client = app.logged_in().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.set_idle(MINUTE * 5);
        session.login(user);
        request.done(&mut client).await;
        let end = app.clock.now().after(MINUTE * 30);
        assert_eq!(
            app.request(&client).session().await.expires_at(),
            Some(end),
            "{user}"
        );
    }
}
