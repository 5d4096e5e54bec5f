//! The browser over real sockets.

mod echo;

use std::net::SocketAddr;
use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Browser, Cookie, Origin, Refusal, SendErrorKind};
use echo::{assert_seen, seen, serve};

#[tokio::test]
async fn requests_carry_method_target_body_and_host() {
    let server = serve().await;
    let mut browser = Browser::new();
    for (method, response) in [
        ("GET", browser.get(&server, "/a?b=c").await),
        ("POST", browser.post(&server, "/a?b=c").await),
        ("DELETE", browser.delete(&server, "/a?b=c").await),
        ("PUT", browser.put_json(&server, "/a?b=c", json!({"k": 1})).await),
        (
            "POST",
            browser.post_json(&server, "/a?b=c", json!({"k": 1})).await,
        ),
    ] {
        let response = response.expect_status(200);
        let echoed = response.json();
        assert_eq!(
            (&echoed["method"], &echoed["target"]),
            (&json!(method), &json!("/a?b=c"))
        );
        assert_seen(&response, "host", &[&server.to_string()]);
        if echoed["body"] == r#"{"k":1}"# {
            assert_seen(&response, "content-type", &["application/json"]);
        } else {
            assert_eq!(echoed["body"], "");
        }
    }
}

#[tokio::test]
async fn what_one_server_sets_goes_to_every_server_of_the_name() {
    let (first, second) = (serve().await, serve().await);
    let shop = |server| Origin::at(server).named("shop.example").https();
    let mut browser = Browser::new();
    let set = "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax";
    let login = browser
        .request(Method::POST, &shop(first), "/login")
        .header("x-set", set)
        .send()
        .await;
    assert_eq!(login.set_cookies(), [set.as_bytes()]);
    let other = browser.get(&shop(second), "/me").await;
    assert_seen(&other, "cookie", &["__Host-sid=1"]);
    assert_seen(&other, "host", &["shop.example"]);
    assert_seen(&browser.get(&first, "/").await, "cookie", &[]);
    let bare = browser
        .request(Method::GET, &shop(first), "/")
        .without_cookies()
        .send()
        .await;
    assert_seen(&bare, "cookie", &[]);
}

#[tokio::test]
async fn ports_do_not_separate_cookies() {
    let (first, second) = (serve().await, serve().await);
    let mut browser = Browser::new();
    let set = browser
        .request(Method::GET, &first, "/")
        .header("x-set", "sid=1; SameSite=Lax");
    set.send().await.expect_status(200);
    assert_seen(&browser.get(&second, "/").await, "cookie", &["sid=1"]);
}

#[tokio::test]
async fn several_cookies_of_one_answer_are_all_kept_and_refusals_remembered() {
    let server = serve().await;
    let mut browser = Browser::new();
    let request = browser.request(Method::GET, &server, "/");
    let request = request
        .header("x-set", "a=1; SameSite=Lax")
        .header("x-set", "b=2; SameSite=Lax");
    let response = request.header("x-set", "c=3; SameSite=Lax; Secure").send().await;
    assert_eq!(response.set_cookies().len(), 3);
    assert_seen(&browser.get(&server, "/").await, "cookie", &["a=1; b=2"]);
    assert_eq!(
        browser.jar().refused(),
        [(Refusal::InsecureOrigin, "c=3; SameSite=Lax; Secure".to_owned())]
    );
}

#[tokio::test]
async fn raw_headers_arrive_as_they_are() {
    let server = serve().await;
    let mut browser = Browser::new();
    browser
        .jar_mut()
        .set_raw(Cookie::planted("sid", "jar", "127.0.0.1"));
    let long = format!("sid={}", "x".repeat(20_000));
    let request = browser
        .request(Method::GET, &server, "/")
        .raw_header("cookie", b"sid=\xff\xfe");
    let response = request.raw_header("Cookie", &long).send().await;
    let expected: [&[u8]; 3] = [b"sid=jar", b"sid=\xff\xfe", long.as_bytes()];
    assert_eq!(seen(&response, "cookie"), expected);
}

