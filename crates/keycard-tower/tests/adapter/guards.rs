//! The application of the laws on guards, on Axum.

use std::convert::Infallible;

use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use keycard::{Factor, Keycard};
use keycard_tower::auth::{CurrentUser, Denied, Guard, GuardLayer, Guarded, RequireUser};
use keycard_tower::{Error, Session, SessionExt, SessionLayer};

use crate::app::{AxumApp, peer, rendered};
use crate::shared::browser::{Reply, Request as Sent};
use crate::shared::guards::{self, Accounts, Admin, FIVE_MINUTES, Unwired, login_as};
use crate::shared::{App, Setup};

pub(crate) struct GuardedApp(AxumApp);

impl App for GuardedApp {
    const LAYER: &'static str = AxumApp::LAYER;

    async fn start(setup: &Setup) -> Self {
        Self(AxumApp(router(setup)))
    }

    async fn send(&self, request: Sent) -> Reply {
        self.0.send(request).await
    }
}

impl guards::GuardedApp for GuardedApp {
    const LOADER: &'static str = ".layer(Extension(loader))";
}

fn router(setup: &Setup) -> Router {
    let outer = SessionLayer::new(setup.outer.clone()).peer(peer);
    let routes = layered(setup).merge(extracting());
    let routes = if setup.renders {
        routes.layer(outer.render_errors(rendered))
    } else {
        routes.layer(outer)
    };
    let guard = GuardLayer::new(Guard::user());
    routes
        .route("/bare", behind(Guard::user()))
        .route("/bare/hook", inside().layer(guard.on_denied(hook)))
}

fn layered(setup: &Setup) -> Router {
    let ended = from_fn_with_state(setup.outer.clone(), end_elsewhere);
    let office = || SessionLayer::new(setup.office.clone());
    Router::new()
        .route("/user", behind(Guard::user()))
        .route("/otp", behind(Guard::factor(Factor::OTP)))
        .route("/lately", behind(Guard::fresh(FIVE_MINUTES)))
        .route("/put", get(put).layer(GuardLayer::new(Guard::role("admin"))))
        .route(
            "/hook",
            inside().layer(GuardLayer::new(Guard::role("admin")).on_denied(hook)),
        )
        .route(
            "/nested",
            behind(Guard::role("admin")).layer(GuardLayer::new(Guard::user())),
        )
        .route("/stale", behind(Guard::user()).layer(ended.clone()))
        .route("/anew", behind(Guard::user().read_anew()).layer(ended))
        .route("/office", behind(Guard::user()).layer(office()))
        .route(
            "/vault",
            inside()
                .layer::<_, Infallible>(office())
                .layer(GuardLayer::new(Guard::user())),
        )
}

fn extracting() -> Router {
    let accounts = Accounts::default();
    Router::new()
        .route("/login/{who}", post(log_in))
        .route("/prove", post(prove))
        .route("/plain", get(async || "plain"))
        .route("/guarded", get(async |_: Guarded<Admin>| "in"))
        .route("/id", get(async |RequireUser(id): RequireUser| id.to_string()))
        .route("/me", get(me))
        .route("/unwired", get(async |_: CurrentUser<Unwired>| "in"))
        .layer(Extension(accounts))
}

fn inside() -> MethodRouter {
    get(async || "in")
}

fn behind(guard: Guard) -> MethodRouter {
    inside().layer(GuardLayer::new(guard))
}

fn hook(denied: &Denied, request: &Parts) -> Response {
    let body = format!("{} at {}", denied.status(), request.uri.path());
    (StatusCode::IM_A_TEAPOT, body).into_response()
}

async fn log_in(Path(who): Path<String>, session: Session) {
    session.login_with(login_as(&who));
}

async fn prove(session: Session) -> Result<(), Error> {
    Ok(session.prove(Factor::OTP)?)
}

async fn put(session: Session) -> Result<&'static str, Error> {
    session.insert("n", &1)?;
    Ok("in")
}

async fn me(
    user: CurrentUser<Accounts>,
    Extension(accounts): Extension<Accounts>,
    again: CurrentUser<Accounts>,
) -> String {
    assert_eq!(*user, *again);
    format!("{}, {}", *user, accounts.asked())
}

async fn end_elsewhere(
    State(keycard): State<Keycard>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let cookies = request.headers().get_all(header::COOKIE).iter();
    let cookies: Vec<Vec<u8>> = cookies.map(|cookie| cookie.as_bytes().to_vec()).collect();
    request.session().await?;
    guards::end_elsewhere(&keycard, &cookies).await;
    Ok(next.run(request).await)
}
