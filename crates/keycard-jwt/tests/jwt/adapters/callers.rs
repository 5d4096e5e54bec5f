//! Who calls: told by a bearer token or by a cookie, and what is told to who has neither.

use std::time::Duration;

use keycard_conformance::testing::{ScriptedStore, Verb};

use super::*;

#[actix_web::test]
async fn an_api_is_told_who_calls_or_why_nobody_does() {
    let world = World::new(|tokens| tokens.claims(|_| json!({"tenant": 7})));
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    assert_eq!(answer(&world, "/token", &[bearer(&pair)]).await, ok("alice"));
    assert_eq!(answer(&world, "/tenant", &[bearer(&pair)]).await, ok("7"));
    let lower = ("authorization", format!("bearer {}", pair.access.expose_text()));
    assert_eq!(answer(&world, "/token", &[lower]).await, ok("alice"));

    let missing = refused(401, UNASKED, "a token is needed");
    assert_eq!(answer(&world, "/token", &[]).await, missing);
    assert_eq!(
        answer(&world, "/token", &[("authorization", "Basic YTpi".to_owned())]).await,
        missing
    );
    let not_valid = refused(401, INVALID, "the token is not valid");
    for odd in ["nonsense", "a.b.c", "a.b.c.d", pair.refresh.expose_text()] {
        let header = ("authorization", format!("Bearer {odd}"));
        assert_eq!(answer(&world, "/token", &[header]).await, not_valid, "{odd}");
    }
    assert_eq!(answer(&world, "/wrong", &[bearer(&pair)]).await, not_valid);

    world.clock.advance(15 * MINUTE);
    let expired = format!(r#"{INVALID}, error_description="the token has expired""#);
    let expired = refused(401, &expired, "the token has expired");
    assert_eq!(answer(&world, "/token", &[bearer(&pair)]).await, expired);
    let renewed = world.tokens.refresh(&pair.refresh).await.unwrap();
    session.logout();
    session.commit().await.unwrap();
    let revoked = format!(r#"{INVALID}, error_description="the token was revoked""#);
    let revoked = refused(401, &revoked, "the token was revoked");
    assert_eq!(answer(&world, "/token", &[bearer(&renewed)]).await, revoked);
}

/// A session's id comes by its cookie or as a bearer token, and a JWT as a bearer token: each by its form.
#[actix_web::test]
async fn a_session_s_id_and_a_token_are_told_apart_by_their_form() {
    let world = World::new(|tokens| tokens);
    let alice = ok(r#"Some(UserId("alice"))"#);
    let login = |headers: &[(&str, &str)]| {
        let mut request = http::Request::post("/login");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        on_axum(&world, Layers::Own).oneshot(request.body(Body::empty()).unwrap())
    };
    let told = login(&[("authorization", "Bearer")]).await.unwrap();
    let id = told.headers()["x-session-id"].to_str().unwrap().to_owned();
    let id = ("authorization", format!("Bearer {id}"));
    assert_eq!(answer(&world, "/anybody", std::slice::from_ref(&id)).await, alice);
    assert_eq!(
        answer(&world, "/token", &[id]).await,
        refused(401, UNASKED, "a token is needed")
    );

    let bob = world.login("bob").await;
    let pair = world.tokens.issue(&bob).await.unwrap();
    assert_eq!(
        answer(&world, "/anybody", &[bearer(&pair)]).await,
        ok(r#"Some(UserId("bob"))"#)
    );
    bob.logout();
    bob.commit().await.unwrap();
    let (status, ..) = answer(&world, "/anybody", &[bearer(&pair)]).await;
    assert_eq!(status, 401);
}

#[actix_web::test]
async fn a_browser_may_have_its_token_in_a_cookie() {
    let world = World::new(|tokens| tokens.cookie("__Host-token"));
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let set = world.tokens.set_cookie(&pair).unwrap();
    assert!(
        set.ends_with("; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Strict"),
        "{set}"
    );
    let pair_of = |set: &str| {
        (
            "cookie",
            format!("theme=dark; {}", set.split(';').next().unwrap()),
        )
    };
    assert_eq!(answer(&world, "/token", &[pair_of(&set)]).await, ok("alice"));
    let removed = world.tokens.remove_cookie().unwrap();
    assert!(
        removed.starts_with("__Host-token=; Max-Age=0; Path=/; Secure"),
        "{removed}"
    );
    let missing = refused(401, UNASKED, "a token is needed");
    assert_eq!(answer(&world, "/token", &[pair_of(&removed)]).await, missing);
    let other = world.tokens.issue(&session).await.unwrap();
    let two = [pair_of(&set), pair_of(&world.tokens.set_cookie(&other).unwrap())];
    assert_eq!(answer(&world, "/token", &two).await.0, 400);

    let without = World::new(|tokens| tokens);
    assert_eq!(without.tokens.set_cookie(&pair), None);
    assert_eq!(answer(&without, "/token", &[pair_of(&set)]).await, missing);
}

/// Also where a framework asks for all arguments at once, as Actix does, and the store takes its time.
#[actix_web::test]
async fn the_arguments_of_a_handler_verify_the_token_once() {
    for (revocation, calls) in [
        (Revocation::SessionBound, &[Verb::Load][..]),
        (Revocation::AllowList, &[Verb::Standing, Verb::Load]),
        (Revocation::BlockList, &[Verb::Standing, Verb::Load]),
    ] {
        let store = ScriptedStore::new(MemoryStore::new());
        let world = World::over(store.clone(), |tokens| {
            tokens.revocation(revocation).claims(|_| json!({"tenant": 7}))
        });
        let pair = world.tokens.issue(&world.login("alice").await).await.unwrap();
        store.delay(Verb::Load, Duration::from_millis(1));
        store.delay(Verb::Standing, Duration::from_millis(1));
        drop(store.calls());
        for actix in [false, true] {
            let told = if actix {
                from_actix(&world, Layers::Own, "/all", &[bearer(&pair)]).await
            } else {
                from_axum(&world, Layers::Own, "/all", &[bearer(&pair)]).await
            };
            assert_eq!(told.body, r#"alice of 7: Some(UserId("alice"))"#);
            assert_eq!(store.calls(), calls, "{revocation:?}, on Actix: {actix}");
        }
    }
}

/// Of a token that a page has planted nothing is asked where the client shows another, be it a wrong one.
#[actix_web::test]
async fn whoever_says_bearer_is_judged_by_that() {
    let world = World::new(|tokens| tokens.cookie("__Host-token"));
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let id = keycard_conformance::testing::log_in_as(&world.keycard, "bob")
        .await
        .unwrap();
    let cookie = world.tokens.set_cookie(&pair).unwrap();
    let cookie = ("cookie", cookie.split(';').next().unwrap().to_owned());
    let authorization = |value: &str| ("authorization", value.to_owned());
    let shown = format!("Bearer {}", pair.access.expose_text());
    let not_valid = refused(401, INVALID, "the token is not valid");
    let request = |body| refused(400, r#"Bearer error="invalid_request""#, body);
    let (empty, several) = (
        request("there is no token behind Bearer"),
        request("there are several tokens"),
    );
    for (authorizations, expected) in [
        (&[][..], ok("alice")),
        (&["Basic YTpi"], ok("alice")),
        (&["Bearers x"], ok("alice")),
        (&[&*shown], ok("alice")),
        (&["Bearer x.y.z"], not_valid.clone()),
        (&["Bearer x y"], not_valid),
        (&["Bearer"], empty.clone()),
        (&["bearer "], empty.clone()),
        (&["BEARER\t"], empty),
        (&[&*id], refused(401, UNASKED, "a token is needed")),
        (&[&*shown, &*shown], several.clone()),
        (&["Basic YTpi", &*shown], several.clone()),
        (&["Bearer", "Bearer"], several),
    ] {
        let mut headers: Vec<_> = authorizations.iter().map(|value| authorization(value)).collect();
        headers.push(cookie.clone());
        assert_eq!(
            answer(&world, "/token", &headers).await,
            expected,
            "{authorizations:?}"
        );
    }
}

/// RFC 6749 §5.1: no cache keeps a token.
#[actix_web::test]
async fn a_pair_is_a_response_that_no_cache_keeps() {
    use actix_web::Responder as _;
    use axum::response::IntoResponse as _;

    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let (access, refresh) = (pair.access.expose_text(), pair.refresh.expose_text());
    let body = format!(
        r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"Bearer","expires_in":900}}"#
    );
    let expected = (200, ["application/json", "no-store"].map(str::to_owned), body);

    let axum = pair.clone().into_response();
    let told =
        ["content-type", "cache-control"].map(|name| axum.headers()[name].to_str().unwrap().to_owned());
    let status = axum.status().as_u16();
    let body = to_bytes(axum.into_body(), 10_000).await.unwrap().to_vec();
    assert_eq!((status, told, String::from_utf8(body).unwrap()), expected);

    let request = actix_web::test::TestRequest::default().to_http_request();
    let actix = pair.respond_to(&request);
    let told = ["content-type", "cache-control"]
        .map(|name| actix.headers().get(name).unwrap().to_str().unwrap().to_owned());
    let status = actix.status().as_u16();
    let body = actix_web::body::to_bytes(actix.into_body())
        .await
        .unwrap()
        .to_vec();
    assert_eq!((status, told, String::from_utf8(body).unwrap()), expected);
}
