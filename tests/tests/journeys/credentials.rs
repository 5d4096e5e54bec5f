//! A changed password: whoever is logged in elsewhere, or has got this very id, is out.

use std::time::Duration;

use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::acting::{NOBODY, begun, done, last, login, mine, serve, users};
use crate::world::{Running, World, sid};

journeys! {
    changed_credentials_end_the_others_and_leave_this_session_with_a_new_id
    the_id_before_a_renewal_opens_nothing_after_changed_credentials
    whoever_got_the_renewed_id_is_out_after_changed_credentials
    whoever_changes_the_id_meanwhile_is_out_after_changed_credentials
    nobody_s_credentials_change
}

const EVERY: Duration = Duration::from_mins(10);
const GRACE: Duration = Duration::from_secs(30);

/// Changes the credentials of who is logged in here, and answers how many other sessions have ended.
async fn change(browser: &mut Browser, server: &Running) -> Value {
    let before = sid(browser);
    let ended = done(browser, server, json!([mine("credentials_changed")])).await[0].take();
    assert_ne!(sid(browser), before, "a new id");
    ended
}

async fn changed_credentials_end_the_others_and_leave_this_session_with_a_new_id(world: World) {
    let (servers, everybody) = serve(&world, |builder| builder.recent_to_end(Duration::from_mins(5))).await;
    let [server, other] = &servers;
    let remembered = json!({"do": "login", "user": "alice", "remembered": true});
    let waits = json!({"do": "login", "user": "alice", "pending": true});
    let mut browser = begun(
        &world,
        server,
        json!([login("alice"), {"do": "insert", "key": "cart", "value": 1}]),
    )
    .await;
    let mut others = [
        begun(&world, server, json!([login("alice")])).await,
        begun(&world, other, json!([remembered])).await,
        browser.clone(),
    ];
    let mut waiting = begun(&world, other, json!([waits])).await;
    let bob = begun(&world, other, json!([login("bob")])).await;
    let seen = json!([{"do": "handle"}, {"do": "absolute_at"}, {"do": "get", "key": "cart"}, {"do": "user"}]);
    let before = done(&mut browser, server, seen.clone()).await;
    world.clock.advance(Duration::from_mins(6)); // whoever may change credentials has proved enough

    assert_eq!(change(&mut browser, other).await, 3);
    for server in &servers {
        assert_eq!(
            done(&mut browser, server, seen.clone()).await,
            before,
            "the same session"
        );
        for dead in &mut others {
            assert_eq!(
                done(dead, server, json!([{"do": "user"}, {"do": "keys"}])).await,
                json!([null, []])
            );
        }
    }
    let proof = last(&mut waiting, server, json!([{"do": "prove"}])).await;
    assert_eq!(
        proof["error"], "Unauthenticated",
        "a login that waited is ended, too"
    );
    assert_eq!(users(&bob, &servers).await, ["bob", "bob"]);
    assert_eq!(everybody.of("alice").count().await.unwrap(), 1);
}

async fn the_id_before_a_renewal_opens_nothing_after_changed_credentials(world: World) {
    let (servers, _) = serve(&world, |builder| builder.renew_ids(EVERY, GRACE)).await;
    for (user, at) in [("alice", 0), ("bob", 1)] {
        let (server, other) = (&servers[at], &servers[1 - at]);
        let mut browser = begun(&world, server, json!([login(user)])).await;
        let before = browser.clone();
        world.pass(EVERY, &mut browser);
        done(&mut browser, server, json!([{"do": "user"}])).await;
        assert_ne!(sid(&browser), sid(&before));
        assert_eq!(users(&before, &servers).await, [user, user], "during the grace");
        let renewed = browser.clone();
        assert_eq!(change(&mut browser, other).await, 0);
        for dead in [before, renewed] {
            assert_eq!(users(&dead, &servers).await, NOBODY);
        }
        assert_eq!(users(&browser, &servers).await, [user, user]);
    }
}

async fn whoever_got_the_renewed_id_is_out_after_changed_credentials(world: World) {
    let (servers, _) = serve(&world, |builder| builder.renew_ids(EVERY, GRACE)).await;
    for (user, at) in [("alice", 0), ("bob", 1)] {
        let (server, other) = (&servers[at], &servers[1 - at]);
        let mut browser = begun(&world, server, json!([login(user)])).await;
        let mut thief = browser.clone();
        world.pass(EVERY, &mut thief);
        browser.advance(EVERY);
        done(&mut thief, other, json!([{"do": "user"}])).await;
        assert_ne!(
            sid(&thief),
            sid(&browser),
            "the thief was quicker, and holds the renewed id"
        );
        let before = browser.clone();
        assert_eq!(change(&mut browser, server).await, 0);
        for dead in [thief, before] {
            assert_eq!(users(&dead, &servers).await, NOBODY);
        }
        assert_eq!(users(&browser, &servers).await, [user, user]);
    }
}

async fn whoever_changes_the_id_meanwhile_is_out_after_changed_credentials(world: World) {
    let (servers, _) = serve(&world, |builder| builder.renew_ids(EVERY, GRACE)).await;
    // A request that does nothing else renews the id, which is due.
    for (user, at, step) in [("alice", 0, "user"), ("bob", 1, "rotate"), ("carol", 0, "rotate")] {
        let (server, other) = (&servers[at], &servers[1 - at]);
        let mut browser = begun(&world, server, json!([login(user)])).await;
        world.pass(EVERY, &mut browser);
        let (before, mut thief) = (browser.clone(), browser.clone());
        let (read, go) = (format!("{user}: read"), format!("{user}: go"));
        let steps = json!([
            {"do": "user"},
            {"do": "arrive", "gate": read},
            {"do": "wait", "gate": go},
            mine("credentials_changed"),
        ]);
        let meanwhile = async {
            world.gates.wait(&read).await;
            done(&mut thief, other, json!([{"do": step}])).await;
            world.gates.arrive(&go);
        };
        let (given, ()) = tokio::join!(done(&mut browser, server, steps), meanwhile);
        assert_eq!(given[3], 0);
        assert_ne!(sid(&thief), sid(&before), "the thief was given an id");
        for dead in [thief, before] {
            assert_eq!(users(&dead, &servers).await, NOBODY);
        }
        assert_eq!(users(&browser, &servers).await, [user, user]);
    }
}

async fn nobody_s_credentials_change(world: World) {
    let (servers, _) = serve(&world, |builder| builder).await;
    let alice = begun(&world, &servers[0], json!([login("alice")])).await;
    let waits = json!({"do": "login", "user": "alice", "pending": true});
    let mut ended = alice.clone();
    done(&mut alice.clone(), &servers[1], json!([{"do": "logout"}])).await;
    let alice = begun(&world, &servers[0], json!([login("alice")])).await;
    let mut waiting = begun(&world, &servers[0], json!([waits])).await;
    for browser in [&mut ended, &mut waiting, &mut world.browser()] {
        let refused = last(browser, &servers[1], json!([mine("credentials_changed")])).await;
        assert_eq!(refused["error"], "Unauthenticated");
    }
    assert_eq!(users(&alice, &servers).await, ["alice", "alice"]);
}
