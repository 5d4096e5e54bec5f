//! Ending other sessions where that asks for a recent proof of who one is.

use std::time::Duration;

use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::account::{logged_in, me};
use crate::acting::{NOBODY, begun, done, last, login, mine, serve, users};
use crate::world::{Builder, Running, World, alice, sid};

journeys! {
    others_are_ended_after_a_recent_proof_and_nothing_before
    one_s_own_session_may_always_be_ended
    the_account_page_asks_for_the_password_before_it_ends_others
}

const FIVE_MINUTES: Duration = Duration::from_mins(5);

fn asking(builder: Builder) -> Builder {
    builder.recent_to_end(FIVE_MINUTES)
}

async fn handle(browser: &Browser, server: &Running) -> Value {
    last(&mut browser.clone(), server, json!([{"do": "handle"}])).await
}

/// What a call of the account page gives, by itself in its request.
async fn called(browser: &mut Browser, server: &Running, call: &Value) -> Value {
    last(browser, server, json!([mine(call.clone())])).await
}

async fn others_are_ended_after_a_recent_proof_and_nothing_before(world: World) {
    let (servers, everybody) = serve(&world, asking).await;
    let [server, other] = &servers;
    let mut browser = begun(&world, server, json!([login("alice")])).await;
    let on_phone = json!([{"do": "login", "user": "alice", "device": "phone"}]);
    world.clock.advance(FIVE_MINUTES);
    for (proof, call) in [
        ("reauthenticate", "end_others"),
        ("prove", "end_device"),
        ("reauthenticate", "end"),
    ] {
        let elsewhere = begun(&world, other, on_phone.clone()).await;
        let calls = calls(&handle(&elsewhere, other).await);
        world.clock.advance(Duration::from_millis(1));
        for server in &servers {
            assert_refused(&mut browser, server, &calls).await;
        }
        assert_eq!(users(&elsewhere, &servers).await, ["alice", "alice"]);
        done(&mut browser, server, json!([{"do": proof}])).await;
        world.clock.advance(FIVE_MINUTES);
        let call = calls
            .iter()
            .find(|known| **known == call || known.get(call).is_some());
        assert_eq!(called(&mut browser, other, call.unwrap()).await, 1, "{call:?}");
        assert_eq!(users(&elsewhere, &servers).await, NOBODY);
        assert_eq!(users(&browser, &servers).await, ["alice", "alice"]);
    }
    world.clock.advance(FIVE_MINUTES);
    let ended = everybody.of("alice").end_all().await.unwrap();
    assert_eq!(ended, 1, "an administrator proves nothing");
}

/// All that ends other sessions.
fn calls(handle: &Value) -> [Value; 5] {
    [
        json!("end_others"),
        json!("end_all"),
        json!({ "end": handle }),
        json!({"end": "A".repeat(27)}),
        json!({"end_device": "phone"}),
    ]
}

async fn assert_refused(browser: &mut Browser, server: &Running, calls: &[Value]) {
    for call in calls {
        assert_eq!(called(browser, server, call).await["error"], "StepUp", "{call}");
    }
}

async fn one_s_own_session_may_always_be_ended(world: World) {
    let (servers, _) = serve(&world, asking).await;
    let [server, other] = &servers;
    let mut stays = begun(&world, server, json!([login("alice")])).await;
    let mut browser = begun(&world, server, json!([login("alice")])).await;
    let mut logs_out = begun(&world, server, json!([login("alice")])).await;
    world.clock.advance(2 * FIVE_MINUTES);
    let own = json!({"end": handle(&browser, server).await});
    assert_eq!(called(&mut stays, server, &own).await["error"], "StepUp");
    let held = browser.clone();
    assert_eq!(called(&mut browser, other, &own).await, 1);
    assert_eq!(sid(&browser), None, "its cookie is removed");
    assert_eq!(users(&held, &servers).await, NOBODY);
    done(&mut logs_out, other, json!([{"do": "logout"}])).await;
    let left = called(&mut stays, other, &json!("list")).await;
    assert_eq!(left, json!([handle(&stays, server).await]));
}

async fn the_account_page_asks_for_the_password_before_it_ends_others(world: World) {
    let servers = world.servers_with(asking).await;
    let [server, other] = &servers;
    let mut browser = logged_in(&world, server, alice()).await;
    world.clock.advance(2 * FIVE_MINUTES);
    let mut elsewhere = logged_in(&world, other, alice()).await;
    let held = sid(&browser);
    for target in [
        "/sessions/others",
        "/sessions/all",
        "/sessions/AAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        for server in &servers {
            let answer = browser.delete(server, target).await.expect_status(403);
            assert_eq!(answer.json(), json!({"error": "a further factor is needed"}));
        }
    }
    assert_eq!((sid(&browser), me(&mut elsewhere, other).await), (held, 200));
    let password = json!({"password": "password123"});
    browser
        .post_json(other, "/reauth", password)
        .await
        .expect_status(200);
    let answer = browser
        .delete(server, "/sessions/others")
        .await
        .expect_status(200);
    assert_eq!(answer.json(), json!({"ended": 1}));
    assert_eq!(
        (me(&mut browser, other).await, me(&mut elsewhere, server).await),
        (200, 401)
    );
}
