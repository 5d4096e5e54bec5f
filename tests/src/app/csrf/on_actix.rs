//! The routes behind the check on Actix.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, ServiceConfig, get, post, resource, scope, to};
use actix_web::{HttpRequest, HttpResponse};
use keycard_actix::{CsrfMiddleware, CsrfRefusal, CsrfToken, Error, Session};

use super::{EXEMPT, TEAPOT, policy};
use crate::app::on_actix;

/// Adds the routes.
pub(in crate::app) fn routes(app: &mut ServiceConfig) {
    let check = CsrfMiddleware::new(policy()).exempt(|request: &HttpRequest| request.path() == EXEMPT);
    let page = resource("/csrf/page")
        .route(to(echo))
        .wrap(check.clone().on_refused(hook));
    let checked = scope("/csrf")
        .route("/token", get().to(async |token: CsrfToken| told(&token)))
        .route("/visit", get().to(visit))
        .route("/act", post().to(on_actix::handle))
        .service(resource("/echo").route(to(echo)))
        .service(resource("/webhook").route(to(echo)))
        .route("/login", post().to(log_in::<false>))
        .route("/hasty", post().to(log_in::<true>))
        .wrap(check);
    app.service(page)
        .route("/csrf/bare", get().to(async |token: CsrfToken| told(&token)))
        .service(checked);
}

fn told(token: &keycard::CsrfToken) -> HttpResponse {
    let header = (keycard::CsrfToken::HEADER, token.as_str());
    HttpResponse::Ok().insert_header(header).finish()
}

fn hook(refusal: CsrfRefusal, _: &HttpRequest) -> HttpResponse {
    let status = StatusCode::from_u16(TEAPOT).unwrap_or_default();
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .body(super::hook(refusal))
}

async fn echo(body: Bytes) -> Bytes {
    body
}

async fn visit(token: CsrfToken, session: Session) -> Result<HttpResponse, Error> {
    super::visit(&session)?;
    Ok(told(&token))
}

async fn log_in<const HASTY: bool>(
    CsrfToken(token): CsrfToken,
    session: Session,
    user: String,
) -> Result<HttpResponse, Error> {
    Ok(told(&super::log_in(&session, token, user, HASTY).await?))
}
