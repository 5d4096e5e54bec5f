//! Tokens at the wire, on both frameworks alike: one application twice, one request to each, one answer.

use actix_web::web::{self, Data};
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use axum::{Extension, Router};
use keycard::auth::{Guard, Rule};
use keycard::{Factor, LoginAs};
use keycard_actix::SessionMiddleware;
use keycard_jwt::{AccessToken, Authorized, Claims, Revocation, TokenError, TokenPair, Tokens};
use keycard_tower::SessionLayer;
use serde_json::json;
use tower::ServiceExt as _;

use crate::world::*;

struct Staff;

impl Rule for Staff {
    fn guard() -> Guard {
        Guard::role("staff").and(Guard::factor(Factor::OTP))
    }
}

struct Anybody;

impl Rule for Anybody {
    fn guard() -> Guard {
        Guard::user()
    }
}

#[derive(serde::Deserialize)]
struct Tenant {
    tenant: u32,
}

async fn token(token: AccessToken) -> String {
    token.user().to_string()
}

async fn tenant(Claims(Tenant { tenant }): Claims<Tenant>) -> String {
    tenant.to_string()
}

async fn wrong_claims(_: Claims<Vec<u8>>) -> String {
    String::new()
}

async fn staff(session: Authorized<Staff>) -> String {
    format!("{:?}", session.user())
}

async fn anybody(session: Authorized<Anybody>) -> String {
    format!("{:?}", session.user())
}

/// A token endpoint behind a guard that tokens pass, too.
async fn issue(session: Authorized<Anybody>, tokens: Tokens) -> Result<String, TokenError> {
    let pair = tokens.issue(&session).await?;
    Ok(pair.refresh.expose_text().to_owned())
}

async fn issue_on_axum(
    session: Authorized<Anybody>,
    Extension(tokens): Extension<Tokens>,
) -> Result<String, TokenError> {
    issue(session, tokens).await
}

async fn issue_on_actix(session: Authorized<Anybody>, tokens: Data<Tokens>) -> Result<String, TokenError> {
    issue(session, Tokens::clone(&tokens)).await
}

async fn login(session: keycard_tower::Session) {
    session.login_with(LoginAs::user("alice").roles(["user"]));
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    challenge: Option<String>,
    body: String,
}

fn on_axum(world: &World) -> Router {
    Router::new()
        .route("/token", get(token))
        .route("/tenant", get(tenant))
        .route("/wrong", get(wrong_claims))
        .route("/staff", get(staff))
        .route("/anybody", get(anybody))
        .route("/issue", get(issue_on_axum))
        .route("/login", post(login))
        .layer(Extension(world.tokens.clone()))
        .layer(SessionLayer::new(world.keycard.clone()))
}

async fn from_axum(world: &World, path: &str, headers: &[(&str, String)]) -> Answer {
    let mut request = http::Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = on_axum(world)
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let challenge = response.headers().get("www-authenticate");
    Answer {
        status: response.status().as_u16(),
        challenge: challenge.map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap(),
    }
}

async fn from_actix(world: &World, path: &str, headers: &[(&str, String)]) -> Answer {
    let app = actix_web::App::new()
        .app_data(Data::new(world.tokens.clone()))
        .route("/token", web::get().to(token))
        .route("/tenant", web::get().to(tenant))
        .route("/wrong", web::get().to(wrong_claims))
        .route("/staff", web::get().to(staff))
        .route("/anybody", web::get().to(anybody))
        .route("/issue", web::get().to(issue_on_actix))
        .wrap(SessionMiddleware::new(world.keycard.clone()));
    let app = actix_web::test::init_service(app).await;
    let mut request = actix_web::test::TestRequest::get().uri(path);
    for (name, value) in headers {
        request = request.append_header((*name, value.as_str()));
    }
    let response = actix_web::test::call_service(&app, request.to_request()).await;
    let challenge = response.headers().get("www-authenticate");
    Answer {
        status: response.status().as_u16(),
        challenge: challenge.map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(actix_web::test::read_body(response).await.to_vec()).unwrap(),
    }
}

/// What both answer, which is the same.
pub(crate) async fn answer(
    world: &World,
    path: &str,
    headers: &[(&str, String)],
) -> (u16, Option<String>, String) {
    let axum = from_axum(world, path, headers).await;
    assert_eq!(axum, from_actix(world, path, headers).await, "{path} {headers:?}");
    (axum.status, axum.challenge, axum.body)
}

