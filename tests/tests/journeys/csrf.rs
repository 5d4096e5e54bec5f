//! Requests that a page of another site may have made, and the tokens that show which were not.

use std::time::Duration;

use http::Method;
use keycard::Transport;
use keycard_tests::browser::{Browser, Response, Server};
use serde_json::{Value, json};

use crate::acting::login;
use crate::world::{World, sid};

journeys! {
    a_login_form_is_protected_before_there_is_a_session
    a_form_that_is_open_in_a_tab_goes_on_until_somebody_logs_in
    what_another_origin_has_made_is_refused_whatever_it_shows
    a_link_passes_and_a_socket_by_its_origin
    what_no_browser_adds_by_itself_needs_no_token
    only_the_tokens_of_the_own_session_and_visitor_are_accepted
    a_token_is_valid_for_as_long_as_its_key
    a_page_that_logs_in_has_the_renewed_token
    a_page_of_a_session_that_has_expired_goes_on_in_the_next_one
    routes_may_be_exempt_or_answer_by_themselves_but_not_lack_the_check
}

const VISITOR: &str = "__Host-sid-csrf";
const SITE: &str = "sec-fetch-site";

/// What a refusal looks like.
fn refused(answer: &Response) -> Value {
    assert_eq!(answer.status, 403, "{answer}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.set_cookies().is_empty(), "{answer}");
    answer.json()["reason"].take()
}

/// Asks for a token.
pub(crate) async fn token(browser: &mut Browser, server: &impl Server) -> String {
    told(&browser.get(server, "/csrf/token").await)
}

fn told(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer}: {}", answer.text());
    assert_eq!(answer.header("vary"), Some("Cookie"), "{answer}");
    answer.header("x-csrf-token").unwrap().to_owned()
}

/// Steps of a page that has this token.
async fn act(browser: &mut Browser, server: &impl Server, token: &str, steps: Value) -> Response {
    let request = browser.request(Method::POST, server, "/csrf/act").json(steps);
    request.header("x-csrf-token", token).send().await
}

async fn echo(browser: &Browser, server: &impl Server, token: &str) -> Response {
    let snapshot = browser.snapshot();
    let request = snapshot.request(Method::POST, server, "/csrf/echo");
    request.header("x-csrf-token", token).send().await
}

async fn is_accepted(browser: &Browser, server: &impl Server, token: &str) -> bool {
    let answer = echo(browser, server, token).await;
    answer.status == 200 || refused(&answer) != "token_invalid"
}

fn visitor(browser: &Browser) -> Option<String> {
    let cookie = browser.jar().cookie(VISITOR);
    cookie.map(|cookie| cookie.value().into_owned())
}