#[tokio::test]
async fn answers_to_a_snapshot_count_when_they_are_absorbed() {
    let server = serve().await;
    let mut browser = Browser::new();
    browser
        .jar_mut()
        .set_raw(Cookie::planted("sid", "old", "127.0.0.1"));
    let before = browser.snapshot();
    let sets = |value: &str| {
        let header = format!("sid={value}; Path=/; SameSite=Lax");
        before
            .request(Method::POST, &server, "/")
            .header("x-set", &header)
            .send()
    };
    let (first, second) = tokio::join!(sets("first"), sets("second"));
    assert_seen(&first, "cookie", &["sid=old"]);
    assert_seen(&second, "cookie", &["sid=old"]);
    assert_eq!(browser.jar().cookie("sid").unwrap().value(), "old");
    browser.absorb(&second);
    browser.absorb(&first);
    assert_eq!(browser.jar().cookie("sid").unwrap().value(), "first");
    assert_seen(&before.get(&server, "/").await, "cookie", &["sid=old"]);
}

#[tokio::test]
async fn clock_and_closing_reach_the_jar() {
    let server = serve().await;
    let mut browser = Browser::new();
    let request = browser
        .request(Method::GET, &server, "/")
        .header("x-set", "a=1; SameSite=Lax");
    request
        .header("x-set", "b=2; SameSite=Lax; Max-Age=60")
        .send()
        .await
        .expect_status(200);
    browser.close_browser();
    assert_seen(&browser.get(&server, "/").await, "cookie", &["b=2"]);
    browser.advance(Duration::from_mins(1));
    assert_seen(&browser.get(&server, "/").await, "cookie", &[]);
}

#[tokio::test]
async fn a_browser_says_where_a_request_comes_from() {
    let shop = Origin::at(serve().await).named("shop.example").https();
    let mut browser = Browser::new();
    let own = browser.post(&shop, "/").await;
    assert_seen(&own, "origin", &["https://shop.example"]);
    assert_seen(&own, "sec-fetch-site", &["same-origin"]);
    let foreign = browser
        .request(Method::POST, &shop, "/")
        .cross_site()
        .navigation()
        .send()
        .await;
    assert_seen(&foreign, "origin", &["https://elsewhere.example"]);
    assert_seen(&foreign, "sec-fetch-site", &["cross-site"]);
    assert_seen(&foreign, "sec-fetch-mode", &["navigate"]);
    let read = browser.get(&shop, "/").await;
    assert_seen(&read, "origin", &[]);
    let told = browser
        .request(Method::POST, &shop, "/")
        .header("origin", "null")
        .send()
        .await;
    assert_seen(&told, "origin", &["null"]);
    let plain = browser
        .post(&Origin::at(shop.address()).named("shop.example"), "/")
        .await;
    assert_seen(&plain, "sec-fetch-site", &[]);
}

#[tokio::test]
async fn a_foul_cookie_is_let_through_only_when_asked() {
    let server = serve().await;
    let mut browser = Browser::new();
    let request = browser
        .request(Method::GET, &server, "/foul")
        .header("x-set", "sid=1");
    request.without_hygiene().send().await.expect_status(200);
    assert!(browser.jar().cookie("sid").is_some());
    let foul = tokio::spawn(async move {
        browser
            .request(Method::GET, &server, "/foul")
            .header("x-set", "sid=1")
            .send()
            .await
    });
    let message = foul.await.unwrap_err().into_panic().downcast::<String>().unwrap();
    assert!(message.contains("GET http://127.0.0.1"), "{message}");
    assert!(
        message.contains("`SameSite` is not named") && message.contains("no-store"),
        "{message}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_or_is_gone_is_named() {
    let server = serve().await;
    let mut browser = Browser::new();
    let hung = browser
        .request(Method::GET, &server, "/hang")
        .time_out(Duration::from_millis(50))
        .try_send()
        .await;
    let error = hung.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TimedOut);
    assert_eq!(
        error.to_string(),
        format!("GET http://{server}/hang at {server}: no complete answer within 50ms")
    );

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let closed = listener.local_addr().unwrap();
    let accept = tokio::spawn(async move { drop(listener.accept().await) });
    assert_eq!(
        browser
            .snapshot()
            .request(Method::GET, &closed, "/")
            .try_send()
            .await
            .unwrap_err()
            .kind(),
        SendErrorKind::Broken
    );
    accept.await.unwrap();
    assert_eq!(
        browser
            .request(Method::GET, &closed, "/")
            .try_send()
            .await
            .unwrap_err()
            .kind(),
        SendErrorKind::Refused
    );
}

#[test]
#[should_panic(expected = "no such header value")]
fn a_header_that_cannot_be_sent_is_refused_at_once() {
    let mut browser = Browser::new();
    drop(
        browser
            .request(Method::GET, &SocketAddr::from(([127, 0, 0, 1], 1)), "/")
            .header("cookie", "a\r\nb: c"),
    );
}
