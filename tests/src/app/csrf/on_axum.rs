//! The routes behind the check on Axum.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use keycard_tower::{CsrfLayer, CsrfRefusal, CsrfToken, Error, Session};

use super::{EXEMPT, TEAPOT, policy};
use crate::app::{Backend, on_axum};

/// The routes, for a router with this state.
pub(in crate::app) fn routes() -> Router<Backend> {
    let layer = CsrfLayer::new(policy()).exempt(|request: &Parts| request.uri.path() == EXEMPT);
    let page = Router::new()
        .route("/csrf/page", any(echo))
        .layer(layer.clone().on_refused(hook));
    Router::new()
        .route("/csrf/token", get(async |token: CsrfToken| told(&token)))
        .route("/csrf/visit", get(visit))
        .route("/csrf/act", post(on_axum::handle))
        .route("/csrf/echo", any(echo))
        .route(EXEMPT, any(echo))
        .route("/csrf/login", post(log_in::<false>))
        .route("/csrf/hasty", post(log_in::<true>))
        .layer(layer)
        .merge(page)
        .route("/csrf/bare", get(async |token: CsrfToken| told(&token)))
}

fn told(token: &keycard::CsrfToken) -> Response {
    [(keycard::CsrfToken::HEADER, token.to_string())].into_response()
}

fn hook(refusal: CsrfRefusal, _: &Parts) -> Response {
    let status = StatusCode::from_u16(TEAPOT).unwrap_or_default();
    (status, super::hook(refusal)).into_response()
}

async fn echo(body: Bytes) -> Bytes {
    body
}

async fn visit(token: CsrfToken, session: Session) -> Result<Response, Error> {
    super::visit(&session)?;
    Ok(told(&token))
}

async fn log_in<const HASTY: bool>(
    CsrfToken(token): CsrfToken,
    session: Session,
    user: String,
) -> Result<Response, Error> {
    Ok(told(&super::log_in(&session, token, user, HASTY).await?))
}