async fn a_login_form_is_protected_before_there_is_a_session(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let answer = browser.get(&server, "/csrf/token").await;
    let set = answer.set_cookies();
    let attributes = b"; HttpOnly; SameSite=Lax; Secure; Path=/";
    assert!(set.len() == 1 && set[0].ends_with(attributes), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let before = told(&answer);

    let bare = browser
        .post_json(&server, "/csrf/act", json!([login("alice")]))
        .await;
    assert_eq!(refused(&bare), "token_missing");
    let mut mallory = world.browser();
    let foreign = token(&mut mallory, &server).await;
    let answer = act(&mut browser, &server, &foreign, json!([login("mallory")])).await;
    assert_eq!(refused(&answer), "token_invalid");
    assert_eq!(sid(&browser), None);

    let answer = act(&mut browser, &server, &before, json!([login("alice")])).await;
    assert_eq!(answer.expect_status(200).set_cookies().len(), 2);
    assert!(sid(&browser).is_some() && visitor(&browser).is_none());
    let during = browser.get(&server, "/csrf/token").await;
    assert!(during.set_cookies().is_empty(), "{during}");
    assert_eq!(during.header("cache-control"), Some("private"));
    let during = told(&during);
    assert!(!is_accepted(&browser, &server, &before).await);
    assert!(is_accepted(&browser, &server, &during).await);

    act(&mut browser, &server, &during, json!([{"do": "logout"}]))
        .await
        .expect_status(200);
    let after = token(&mut browser, &server).await;
    assert!(visitor(&browser).is_some());
    for (token, expected) in [(&before, false), (&during, false), (&after, true)] {
        assert_eq!(is_accepted(&browser, &server, token).await, expected);
    }
}

async fn a_form_that_is_open_in_a_tab_goes_on_until_somebody_logs_in(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let (one, other) = (
        token(&mut browser, &server).await,
        token(&mut browser, &server).await,
    );
    assert_ne!(one, other, "each is masked anew");
    let put = json!([{"do": "insert", "key": "n", "value": 1}]);
    act(&mut browser, &server, &other, put).await.expect_status(200);
    assert!(sid(&browser).is_some(), "the other tab has begun a session");
    let begun = token(&mut browser, &server).await;
    for step in ["rotate", "commit"] {
        let answer = act(&mut browser, &server, &one, json!([{"do": step}])).await;
        answer.expect_status(200);
        assert!(is_accepted(&browser, &server, &begun).await, "{step}");
    }
    act(&mut browser, &server, &begun, json!([login("alice")]))
        .await
        .expect_status(200);
    let alice = token(&mut browser, &server).await;
    for (token, expected) in [(&one, false), (&begun, false), (&alice, true)] {
        assert_eq!(is_accepted(&browser, &server, token).await, expected);
    }
    let again = json!([login("alice"), {"do": "prove"}, {"do": "rotate"}]);
    act(&mut browser, &server, &alice, again).await.expect_status(200);
    assert!(
        is_accepted(&browser, &server, &alice).await,
        "it is the same session"
    );
    act(&mut browser, &server, &alice, json!([login("bob")]))
        .await
        .expect_status(200);
    assert!(!is_accepted(&browser, &server, &alice).await);
}

/// What a browser says of a request, and why that is refused, if it is.
#[rustfmt::skip]
const ORIGINS: [(&[(&str, &str)], &str); 12] = {
    const EVIL: (&str, &str) = ("origin", "https://evil.example");
    const TRUSTED: (&str, &str) = ("origin", "https://app.example");
    const OWN: (&str, &str) = ("origin", "https://shop.example");
    [
        (&[(SITE, "same-origin"), OWN], ""),
        (&[(SITE, "none")], ""),
        (&[(SITE, "cross-site"), EVIL], "cross_site"),
        (&[(SITE, "same-site"), ("origin", "https://blog.shop.example")], "cross_site"),
        (&[(SITE, "cross-site")], "cross_site"),
        (&[(SITE, "cross-site"), TRUSTED], ""),
        (&[OWN], ""),
        (&[TRUSTED], ""),
        (&[EVIL], "other_origin"),
        (&[("origin", "null")], "other_origin"),
        (&[("origin", "http://shop.example")], "other_origin"),
        (&[], ""),
    ]
};

async fn what_another_origin_has_made_is_refused_whatever_it_shows(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let token = token(&mut browser, &server).await;
    act(
        &mut browser,
        &server,
        &token,
        json!([{"do": "insert", "key": "n", "value": 1}]),
    )
    .await;
    for (headers, reason) in ORIGINS {
        for with_token in [true, false] {
            let snapshot = browser.snapshot();
            let mut request = snapshot.request(Method::POST, &server, "/csrf/act").silent();
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if with_token {
                request = request.header("x-csrf-token", &token);
            }
            let answer = request
                .json(json!([{"do": "increment", "key": "n", "by": 1}]))
                .send()
                .await;
            match (reason, with_token) {
                ("", true) => drop(answer.expect_status(200)),
                ("", false) => assert_eq!(refused(&answer), "token_missing", "{headers:?}"),
                (reason, _) => assert_eq!(refused(&answer), reason, "{headers:?}"),
            }
        }
    }
    let passed = ORIGINS.iter().filter(|(_, reason)| reason.is_empty()).count();
    let sum = act(&mut browser, &server, &token, json!([{"do": "get", "key": "n"}])).await;
    assert_eq!(sum.json(), json!([1 + passed]), "nothing else was done");
}

async fn a_link_passes_and_a_socket_by_its_origin(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let link = browser
        .request(Method::GET, &server, "/csrf/token")
        .cross_site()
        .navigation();
    told(&link.send().await);
    for (site, expected) in [("cross-site", 403), ("same-origin", 200)] {
        let socket = browser
            .request(Method::GET, &server, "/csrf/token")
            .header("upgrade", "websocket");
        socket.header(SITE, site).send().await.expect_status(expected);
    }
}

async fn what_no_browser_adds_by_itself_needs_no_token(world: World) {
    let browsers = world.acting_server().await;
    let transports = [
        Transport::Header("x-session-id"),
        Transport::Bearer,
        Transport::Cookie,
    ];
    let keycard = world.keycard_with(&[1], |builder| builder.transports(transports));
    let server = world.acting_server_with(world.adapter, keycard).await;
    let mut browser = world.browser();
    let form = token(&mut browser, &browsers).await;
    act(&mut browser, &browsers, &form, json!([login("alice")]))
        .await
        .expect_status(200);
    for (name, value, passes) in [
        ("x-session-id", "", true),
        ("authorization", "Bearer", true),
        ("authorization", "Bearer another.kind.of-token", false),
        ("authorization", "Basic YWxpY2U6cHc=", false),
    ] {
        let snapshot = browser.snapshot();
        let request = snapshot
            .request(Method::POST, &server, "/csrf/act")
            .header(name, value);
        let answer = request.json(json!([{"do": "user"}])).send().await;
        if passes {
            assert_eq!(answer.expect_status(200).json(), json!([null]), "{name}: {value}");
        } else {
            assert_eq!(refused(&answer), "token_missing", "{name}: {value}");
        }
    }
    let program = world.browser();
    let program = program.snapshot();
    let request = program.request(Method::POST, &server, "/csrf/act").silent();
    let request = request.header("authorization", "Bearer another.kind.of-token");
    request.json(json!([])).send().await.expect_status(200);
}

async fn only_the_tokens_of_the_own_session_and_visitor_are_accepted(world: World) {
    let (server, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut all = Vec::new();
    for user in ["alice", "bob"] {
        let mut browser = world.browser();
        let form = token(&mut browser, &server).await;
        act(&mut browser, &server, &form, json!([login(user)]))
            .await
            .expect_status(200);
        let token = token(&mut browser, &server).await;
        all.push((browser, token));
    }
    let [(alice, of_alice), (bob, of_bob)] = &all[..] else {
        panic!("there are two")
    };
    for server in [&server, &other] {
        assert!(is_accepted(alice, server, of_alice).await, "on both frameworks");
        assert!(!is_accepted(alice, server, of_bob).await);
    }
    for bent in [
        "",
        "x",
        &of_alice[1..],
        &of_alice[..85],
        &format!("{of_alice}A"),
        &"A".repeat(86),
    ] {
        assert!(!is_accepted(alice, &server, bent).await, "{bent}");
    }

    // Bob has planted his cookie beside that of Alice, and then logged out.
    let both = format!(
        "__Host-sid={}; __Host-sid={}",
        sid(bob).unwrap(),
        sid(alice).unwrap()
    );
    act(&mut bob.clone(), &server, of_bob, json!([{"do": "logout"}]))
        .await
        .expect_status(200);
    for token in [of_bob, of_alice] {
        let snapshot = alice.snapshot();
        let request = snapshot
            .request(Method::POST, &server, "/csrf/act")
            .without_cookies();
        let request = request.header("cookie", &both).header("x-csrf-token", token);
        let answer = request.json(json!([{"do": "user"}])).send().await;
        assert_eq!(refused(&answer), "token_invalid");
    }
}

async fn a_token_is_valid_for_as_long_as_its_key(world: World) {
    let server = async |keys: &[u8]| {
        let keycard = world.keycard_with(keys, |builder| builder);
        world.acting_server_with(world.adapter, keycard).await
    };
    let (old, both, new) = (server(&[1]).await, server(&[2, 1]).await, server(&[2]).await);
    let (mut guest, mut user) = (world.browser(), world.browser());
    let form = token(&mut guest, &old).await;
    let first = token(&mut user, &old).await;
    act(&mut user, &old, &first, json!([login("alice")]))
        .await
        .expect_status(200);
    let page = token(&mut user, &old).await;
    for (browser, token) in [(&guest, &form), (&user, &page)] {
        assert!(is_accepted(browser, &both, token).await);
        assert!(!is_accepted(browser, &new, token).await);
    }
    let rotated = token(&mut user, &both).await;
    assert!(is_accepted(&user, &both, &rotated).await);
    assert!(!is_accepted(&user, &old, &rotated).await);
}

async fn a_page_that_logs_in_has_the_renewed_token(world: World) {
    let server = world.acting_server().await;
    for (path, is_valid) in [("/csrf/login", true), ("/csrf/hasty", false)] {
        let mut browser = world.browser();
        let form = token(&mut browser, &server).await;
        for user in ["alice", "bob"] {
            let before = token(&mut browser, &server).await;
            let request = browser
                .request(Method::POST, &server, path)
                .body("text/plain", user);
            let answer = request.header("x-csrf-token", &before).send().await;
            let page = told(&answer);
            assert_eq!(
                is_accepted(&browser, &server, &page).await,
                is_valid,
                "{path}, {user}"
            );
            assert!(!is_accepted(&browser, &server, &before).await);
            assert!(visitor(&browser).is_none());
        }
        assert!(!is_accepted(&browser, &server, &form).await);
    }
}

async fn a_page_of_a_session_that_has_expired_goes_on_in_the_next_one(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let form = told(&browser.get(&server, "/csrf/visit").await);
    assert!(sid(&browser).is_some() && visitor(&browser).is_some());
    assert!(is_accepted(&browser, &server, &form).await);
    act(&mut browser, &server, &form, json!([login("alice")]))
        .await
        .expect_status(200);
    let (before, old) = (token(&mut browser, &server).await, sid(&browser));

    world.pass(Duration::from_hours(25), &mut browser);
    assert!(
        is_accepted(&browser, &server, &before).await,
        "nothing was told to the browser"
    );
    let page = told(&browser.get(&server, "/csrf/visit").await);
    assert_ne!(sid(&browser), old);
    assert!(is_accepted(&browser, &server, &page).await);
    let user = last_of(act(&mut browser, &server, &page, json!([{"do": "user"}])).await);
    assert_eq!(user, Value::Null);
    act(&mut browser, &server, &page, json!([login("bob")]))
        .await
        .expect_status(200);
    assert!(!is_accepted(&browser, &server, &page).await);
}

fn last_of(answer: Response) -> Value {
    let given = answer.expect_status(200).json();
    given.as_array().unwrap().last().unwrap().clone()
}

async fn routes_may_be_exempt_or_answer_by_themselves_but_not_lack_the_check(world: World) {
    let server = world.acting_server().await;
    let mut browser = world.browser();
    let exempt = browser
        .request(Method::POST, &server, "/csrf/webhook")
        .cross_site()
        .body("text/plain", "x");
    assert_eq!(exempt.send().await.expect_status(200).text(), "x");
    let page = browser.request(Method::POST, &server, "/csrf/page").cross_site();
    assert_eq!(page.send().await.expect_status(418).text(), "cross_site");
    let page = browser.post(&server, "/csrf/page").await;
    assert_eq!(page.expect_status(418).text(), "token_missing");
    let bare = browser.get(&server, "/csrf/bare").await.expect_status(500);
    assert!(bare.text().contains("add the CSRF layer"), "{}", bare.text());
}
