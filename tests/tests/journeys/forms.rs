//! Tokens in the bodies of forms: what is read of them, and that they reach the handler as they were sent.

use http::Method;
use keycard_tests::browser::{Browser, Response};

use crate::csrf::token;
use crate::world::{Running, World};

// What is echoed holds the token.
worlds! {
    a_form_is_checked_and_handed_on_as_it_came
    what_is_larger_than_the_bound_is_not_read
}

const FORM: &str = "application/x-www-form-urlencoded";
const BOUND: usize = 64 * 1024;

async fn send(browser: &Browser, server: &Running, content_type: &'static str, body: &str) -> Response {
    let snapshot = browser.snapshot();
    let request = snapshot.request(Method::POST, server, "/csrf/echo");
    request.body(content_type, body.to_owned()).send().await
}

fn reason(answer: &Response) -> String {
    answer.json()["reason"].as_str().unwrap().to_owned()
}

async fn a_form_is_checked_and_handed_on_as_it_came(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let (token, other) = (
        token(&mut browser, &server).await,
        token(&mut world.browser(), &server).await,
    );
    for body in [
        format!("csrf_token={token}"),
        format!("a=%20+b&csrf_token={token}&a=2&=&"),
        format!("csrf%5ftoken={token}&csrf_token={other}"),
    ] {
        let answer = send(&browser, &server, FORM, &body).await.expect_status(200);
        assert_eq!(answer.text(), body);
        assert!(answer.set_cookies().is_empty() && answer.header("vary").is_none());
    }
    let charset = "application/x-www-form-urlencoded; charset=UTF-8";
    let body = format!("csrf_token={token}");
    send(&browser, &server, charset, &body).await.expect_status(200);
    let multipart = "multipart/form-data; boundary=x";
    let part =
        format!("--x\r\ncontent-disposition: form-data; name=\"csrf_token\"\r\n\r\n{token}\r\n--x--\r\n");
    for (content_type, body, expected) in [
        (FORM, String::new(), "token_missing"),
        (FORM, "a=1".to_owned(), "token_missing"),
        (FORM, "csrf_token=".to_owned(), "token_invalid"),
        (
            FORM,
            format!("csrf_token={other}&csrf_token={token}"),
            "token_invalid",
        ),
        (multipart, part.clone(), "token_in_multipart"),
        (
            "application/json",
            format!(r#"{{"csrf_token":"{token}"}}"#),
            "token_missing",
        ),
        ("text/plain", body.clone(), "token_missing"),
    ] {
        let answer = send(&browser, &server, content_type, &body)
            .await
            .expect_status(403);
        assert_eq!(reason(&answer), expected, "{content_type}: {body}");
    }
    let request = browser.request(Method::POST, &server, "/csrf/echo");
    let answer = request
        .header("x-csrf-token", &token)
        .body(multipart, part.clone())
        .send()
        .await;
    assert_eq!(answer.expect_status(200).text(), part);
    let request = browser
        .request(Method::POST, &server, "/csrf/echo")
        .header("x-csrf-token", &other);
    let answer = request.body(FORM, body).send().await.expect_status(403);
    assert_eq!(reason(&answer), "token_invalid", "the header decides");
}

async fn what_is_larger_than_the_bound_is_not_read(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let token = token(&mut browser, &server).await;
    let form = format!("csrf_token={token}&rest=");
    let filled = |length: usize| format!("{form}{}", "x".repeat(length - form.len()));
    let answer = send(&browser, &server, FORM, &filled(BOUND))
        .await
        .expect_status(200);
    assert_eq!(answer.text(), filled(BOUND));
    let answer = send(&browser, &server, FORM, &filled(BOUND + 1))
        .await
        .expect_status(413);
    assert_eq!(reason(&answer), "body_too_large");
    let request = browser
        .request(Method::POST, &server, "/csrf/echo")
        .header("x-csrf-token", &token);
    let answer = request
        .body(FORM, filled(BOUND + 1))
        .send()
        .await
        .expect_status(200);
    assert_eq!(answer.text().len(), BOUND + 1, "by the header nothing is read");
}
