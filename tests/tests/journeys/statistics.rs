//! The administrator's page.

use std::time::Duration;

use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::account::{code, logged_in, on_device, verify, waiting};
use crate::world::{Running, World, alice, bob};

journeys! {
    only_an_administrator_is_shown_the_figures
    the_figures_are_exact_on_every_server
}

async fn figures(admin: &mut Browser, server: &Running) -> Value {
    admin.get(server, "/admin/stats").await.expect_status(200).json()
}

async fn only_an_administrator_is_shown_the_figures(world: World) {
    let (server, mut guest) = (world.server().await, world.browser());
    let mut user = logged_in(&world, &server, alice()).await;
    let mut waiting = waiting(&world, &server).await;
    let mut admin = logged_in(&world, &server, bob()).await;
    for (browser, status, reason) in [
        (&mut guest, 401, "nobody is logged in"),
        (&mut waiting, 401, "nobody is logged in"),
        (&mut user, 403, "this is not allowed"),
    ] {
        let answer = browser.get(&server, "/admin/stats").await.expect_status(status);
        assert_eq!(answer.json(), json!({ "error": reason }));
        browser.post(&server, "/admin/stats").await.expect_status(405);
    }
    figures(&mut admin, &server).await;
    admin.post(&server, "/logout").await.expect_status(204);
    admin.get(&server, "/admin/stats").await.expect_status(401);
}

async fn the_figures_are_exact_on_every_server(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut admin = logged_in(&world, &server, bob()).await;
    let (mut active, mut logins) = (1, 1);
    let mut ended = json!({"logout": 0, "revoked": 0, "displaced": 0, "replaced": 0, "drifted": 0});
    let check = async |admin: &mut Browser, active: u64, logins: u64, ended: &Value| {
        let expected = json!({"active_sessions": active, "logins": logins, "ended": ended});
        for server in [&server, &other] {
            assert_eq!(figures(admin, server).await, expected);
        }
    };
    check(&mut admin, active, logins, &ended).await;

    let mut guest = world.browser();
    let entry = json!({"key": "n", "value": 1});
    guest
        .put_json(&other, "/session/data", entry)
        .await
        .expect_status(200);
    active += 1;
    check(&mut admin, active, logins, &ended).await;
    guest
        .post_json(&other, "/login", alice())
        .await
        .expect_status(200);
    (logins, ended["replaced"]) = (logins + 1, json!(1));
    check(&mut admin, active, logins, &ended).await;

    let mut carols = waiting(&world, &server).await;
    active += 1;
    check(&mut admin, active, logins, &ended).await;
    verify(&mut carols, &other, &code(&world))
        .await
        .expect_status(200);
    logins += 1;
    check(&mut admin, active, logins, &ended).await;

    for _ in 0..3 {
        logged_in(&world, &other, on_device(alice(), "phone")).await;
    }
    (active, logins, ended["displaced"]) = (active + 1, logins + 3, json!(2));
    check(&mut admin, active, logins, &ended).await;

    guest.post(&server, "/logout").await.expect_status(204);
    guest.post(&server, "/logout").await.expect_status(204);
    (active, ended["logout"]) = (active - 1, json!(1));
    check(&mut admin, active, logins, &ended).await;
    carols.delete(&server, "/sessions/all").await.expect_status(200);
    (active, ended["revoked"]) = (active - 1, json!(1));
    check(&mut admin, active, logins, &ended).await;

    // What expires is no ending by anybody.
    world.clock.advance(Duration::from_mins(29));
    check(&mut admin, active, logins, &ended).await;
    world.clock.advance(Duration::from_mins(1));
    check(&mut admin, active - 1, logins, &ended).await;
}
