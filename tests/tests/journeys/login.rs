//! Logging in and out.

use serde_json::json;

use crate::world::{World, alice, at, bob, sid};

journeys! {
    login_profile_logout
    wrong_credentials_have_one_answer
    login_keeps_the_guest_s_data_under_a_new_id
    another_user_does_not_inherit_data
    logging_in_again_changes_the_secret_and_keeps_the_session
    a_logout_is_seen_at_once_and_removes_the_cookie
}

async fn login_profile_logout(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let login = browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    assert_eq!(login.json()["user"]["email"], "alice@example.com");
    assert_eq!(login.json()["user"]["roles"], json!(["user"]));

    let me = browser.get(&server, "/me").await.expect_status(200).json();
    assert_eq!(me["user"], login.json()["user"]);
    let session = &me["session"];
    assert_eq!(session["handle"].as_str().unwrap().len(), 27);
    assert_eq!(
        at(&session["expires_at"])
            .since(at(&session["created_at"]))
            .as_secs(),
        30 * 60
    );
    assert_eq!(
        at(&session["absolute_at"])
            .since(at(&session["created_at"]))
            .as_secs(),
        24 * 60 * 60
    );
    let cookie = sid(&browser).unwrap();
    assert!(
        !me.to_string().contains(&cookie[29..60]),
        "the secret is in the cookie alone"
    );

    browser.post(&server, "/logout").await.expect_status(204);
    assert!(sid(&browser).is_none());
    browser.get(&server, "/me").await.expect_status(401);
}

async fn wrong_credentials_have_one_answer(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    let unknown = json!({"email": "mallory@example.com", "password": "password123"});
    let wrong = json!({"email": "alice@example.com", "password": "password124"});
    let unknown = browser
        .post_json(&server, "/login", unknown)
        .await
        .expect_status(401);
    let wrong = browser
        .post_json(&server, "/login", wrong)
        .await
        .expect_status(401);
    assert_eq!(unknown.body, wrong.body);
    assert_eq!(world.stored_count(), 0);
}

async fn login_keeps_the_guest_s_data_under_a_new_id(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .put_json(&server, "/session/data", json!({"key": "cart", "value": [1, 2]}))
        .await;
    let (guest, before) = (browser.snapshot(), sid(&browser));
    let login = browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    assert_eq!(login.set_cookies().len(), 1);
    assert_ne!(sid(&browser), before);
    let data = browser.get(&server, "/session/data").await.json();
    assert_eq!(data, json!({"cart": [1, 2]}));
    let old = guest.get(&server, "/session/data").await.expect_status(200);
    assert_eq!(old.json(), json!({}), "the guest's id is dead");
    assert!(old.set_cookies().is_empty());
}

async fn another_user_does_not_inherit_data(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    browser
        .put_json(
            &server,
            "/session/data",
            json!({"key": "address", "value": "alice's"}),
        )
        .await;
    let before = browser.snapshot();
    browser
        .post_json(&server, "/login", bob())
        .await
        .expect_status(200);
    assert_eq!(browser.get(&server, "/session/data").await.json(), json!({}));
    assert_eq!(
        browser.get(&server, "/me").await.json()["user"]["email"],
        "bob@example.com"
    );
    before.get(&server, "/me").await.expect_status(401);
}

async fn logging_in_again_changes_the_secret_and_keeps_the_session(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let (first, before) = (browser.get(&server, "/me").await.json(), browser.snapshot());
    world.pass(std::time::Duration::from_mins(10), &mut browser);
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let second = browser.get(&server, "/me").await.json();
    assert_eq!(first["session"]["handle"], second["session"]["handle"]);
    assert_eq!(first["session"]["created_at"], second["session"]["created_at"]);
    let moved = at(&second["session"]["absolute_at"]).since(at(&first["session"]["absolute_at"]));
    assert_eq!(moved.as_secs(), 600, "both timers start again");
    before.get(&server, "/me").await.expect_status(401);
}

async fn a_logout_is_seen_at_once_and_removes_the_cookie(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let held = browser.snapshot();
    let logout = browser.post(&server, "/logout").await.expect_status(204);
    let removal = String::from_utf8(logout.set_cookies()[0].to_vec()).unwrap();
    assert!(
        removal.starts_with("__Host-sid=;") && removal.contains("Max-Age=0"),
        "{removal}"
    );
    held.get(&server, "/me").await.expect_status(401);
    let again = held.post(&server, "/logout").await.expect_status(204);
    assert!(
        again.set_cookies().is_empty(),
        "only the request that ended the session removes the cookie"
    );
    let write = held
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await;
    assert!(
        write.set_cookies().is_empty(),
        "a write on a dead session is dropped without a cookie"
    );
}