fn ok(body: &str) -> (u16, Option<String>, String) {
    (200, None, body.to_owned())
}

fn refused(status: u16, challenge: &str, error: &str) -> (u16, Option<String>, String) {
    (
        status,
        Some(challenge.to_owned()),
        json!({ "error": error }).to_string(),
    )
}

pub(crate) fn bearer(pair: &TokenPair) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", pair.access.expose_text()))
}

const INVALID: &str = r#"Bearer error="invalid_token""#;

#[actix_web::test]
async fn an_api_is_told_who_calls_or_why_nobody_does() {
    let world = World::new(|tokens| tokens.claims(|_| json!({"tenant": 7})));
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    assert_eq!(answer(&world, "/token", &[bearer(&pair)]).await, ok("alice"));
    assert_eq!(answer(&world, "/tenant", &[bearer(&pair)]).await, ok("7"));
    let lower = ("authorization", format!("bearer {}", pair.access.expose_text()));
    assert_eq!(answer(&world, "/token", &[lower]).await, ok("alice"));

    let missing = refused(401, "Bearer", "a token is needed");
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
    let other = world.tokens.issue(&session).await.unwrap();
    let several = refused(
        400,
        r#"Bearer error="invalid_request""#,
        "there are several tokens",
    );
    assert_eq!(
        answer(&world, "/token", &[bearer(&pair), bearer(&other)]).await,
        several
    );

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

#[actix_web::test]
async fn a_guard_is_asked_of_sessions_and_tokens_alike() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let scope = refused(403, r#"Bearer error="insufficient_scope""#, "this is not allowed");
    assert_eq!(answer(&world, "/staff", &[bearer(&pair)]).await, scope);
    session.set_roles(["staff"]).unwrap();
    session.commit().await.unwrap();
    let (status, challenge, body) = answer(&world, "/staff", &[bearer(&pair)]).await;
    let step_up = r#"Bearer error="insufficient_user_authentication""#;
    assert_eq!((status, challenge.as_deref()), (403, Some(step_up)));
    assert!(body.contains(r#""step_up":{"factor":"otp"}"#), "{body}");
    session.prove(Factor::OTP).unwrap();
    session.commit().await.unwrap();
    assert_eq!(
        answer(&world, "/staff", &[bearer(&pair)]).await,
        ok(r#"Some(UserId("alice"))"#)
    );
    assert_eq!(
        answer(&world, "/anybody", &[]).await,
        refused(401, "Bearer", "nobody is logged in")
    );
}

/// Who has stolen an access token would otherwise have a family of refresh tokens by it.
#[actix_web::test]
async fn a_token_issues_no_tokens() {
    for revocation in [
        Revocation::SessionBound,
        Revocation::AllowList,
        Revocation::BlockList,
    ] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let pair = world.tokens.issue(&session).await.unwrap();
        let scope = refused(
            403,
            r#"Bearer error="insufficient_scope""#,
            "a token issues no tokens",
        );
        assert_eq!(answer(&world, "/issue", &[bearer(&pair)]).await, scope);
    }
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
        on_axum(&world).oneshot(request.body(Body::empty()).unwrap())
    };
    let told = login(&[("authorization", "Bearer")]).await.unwrap();
    let id = told.headers()["x-session-id"].to_str().unwrap().to_owned();
    let id = ("authorization", format!("Bearer {id}"));
    assert_eq!(answer(&world, "/anybody", std::slice::from_ref(&id)).await, alice);
    assert_eq!(
        answer(&world, "/token", &[id]).await,
        refused(401, "Bearer", "a token is needed")
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
    let missing = refused(401, "Bearer", "a token is needed");
    assert_eq!(answer(&world, "/token", &[pair_of(&removed)]).await, missing);
    let other = world.tokens.issue(&session).await.unwrap();
    let two = [pair_of(&set), pair_of(&world.tokens.set_cookie(&other).unwrap())];
    assert_eq!(answer(&world, "/token", &two).await.0, 400);
    assert_eq!(
        answer(&world, "/token", &[two[0].clone(), bearer(&pair)]).await,
        ok("alice")
    );

    let without = World::new(|tokens| tokens);
    assert_eq!(without.tokens.set_cookie(&pair), None);
    assert_eq!(answer(&without, "/token", &[pair_of(&set)]).await, missing);
}
