//! The application's own user behind the id in the session.

use keycard_tests::app::{Accounts, Backend};
use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use crate::acting::{begun, done, last, login};
use crate::world::{Running, World, sid};

journeys! {
    a_user_is_loaded_once_in_a_request_however_often_one_asks
    who_is_nobody_is_not_looked_up
    a_deleted_user_is_nobody_until_their_sessions_are_ended
    a_database_that_is_down_is_no_logout
}

async fn serve(world: &World) -> (Running, Accounts) {
    let accounts = Accounts::default();
    let backend = Backend::new(world.keycard(), world.gates.clone()).with_accounts(accounts.clone());
    (world.acting_server_of(world.adapter, backend).await, accounts)
}

async fn greeting(browser: &mut Browser, server: &Running) -> Response {
    let answer = browser.get(server, "/greeting").await;
    assert!(answer.set_cookies().is_empty(), "{answer}");
    answer
}

fn assert_nobody(answer: Response) {
    let answer = answer.expect_status(401);
    assert_eq!(answer.json(), json!({"error": "nobody is logged in"}));
}

async fn a_user_is_loaded_once_in_a_request_however_often_one_asks(world: World) {
    let (server, accounts) = serve(&world).await;
    let mut alice = begun(&world, &server, json!([login("alice")])).await;
    let mut bob = begun(&world, &server, json!([login("bob")])).await;
    assert_eq!(accounts.asked(), 0, "who does not ask, does not pay");
    for asked in 1..=3 {
        let answer = greeting(&mut alice, &server).await.expect_status(200);
        assert_eq!(
            (answer.text().as_str(), accounts.asked()),
            ("Dr alice, Dr alice", asked)
        );
    }
    assert_eq!(greeting(&mut bob, &server).await.text(), "Dr bob, Dr bob");
    done(&mut alice, &server, json!([login("bob")])).await;
    assert_eq!(greeting(&mut alice, &server).await.text(), "Dr bob, Dr bob");
}

async fn who_is_nobody_is_not_looked_up(world: World) {
    let (server, accounts) = serve(&world).await;
    let insert = json!({"do": "insert", "key": "n", "value": 1});
    let waits = json!({"do": "login", "user": "carol", "pending": true});
    let ended = begun(&world, &server, json!([login("alice")])).await;
    done(&mut ended.clone(), &server, json!([{"do": "logout"}])).await;
    let mut waiting = begun(&world, &server, json!([waits])).await;
    let guest = begun(&world, &server, json!([insert])).await;
    for mut nobody in [world.browser(), guest, waiting.clone(), ended] {
        assert_nobody(greeting(&mut nobody, &server).await);
    }
    assert_eq!(accounts.asked(), 0);
    done(&mut waiting, &server, json!([{"do": "prove"}])).await;
    assert_eq!(greeting(&mut waiting, &server).await.text(), "Dr carol, Dr carol");
}

async fn a_deleted_user_is_nobody_until_their_sessions_are_ended(world: World) {
    let (server, accounts) = serve(&world).await;
    let mut browser = begun(&world, &server, json!([login("alice")])).await;
    accounts.delete("alice");
    assert_nobody(greeting(&mut browser, &server).await);
    let user = json!([{"do": "user"}]);
    assert_eq!(
        last(&mut browser, &server, user.clone()).await,
        "alice",
        "the session goes on"
    );
    let (_, users) = world.users_with(&[1], |builder| builder);
    assert_eq!(users.of("alice").end_all().await.unwrap(), 1);
    assert_eq!(last(&mut browser, &server, user).await, Value::Null);
    assert_nobody(greeting(&mut browser, &server).await);
    assert_eq!(accounts.asked(), 1, "who is nobody is not looked up");
}

async fn a_database_that_is_down_is_no_logout(world: World) {
    let (server, accounts) = serve(&world).await;
    let mut browser = begun(&world, &server, json!([login("alice")])).await;
    let held = sid(&browser);
    accounts.set_down(true);
    for _ in 0..2 {
        let answer = greeting(&mut browser, &server).await.expect_status(503);
        assert_eq!(answer.text(), "", "clients are told no reason");
    }
    accounts.set_down(false);
    assert_eq!(greeting(&mut browser, &server).await.text(), "Dr alice, Dr alice");
    assert_eq!(sid(&browser), held);
}
