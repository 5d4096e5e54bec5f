//! Tokens at the wire, on both frameworks alike: one application twice, one request to each, one answer.

mod callers;
mod guards;
mod layers;

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

/// Three arguments that ask for the same token.
async fn all(token: AccessToken, tenant: Claims<Tenant>, session: Authorized<Anybody>) -> String {
    format!("{} of {}: {:?}", token.user(), tenant.0.tenant, session.user())
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
        .route("/all", get(all))
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
        .route("/all", web::get().to(all))
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
