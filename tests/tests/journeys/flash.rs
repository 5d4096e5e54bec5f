//! Messages for the next page.

use keycard_tests::browser::{Browser, Server};
use serde_json::{Value, json};

use crate::acting::{begun, done, login};
use crate::world::World;

journeys! {
    a_message_is_shown_once_on_the_page_behind_the_redirect
    a_page_that_fails_leaves_its_messages_to_the_next_one
    messages_go_through_a_login_and_end_with_the_session
}

fn flash(level: &str, text: &str) -> Value {
    json!({"do": "flash", "level": level, "text": text})
}

/// What the page shows.
async fn page(browser: &mut Browser, server: &impl Server) -> Value {
    browser.get(server, "/flashes").await.expect_status(200).json()
}

async fn a_message_is_shown_once_on_the_page_behind_the_redirect(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    assert_eq!(page(&mut browser, &server).await, json!([]));
    assert_eq!(world.stored_count(), 0, "no session has begun");
    let redirect = json!({"do": "answer", "status": 303});
    let steps = json!([flash("success", "saved"), flash("warning", "<b>"), redirect]);
    browser.act(&server, steps).await.expect_status(303);
    let shown = json!([["success", "saved"], ["warning", "<b>"]]);
    assert_eq!(page(&mut browser, &other).await, shown);
    for server in [&server, &other] {
        assert_eq!(page(&mut browser, server).await, json!([]));
    }
}

async fn a_page_that_fails_leaves_its_messages_to_the_next_one(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = begun(&world, &server, json!([flash("info", "hello")])).await;
    let (take, late) = (json!({"do": "take_flashes"}), flash("error", "oh"));
    for server in [&server, &other] {
        let steps = json!([take, {"do": "answer", "status": 500}]);
        let answer = browser.act(server, steps).await.expect_status(500);
        assert_eq!(answer.json()[0], json!([["info", "hello"]]));
    }
    done(&mut browser, &server, json!([late])).await;
    let shown = json!([["info", "hello"], ["error", "oh"]]);
    assert_eq!(page(&mut browser, &server).await, shown);
    assert_eq!(page(&mut browser, &other).await, json!([]));
}

async fn messages_go_through_a_login_and_end_with_the_session(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = begun(&world, &server, json!([flash("info", "hello")])).await;
    let steps = json!([login("alice"), flash("error", "oh")]);
    done(&mut browser, &other, steps).await;
    let shown = json!([["info", "hello"], ["error", "oh"]]);
    assert_eq!(page(&mut browser.clone(), &server).await, shown);
    let held = browser.clone();
    let steps = json!([flash("info", "gone"), {"do": "logout"}, flash("success", "bye")]);
    done(&mut browser, &server, steps).await;
    assert_eq!(
        page(&mut held.clone(), &other).await,
        json!([]),
        "of one that has ended"
    );
    assert_eq!(page(&mut browser, &other).await, json!([["success", "bye"]]));
}
