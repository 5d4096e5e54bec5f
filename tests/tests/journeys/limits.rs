//! How many sessions a user may have, and who makes room.

use std::time::Duration;

use keycard::store::SessionLimit;
use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::acting::{NOBODY, begun, done, last, login, mine, serve, users};
use crate::world::{Running, World, sid};

journeys! {
    the_session_that_the_limit_names_makes_room
    a_login_too_many_is_told_to_the_handler_or_answered_with_409
    what_takes_no_place_of_its_own_is_not_refused
}

/// Logins of Alice, a minute apart, by turns on both servers.
async fn logins<const N: usize>(world: &World, servers: &[Running; 2]) -> [Browser; N] {
    let mut browsers = Vec::new();
    for turn in 0..N {
        browsers.push(begun(world, &servers[turn % 2], json!([login("alice")])).await);
        world.clock.advance(Duration::from_mins(1));
    }
    browsers.try_into().unwrap()
}

/// Who of these is logged in, on both servers alike.
async fn logged_in<const N: usize>(browsers: [&Browser; N], servers: &[Running; 2]) -> [bool; N] {
    let mut seen = [false; N];
    for (seen, browser) in seen.iter_mut().zip(browsers) {
        let [one, other] = users(browser, servers).await;
        assert_eq!(one, other);
        *seen = one == "alice";
    }
    seen
}

async fn the_session_that_the_limit_names_makes_room(world: World) {
    for (limit, leaves) in [
        (SessionLimit::EvictOldest(3), [false, true, true, true]),
        (SessionLimit::EvictLeastRecentlyUsed(3), [true, false, true, true]),
    ] {
        let (servers, everybody) = serve(&world, |builder| builder.session_limit(limit)).await;
        let [first, second, third] = logins(&world, &servers).await;
        assert_eq!(users(&first, &servers).await, ["alice", "alice"]); // the second is now used least recently
        let [fourth] = logins(&world, &servers).await;
        assert_eq!(
            logged_in([&first, &second, &third, &fourth], &servers).await,
            leaves,
            "{limit:?}"
        );
        assert_eq!(everybody.of("alice").end_all().await.unwrap(), 3);
    }
}

async fn a_login_too_many_is_told_to_the_handler_or_answered_with_409(world: World) {
    let (servers, everybody) = serve(&world, |builder| builder.session_limit(SessionLimit::Refuse(2))).await;
    let [first, second] = logins(&world, &servers).await;
    let cart = json!([{"do": "insert", "key": "cart", "value": 1}]);
    for server in &servers {
        let mut guest = begun(&world, server, cart.clone()).await;
        let (held, stored) = (sid(&guest), world.stored_count());
        let steps = json!([login("alice"), {"do": "commit"}]);
        let told = guest.act(server, steps.clone()).await.expect_status(200);
        assert_eq!(told.json()[1]["error"], "SessionLimit");
        let unread = guest
            .act(server, json!([login("alice")]))
            .await
            .expect_status(409);
        let visitor = world
            .browser()
            .act(server, json!([login("alice")]))
            .await
            .expect_status(409);
        for answer in [told, unread, visitor] {
            assert!(answer.set_cookies().is_empty(), "{answer}");
        }
        let seen = json!([{"do": "user"}, {"do": "get", "key": "cart"}]);
        assert_eq!(
            done(&mut guest, server, seen).await,
            json!([null, 1]),
            "the guest is as before"
        );
        assert_eq!((sid(&guest), world.stored_count()), (held, stored));
    }
    assert_eq!(logged_in([&first, &second], &servers).await, [true, true]);
    done(&mut second.clone(), &servers[0], json!([{"do": "logout"}])).await;
    let [third] = logins(&world, &servers).await;
    assert_eq!(
        logged_in([&first, &second, &third], &servers).await,
        [true, false, true]
    );
    assert_eq!(everybody.of("alice").count().await.unwrap(), 2);
}

async fn what_takes_no_place_of_its_own_is_not_refused(world: World) {
    let (servers, everybody) = serve(&world, |builder| builder.session_limit(SessionLimit::Refuse(2))).await;
    let [server, other] = &servers;
    let on_phone = json!({"do": "login", "user": "alice", "device": "phone"});
    let waits = json!({"do": "login", "user": "alice", "pending": true});
    let [mut first] = logins(&world, &servers).await;
    let before = begun(&world, server, json!([on_phone])).await;
    // Somebody else, the session that is there already, one on the same device, and a login that waits.
    begun(&world, server, json!([login("bob")])).await;
    done(&mut first, other, json!([login("alice")])).await;
    let after = begun(&world, other, json!([on_phone])).await;
    assert_eq!(users(&before, &servers).await, NOBODY);
    let mut waiting = begun(&world, server, json!([waits])).await;
    assert_eq!(logged_in([&first, &after], &servers).await, [true, true]);

    let prove = json!([{"do": "prove"}]);
    waiting.act(other, prove.clone()).await.expect_status(409);
    assert_eq!(
        last(&mut first, server, json!([mine("end_others")])).await,
        2,
        "and the one that waited"
    );
    assert_eq!(users(&after, &servers).await, NOBODY);
    let mut waiting = begun(&world, server, json!([waits])).await;
    done(&mut waiting, other, prove).await;
    assert_eq!(logged_in([&first, &waiting], &servers).await, [true, true]);

    // What has expired takes no place.
    world.clock.advance(Duration::from_mins(30));
    let [_, _] = logins(&world, &servers).await;
    assert_eq!(everybody.of("alice").count().await.unwrap(), 2);
    let refused: Value = world
        .browser()
        .act(server, json!([login("alice"), {"do": "commit"}]))
        .await
        .json();
    assert_eq!(refused[1]["error"], "SessionLimit");
}
