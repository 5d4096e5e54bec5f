//! What no honest client sends and no healthy store holds, at the wire.

use http::Method;
use keycard_tests::browser::Browser;
use serde_json::{Value, json};

use crate::world::{Running, World, alice, sid};

journeys! {
    malformed_cookies_are_nobody_s
    an_oversized_cookie_is_nobody_s_and_hides_nothing
    two_cookies_of_the_name
    a_record_of_a_newer_version_is_503_and_left_alone
    a_corrupt_record_counts_as_absent
    a_value_of_the_wrong_type_is_the_client_s_mistake
}

async fn me_with(browser: &mut Browser, server: &Running, cookie: impl AsRef<[u8]>) -> u16 {
    let request = browser.request(Method::GET, server, "/me").without_cookies();
    let answer = request.raw_header("cookie", cookie).send().await;
    assert!(answer.set_cookies().is_empty());
    answer.status.as_u16()
}

async fn malformed_cookies_are_nobody_s(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let value = sid(&browser).unwrap();
    let (id, mac) = value.split_once('.').unwrap();
    for bad in [
        String::new(),
        id.to_owned(),
        format!("{id}."),
        format!("{id}.{}", &mac[..42]),
        format!("{id}.{mac}="),
        format!("{}.{mac}", &id[..70]),
        format!("{id}A.{mac}"),
        format!("2{}.{mac}", &id[1..]),
        format!("\"{value}\""),
        "%31".to_owned() + &value[1..],
        "*".repeat(115),
    ] {
        assert_eq!(
            me_with(&mut browser, &server, format!("__Host-sid={bad}")).await,
            401,
            "{bad}"
        );
    }
    for bad in [
        &b"__Host-sid=\xff\xfe\xfd"[..],
        b"__Host-sid",
        b";;;===;",
        b"\xff",
    ] {
        assert_eq!(me_with(&mut browser, &server, bad).await, 401);
    }
    let beside_junk = [b"junk=\xff\xfe; __Host-sid=".as_slice(), value.as_bytes()].concat();
    assert_eq!(me_with(&mut browser, &server, beside_junk).await, 200);
}

async fn an_oversized_cookie_is_nobody_s_and_hides_nothing(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let value = sid(&browser).unwrap();
    let large = "x".repeat(9 * 1024);
    assert_eq!(
        me_with(&mut browser, &server, format!("__Host-sid={large}")).await,
        401
    );
    assert_eq!(
        me_with(&mut browser, &server, format!("__Host-sid={value}{large}")).await,
        401
    );
    assert_eq!(
        me_with(
            &mut browser,
            &server,
            format!("other={large}; __Host-sid={value}")
        )
        .await,
        200
    );
}

async fn two_cookies_of_the_name(world: World) {
    let (server, mut browser, mut planted) = (world.server().await, world.browser(), world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    planted
        .put_json(&server, "/session/data", json!({"key": "n", "value": 1}))
        .await
        .expect_status(200);
    let (mine, other) = (sid(&browser).unwrap(), sid(&planted).unwrap());
    let both = format!("__Host-sid={other}; __Host-sid={mine}");
    assert_eq!(
        me_with(&mut browser, &server, &both).await,
        401,
        "of several live ones none is used"
    );
    let write = browser
        .request(Method::PUT, &server, "/session/data")
        .without_cookies();
    let write = write
        .raw_header("cookie", &both)
        .json(json!({"key": "n", "value": 2}))
        .send()
        .await;
    assert!(write.set_cookies().is_empty(), "and neither cookie is replaced");
    assert_eq!(
        me_with(
            &mut browser,
            &server,
            format!("__Host-sid={mine}; __Host-sid={mine}")
        )
        .await,
        200
    );
    let forged = format!("__Host-sid={}; __Host-sid={mine}", "A".repeat(115));
    assert_eq!(me_with(&mut browser, &server, forged).await, 200);
    planted.post(&server, "/logout").await.expect_status(204);
    assert_eq!(
        me_with(&mut browser, &server, both).await,
        200,
        "the only live one is used"
    );
}

async fn handle(browser: &mut Browser, server: &Running) -> String {
    let me: Value = browser.get(server, "/me").await.expect_status(200).json();
    me["session"]["handle"].as_str().unwrap().to_owned()
}

async fn a_record_of_a_newer_version_is_503_and_left_alone(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .post_json(&server, "/login", alice())
        .await
        .expect_status(200);
    let handle = handle(&mut browser, &server).await;
    world.tamper(&handle, |bytes| bytes[0] = 2).await;
    let stored = world.stored(&handle).await;
    let entry = json!({"key": "n", "value": 1});
    assert!(
        browser
            .get(&server, "/me")
            .await
            .expect_status(503)
            .set_cookies()
            .is_empty()
    );
    assert!(
        browser
            .put_json(&server, "/session/data", entry)
            .await
            .expect_status(503)
            .set_cookies()
            .is_empty()
    );
    browser.get(&server, "/no/such/route").await.expect_status(404);
    assert_eq!(world.stored(&handle).await, stored, "it is not rewritten");
}

async fn a_corrupt_record_counts_as_absent(world: World) {
    let server = world.server().await;
    for change in [(|bytes| bytes.truncate(68)) as fn(&mut Vec<u8>), |bytes| {
        bytes.extend([2, 255, 255]);
    }] {
        let mut browser = world.browser();
        browser
            .post_json(&server, "/login", alice())
            .await
            .expect_status(200);
        let (handle, old) = (handle(&mut browser, &server).await, sid(&browser));
        world.tamper(&handle, change).await;
        browser.get(&server, "/me").await.expect_status(401);
        browser
            .post_json(&server, "/login", alice())
            .await
            .expect_status(200);
        browser.get(&server, "/me").await.expect_status(200);
        assert_ne!(sid(&browser), old);
    }
}

async fn a_value_of_the_wrong_type_is_the_client_s_mistake(world: World) {
    let (server, mut browser) = (world.server().await, world.browser());
    browser
        .put_json(&server, "/session/data", json!({"key": "n", "value": "text"}))
        .await
        .expect_status(200);
    let answer = browser
        .post_json(&server, "/session/increment", json!({"key": "n"}))
        .await
        .expect_status(400);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("not an integer"),
        "{answer}"
    );
    assert_eq!(
        browser.get(&server, "/session/data").await.json(),
        json!({"n": "text"})
    );
}
