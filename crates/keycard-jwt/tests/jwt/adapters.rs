//! Tokens at the wire, on both frameworks alike: one application twice, one request to each, one answer (long because the
//! applications stand beside what they are asked).

use actix_web::middleware::Condition;
use actix_web::web::{self, Data};
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use axum::{Extension, Router};
use keycard::auth::{Guard, Rule};
use keycard::store::memory::MemoryStore;
use keycard::{CookieSpec, Drift, Factor, KeyRing, Keycard, LoginAs};
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

struct Recent;

impl Rule for Recent {
    fn guard() -> Guard {
        Guard::fresh(5 * MINUTE)
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

async fn recent(session: Authorized<Recent>) -> String {
    format!("{:?}", session.user())
}

async fn write(session: Authorized<Anybody>) -> Result<String, TokenError> {
    let before: u32 = session.get("n")?.unwrap_or_default();
    session.insert("n", &(before + 1))?;
    Ok(before.to_string())
}

async fn leave(session: Authorized<Anybody>) -> &'static str {
    session.logout();
    "logged out"
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
    /// `Cache-Control` and `Vary`.
    cached: Vec<String>,
    cookies: Vec<String>,
    body: String,
}

/// The layers of sessions around the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layers {
    Own,
    /// Another application's is the inner one.
    Nested,
    Others,
    None,
}

impl Layers {
    fn own(self) -> bool {
        matches!(self, Self::Own | Self::Nested)
    }

    fn others(self) -> bool {
        matches!(self, Self::Nested | Self::Others)
    }
}

fn office() -> Keycard {
    let cookie = CookieSpec::builder("__Host-office").build().unwrap();
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    builder.cookie(cookie).build().unwrap()
}

fn on_axum(world: &World, layers: Layers) -> Router {
    let mut app = Router::new()
        .route("/token", get(token))
        .route("/tenant", get(tenant))
        .route("/wrong", get(wrong_claims))
        .route("/staff", get(staff))
        .route("/anybody", get(anybody))
        .route("/recent", get(recent))
        .route("/write", get(write))
        .route("/leave", get(leave))
        .route("/issue", get(issue_on_axum))
        .route("/login", post(login))
        .layer(Extension(world.tokens.clone()));
    if layers.others() {
        app = app.layer(SessionLayer::new(office()));
    }
    if layers.own() {
        app = app.layer(SessionLayer::new(world.keycard.clone()));
    }
    app
}

async fn from_axum(world: &World, layers: Layers, path: &str, headers: &[(&str, String)]) -> Answer {
    let mut request = http::Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = on_axum(world, layers)
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let headers = response.headers();
    let told = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
    };
    Answer {
        status: response.status().as_u16(),
        challenge: told("www-authenticate").next(),
        cached: told("cache-control").chain(told("vary")).collect(),
        cookies: told("set-cookie").collect(),
        body: String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap(),
    }
}

