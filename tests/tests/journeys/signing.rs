//! Signatures: keys that rotate, cookies that were tampered with.

use http::Method;
use serde_json::json;

use crate::world::{World, alice, sid};

journeys! {
    signing_keys_rotate_without_logging_anyone_out
    a_removed_key_ends_what_it_signed
    a_tampered_cookie_is_nobody_s
    a_cookie_of_another_application_is_nobody_s
}

async fn signing_keys_rotate_without_logging_anyone_out(world: World) {
    let (old, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&old, "/login", alice())
        .await
        .expect_status(200);
    let rotated = world
        .server_with(world.adapter, world.app_with(&[2, 1], |builder| builder).await)
        .await;
    let me = browser.get(&rotated, "/me").await.expect_status(200);
    assert!(me.set_cookies().is_empty());
    browser
        .post_json(&rotated, "/login", alice())
        .await
        .expect_status(200);
    browser.get(&rotated, "/me").await.expect_status(200);
    browser.get(&old, "/me").await.expect_status(401);
}

async fn a_removed_key_ends_what_it_signed(world: World) {
    let (old, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&old, "/login", alice())
        .await
        .expect_status(200);
    let without = world
        .server_with(world.adapter, world.app_with(&[2], |builder| builder).await)
        .await;
    let me = browser.get(&without, "/me").await.expect_status(401);
    assert!(me.set_cookies().is_empty());
    browser.get(&old, "/me").await.expect_status(200);
}

async fn a_tampered_cookie_is_nobody_s(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let value = sid(&browser).unwrap();
    for at in (0..value.len()).step_by(7) {
        let mut bent = value.clone().into_bytes();
        bent[at] = if bent[at] == b'x' { b'y' } else { b'x' };
        let cookie = [b"__Host-sid=".as_slice(), &bent].concat();
        let request = browser.request(Method::GET, &server, "/me").without_cookies();
        request
            .raw_header("cookie", cookie)
            .send()
            .await
            .expect_status(401);
    }
    browser.get(&server, "/me").await.expect_status(200);
}

async fn a_cookie_of_another_application_is_nobody_s(world: World) {
    let blog = world.app_with(&[1], |builder| builder.application("blog"));
    let blog = blog.await;
    let (shop, blog) = (world.server().await, world.server_with(world.adapter, blog).await);
    let mut browser = world.browser();
    browser
        .post_json(&shop, "/login", alice())
        .await
        .expect_status(200);
    browser.get(&blog, "/me").await.expect_status(401);
    browser
        .put_json(&blog, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    browser.get(&shop, "/me").await.expect_status(401);
}
