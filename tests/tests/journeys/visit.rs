//! Visitors: nothing is stored, and no cookie is set, until something is put in.

use serde_json::json;

use crate::world::World;

journeys! {
    a_first_visit_leaves_no_cookie_and_no_record
    a_guest_keeps_what_was_put_in
    responses_keep_shared_caches_from_mixing_users_up
}

async fn a_first_visit_leaves_no_cookie_and_no_record(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser.get(&server, "/session/data").await.expect_status(200);
    browser.get(&server, "/me").await.expect_status(401);
    browser.get(&server, "/no/such/route").await.expect_status(404);
    browser.post(&server, "/logout").await.expect_status(204);
    assert_eq!(browser.jar().cookies().len(), 0);
    assert_eq!(world.stored_count(), 0);
}

async fn a_guest_keeps_what_was_put_in(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let entry = json!({"key": "theme", "value": {"dark": true, "size": 1.5, "tags": ["a", null]}});
    let put = browser
        .put_json(&server, "/session/data", entry.clone())
        .await
        .expect_status(200);
    assert_eq!(put.json(), entry);
    assert!(browser.jar().refused().is_empty());
    assert_eq!(browser.jar().cookies().len(), 1);
    let cookie = browser.jar().cookie("__Host-sid").expect("the session's cookie");
    assert!(
        cookie.is_secure() && cookie.is_host_only() && cookie.expires().is_none(),
        "{cookie:?}"
    );
    assert!(browser.jar().script_visible().is_empty());

    let read = browser
        .get(&server, "/session/data/theme")
        .await
        .expect_status(200);
    assert_eq!(read.json(), entry);
    assert!(read.set_cookies().is_empty(), "reading sets no cookie");
    let all = browser.get(&server, "/session/data").await.expect_status(200);
    assert_eq!(all.json(), json!({"theme": entry["value"]}));

    browser
        .delete(&server, "/session/data/theme")
        .await
        .expect_status(204);
    browser
        .get(&server, "/session/data/theme")
        .await
        .expect_status(404);
}

async fn responses_keep_shared_caches_from_mixing_users_up(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let write = browser
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await;
    assert_eq!(write.header("cache-control"), Some("no-store"));
    assert_eq!(write.header("vary"), Some("Cookie"));
    let read = browser.get(&server, "/session/data").await;
    assert_eq!(read.header("cache-control"), Some("private"));
    assert_eq!(read.header("vary"), Some("Cookie"));
    let unused = browser.get(&server, "/no/such/route").await.expect_status(404);
    assert_eq!(
        (unused.header("cache-control"), unused.header("vary")),
        (None, None)
    );
}