async fn from_actix(world: &World, layers: Layers, path: &str, headers: &[(&str, String)]) -> Answer {
    let app = actix_web::App::new()
        .app_data(Data::new(world.tokens.clone()))
        .route("/token", web::get().to(token))
        .route("/tenant", web::get().to(tenant))
        .route("/wrong", web::get().to(wrong_claims))
        .route("/staff", web::get().to(staff))
        .route("/anybody", web::get().to(anybody))
        .route("/recent", web::get().to(recent))
        .route("/write", web::get().to(write))
        .route("/leave", web::get().to(leave))
        .route("/issue", web::get().to(issue_on_actix))
        .wrap(Condition::new(layers.others(), SessionMiddleware::new(office())))
        .wrap(Condition::new(
            layers.own(),
            SessionMiddleware::new(world.keycard.clone()),
        ));
    let app = actix_web::test::init_service(app).await;
    let mut request = actix_web::test::TestRequest::get().uri(path);
    for (name, value) in headers {
        request = request.append_header((*name, value.as_str()));
    }
    let response = actix_web::test::call_service(&app, request.to_request()).await;
    let headers = response.headers();
    let told = |name| {
        headers
            .get_all(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    Answer {
        status: response.status().as_u16(),
        challenge: told("www-authenticate").next(),
        cached: told("cache-control").chain(told("vary")).collect(),
        cookies: told("set-cookie").collect(),
        body: String::from_utf8(actix_web::test::read_body(response).await.to_vec()).unwrap(),
    }
}

async fn answer_within(world: &World, layers: Layers, path: &str, headers: &[(&str, String)]) -> Answer {
    let axum = from_axum(world, layers, path, headers).await;
    let actix = from_actix(world, layers, path, headers).await;
    assert_eq!(axum, actix, "{layers:?} {path} {headers:?}");
    axum
}

/// What both answer, which is the same.
pub(crate) async fn answer(
    world: &World,
    path: &str,
    headers: &[(&str, String)],
) -> (u16, Option<String>, String) {
    let answer = answer_within(world, Layers::Own, path, headers).await;
    (answer.status, answer.challenge, answer.body)
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

const UNASKED: &str = r#"Bearer realm="api""#;
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
    assert_eq!((status, challenge.as_deref()), (401, Some(step_up)));
    assert!(body.contains(r#""step_up":{"factor":"otp"}"#), "{body}");
    session.prove(Factor::OTP).unwrap();
    session.commit().await.unwrap();
    assert_eq!(
        answer(&world, "/staff", &[bearer(&pair)]).await,
        ok(r#"Some(UserId("alice"))"#)
    );
    let (status, challenge, body) = answer(&world, "/recent", &[bearer(&pair)]).await;
    assert_eq!((status, challenge.as_deref()), (200, None), "{body}");
    world.clock.advance(10 * MINUTE);
    let (status, challenge, _) = answer(&world, "/recent", &[bearer(&pair)]).await;
    let recent = format!(r#"{step_up}, max_age="300""#);
    assert_eq!((status, challenge), (401, Some(recent)));
    assert_eq!(
        answer(&world, "/anybody", &[]).await,
        refused(401, UNASKED, "nobody is logged in")
    );
}

/// With a list a token may outlive its session: then no guard lets it pass, and its client is told to get another.
#[actix_web::test]
async fn a_token_whose_session_has_ended_passes_no_guard() {
    for revocation in [Revocation::AllowList, Revocation::BlockList] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let pair = world.tokens.issue(&session).await.unwrap();
        session.logout();
        session.commit().await.unwrap();
        let revoked = format!(r#"{INVALID}, error_description="the token was revoked""#);
        let revoked = refused(401, &revoked, "the token was revoked");
        assert_eq!(answer(&world, "/anybody", &[bearer(&pair)]).await, revoked);
        assert_eq!(answer(&world, "/token", &[bearer(&pair)]).await, ok("alice"));
    }
}

/// Who has stolen an access token would otherwise have a family of refresh tokens by it.
#[actix_web::test]
async fn a_token_issues_no_tokens() {
    for revocation in ALL {
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

/// What a handler does to its session is done, by whatever its client has shown.
#[actix_web::test]
async fn what_is_done_by_a_token_is_committed_as_by_a_cookie() {
    for layers in [Layers::Own, Layers::Nested] {
        for actix in [false, true] {
            let world = World::new(|tokens| tokens.cookie("__Host-token"));
            let session = world.login("alice").await;
            let pair = world.tokens.issue(&session).await.unwrap();
            let cookie = world.tokens.set_cookie(&pair).unwrap();
            let cookie = ("cookie", cookie.split(';').next().unwrap().to_owned());
            let ask = async |path, header: (&'static str, String)| {
                if actix {
                    from_actix(&world, layers, path, &[header]).await
                } else {
                    from_axum(&world, layers, path, &[header]).await
                }
            };
            for (count, header) in [bearer(&pair), cookie, bearer(&pair)].into_iter().enumerate() {
                let written = ask("/write", header).await;
                assert_eq!((written.status, written.body), (200, count.to_string()));
                assert_eq!(written.cookies, Vec::<String>::new());
                assert!(
                    written.cached.contains(&"private".to_owned()),
                    "{:?}",
                    written.cached
                );
                assert!(
                    written.cached.contains(&"Cookie".to_owned()),
                    "{:?}",
                    written.cached
                );
            }
            let left = ask("/leave", bearer(&pair)).await;
            assert_eq!((left.status, left.cookies), (200, Vec::new()));
            assert_eq!(world.users.of("alice").count().await.unwrap(), 0);
            assert_eq!(ask("/token", bearer(&pair)).await.status, 401);
        }
    }
}

#[actix_web::test]
async fn nobody_acts_in_a_session_where_nobody_would_commit_it() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    for layers in [Layers::None, Layers::Others] {
        let answer = answer_within(&world, layers, "/leave", &[bearer(&pair)]).await;
        assert_eq!(answer.status, 500, "{layers:?}");
        let answer = answer_within(&world, layers, "/token", &[bearer(&pair)]).await;
        assert_eq!((answer.status, &*answer.body), (200, "alice"), "{layers:?}");
    }
}

/// A stolen token does not pass by what the session is bound to, whichever layers its request passes.
#[actix_web::test]
async fn the_client_of_a_token_is_judged_by_the_layer_of_its_sessions() {
    let world = World::bound(Drift::StepUp);
    let of = |agent: &str| ("user-agent", agent.to_owned());
    let login = world.keycard.open_request([of("curl/8.9")].as_slice(), None);
    let session = login.load().await.unwrap();
    session.login("alice");
    let pair = world.tokens.issue(&session).await.unwrap();
    for (layers, agent, status) in [
        (Layers::Own, "curl/8.9", 200),
        (Layers::Nested, "curl/8.9", 200),
        (Layers::Own, "wget/1.25", 401),
        (Layers::Nested, "wget/1.25", 401),
        (Layers::Others, "curl/8.9", 500),
        (Layers::None, "curl/8.9", 500),
    ] {
        let answer = answer_within(&world, layers, "/token", &[bearer(&pair), of(agent)]).await;
        let step_up = r#"Bearer error="insufficient_user_authentication""#;
        let challenge = (status == 401).then_some(step_up);
        assert_eq!(
            (answer.status, answer.challenge.as_deref()),
            (status, challenge),
            "{layers:?} {agent}"
        );
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
    assert_eq!(
        answer(&world, "/token", &[two[0].clone(), bearer(&pair)]).await,
        ok("alice")
    );

    let without = World::new(|tokens| tokens);
    assert_eq!(without.tokens.set_cookie(&pair), None);
    assert_eq!(answer(&without, "/token", &[pair_of(&set)]).await, missing);
}
