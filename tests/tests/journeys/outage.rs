//! A Redis that freezes, dies and comes back: bounded answers, no logout, recovery by itself.

use std::time::{Duration, Instant};

use keycard_tests::browser::{Browser, Snapshot};
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{Running, World, alice};

/// The store's deadline, and what an overloaded machine may add to it.
const DEADLINE: Duration = Duration::from_secs(1);
const MARGIN: Duration = Duration::from_secs(2);

journeys! {
    redis:
    a_frozen_server_is_a_bounded_503_and_not_a_logout
    a_killed_server_is_a_503_at_once_and_a_restart_is_found
    a_crowd_before_a_frozen_server_waits_one_deadline_in_all
}

/// Asks until the session is served again; how long that took from the return of the server.
async fn recovered(browser: &mut Browser, server: &Running, expected: u16) -> Duration {
    let began = Instant::now();
    loop {
        let status = browser.get(server, "/me").await.status;
        if status.as_u16() == expected {
            return began.elapsed();
        }
        assert_eq!(status.as_u16(), 503);
        assert!(
            began.elapsed() < DEADLINE + MARGIN,
            "the store is not found again"
        );
    }
}

async fn a_frozen_server_is_a_bounded_503_and_not_a_logout(mut world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    world.redis().freeze().unwrap();
    let began = Instant::now();
    let me = browser.get(&server, "/me").await.expect_status(503);
    assert!(began.elapsed() < DEADLINE + MARGIN, "{:?}", began.elapsed());
    assert!(me.set_cookies().is_empty(), "an outage is not a logout");
    browser.get(&server, "/session/data").await.expect_status(503);
    browser
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(503);
    browser
        .post(&server, "/slow-set?key=n&ms=0")
        .await
        .expect_status(503);
    browser
        .post_json(&server, "/session/increment", json!({"key": "n"}))
        .await
        .expect_status(503);
    browser.post(&server, "/logout").await.expect_status(503);
    browser.get(&server, "/no/such/route").await.expect_status(404);
    world.redis().thaw().unwrap();
    let took = recovered(&mut browser, &server, 200).await;
    assert!(took < Duration::from_secs(2), "recovered in {took:?}");
}

async fn a_killed_server_is_a_503_at_once_and_a_restart_is_found(mut world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    world.redis().kill().unwrap();
    // The first command finds the connection broken; those after it do not wait.
    browser.get(&server, "/me").await.expect_status(503);
    let began = Instant::now();
    for _ in 0..20 {
        browser.get(&server, "/me").await.expect_status(503);
    }
    assert!(
        began.elapsed() < DEADLINE + MARGIN,
        "20 answers took {:?}",
        began.elapsed()
    );
    browser.get(&server, "/no/such/route").await.expect_status(404);
    world.redis().restart().unwrap();
    // The server kept nothing on disk, so the session is gone: an honest 401, and a login works.
    let took = recovered(&mut browser, &server, 401).await;
    assert!(took < Duration::from_secs(2), "recovered in {took:?}");
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    browser.get(&server, "/me").await.expect_status(200);
}

async fn a_crowd_before_a_frozen_server_waits_one_deadline_in_all(mut world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let mut running = JoinSet::new();
    let began = Instant::now();
    let crowd: Vec<Snapshot> = (0..100).map(|_| browser.snapshot()).collect();
    let address = keycard_tests::browser::Server::origin(&server);
    // All of them have read the session when the server freezes, and queue to commit.
    for snapshot in crowd {
        let address = address.clone();
        running.spawn(async move {
            let body = json!({"key": "n", "delay_ms": 1000});
            snapshot
                .post_json(&address, "/session/increment", body)
                .await
                .status
                .as_u16()
        });
    }
    while world
        .redis()
        .command::<String>(&["INFO", "commandstats"])
        .unwrap()
        .lines()
        .all(|line| {
            // One read per request, and one at the login.
            !line.starts_with("cmdstat_get:calls=")
                || line["cmdstat_get:calls=".len()..]
                    .split(',')
                    .next()
                    .unwrap()
                    .parse::<u32>()
                    .unwrap()
                    < 100
        })
    {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the crowd has not arrived"
        );
        tokio::task::yield_now().await;
    }
    world.redis().freeze().unwrap();
    let frozen = Instant::now();
    let statuses = running.join_all().await;
    assert!(
        statuses.iter().all(|status| *status == 503 || *status == 200),
        "{statuses:?}"
    );
    assert!(statuses.contains(&503));
    let took = frozen.elapsed();
    assert!(took < Duration::from_secs(1) + DEADLINE + MARGIN, "{took:?}");
    world.redis().thaw().unwrap();
    recovered(&mut browser, &server, 200).await;
}
