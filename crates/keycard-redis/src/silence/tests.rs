//! When a connection is given up, by the clock.

use tokio::time::{advance, sleep, timeout};

use super::*;

const PATIENCE: Duration = Duration::from_secs(1);

/// For how long a connection to a silent server is kept, and another that was idle and on which the server, once it is
/// asked, answers or does not.
async fn kept(is_answered: bool) -> (Duration, Option<Duration>) {
    let (doubts, silent, idle) = (Doubts::default(), Silence::default(), Silence::default());
    silent.begin();
    let ask = || {
        idle.begin();
        if is_answered {
            idle.end();
        }
    };
    let began = Instant::now();
    tokio::join!(
        async {
            silent
                .is_too_long(PATIENCE, &doubts, || panic!("it was asked already"))
                .await;
            assert_eq!(idle.is_doubted(), !is_answered);
            began.elapsed()
        },
        async {
            let given_up = timeout(PATIENCE * 3, idle.is_too_long(PATIENCE, &doubts, ask)).await;
            given_up.is_ok().then(|| began.elapsed())
        }
    )
}

#[tokio::test(start_paused = true)]
async fn who_is_idle_is_asked_before_a_silent_server_is_given_up() {
    assert_eq!(kept(true).await, (PATIENCE, None));
    assert_eq!(kept(false).await, (PATIENCE, Some(PATIENCE)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_slow_and_is_heard_is_not_given_up() {
    let (doubts, slow) = (Doubts::default(), Silence::default());
    let answers = async {
        for _ in 0..10 {
            slow.begin();
            sleep(PATIENCE * 9 / 10).await; // sleep: how long the server takes
            slow.end();
        }
    };
    tokio::select! {
        () = slow.is_too_long(PATIENCE, &doubts, || {}) => panic!("it was given up"),
        () = answers => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_is_asked_of_whom_nothing_was_read_since_this_process_stood_still() {
    let (doubts, stalled) = (Doubts::default(), Silence::default());
    stalled.begin();
    advance(PATIENCE * 2).await;
    let answers = async {
        sleep(PATIENCE / 5).await; // sleep: how long the server takes
        stalled.end();
        sleep(PATIENCE).await; // sleep: for as long as it might be given up
    };
    tokio::select! {
        () = stalled.is_too_long(PATIENCE, &doubts, || {}) => panic!("it was given up"),
        () = answers => {}
    }
}
