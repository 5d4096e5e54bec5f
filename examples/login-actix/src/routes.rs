//! One function for each route: takes the request apart and hands it to the domain's action.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json, Path};
use keycard_actix::auth::Guarded;
use keycard_actix::{LazySession, Session};
use keycard_jwt::{AccessToken, TokenError, TokenPair};
use login_domain::{
    Admin, App, Ended, Entries, Entry, Increment, JWKS_CACHE, LoggedIn, Login, LoginAnswer, Me, Put,
    Reauthenticate, RefreshTokens, RevokeToken, SessionList, SlowSet, SlowlySet, Statistics, Verify, actions,
};

use crate::http::{Body, Failed, Query};

type Answer<T> = Result<Json<T>, Failed>;
type Input<T> = Result<T, Failed>;

pub(crate) async fn login(
    session: Session,
    app: Data<App>,
    request: Input<Body<Login>>,
) -> Answer<LoginAnswer> {
    Ok(Json(actions::login(&app, &session, request?.0).await?))
}

pub(crate) async fn verify(
    session: Session,
    app: Data<App>,
    request: Input<Body<Verify>>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::verify(&app, &session, request?.0).await?))
}

pub(crate) async fn reauthenticate(
    session: Session,
    app: Data<App>,
    request: Input<Body<Reauthenticate>>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::reauthenticate(&app, &session, request?.0).await?))
}

pub(crate) async fn me(session: Session, app: Data<App>) -> Answer<Me> {
    Ok(Json(actions::me(&app, &session)?))
}

pub(crate) async fn logout(session: Session) -> HttpResponse {
    actions::logout(&session);
    HttpResponse::NoContent().finish()
}

pub(crate) async fn data(session: Session) -> Answer<Entries> {
    Ok(Json(actions::data(&session)?))
}

pub(crate) async fn read(session: Session, key: Path<String>) -> Answer<Entry> {
    Ok(Json(actions::read(&session, key.into_inner())?))
}

pub(crate) async fn put(session: Session, request: Input<Body<Put>>) -> Answer<Entry> {
    Ok(Json(actions::put(&session, request?.0)?))
}

pub(crate) async fn delete(session: Session, key: Path<String>) -> Result<HttpResponse, Failed> {
    actions::delete(&session, key.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) async fn increment(session: Session, request: Input<Body<Increment>>) -> Answer<Entry> {
    Ok(Json(actions::increment(&session, request?.0).await?))
}

pub(crate) async fn slow_set(
    session: Session,
    app: Data<App>,
    request: Input<Query<SlowSet>>,
) -> Answer<SlowlySet> {
    Ok(Json(actions::slow_set(&app, &session, request?.0).await?))
}

pub(crate) async fn sessions(session: Session, app: Data<App>) -> Answer<SessionList> {
    Ok(Json(actions::sessions(&app, &session).await?))
}

pub(crate) async fn end(session: Session, app: Data<App>, which: Path<String>) -> Answer<Ended> {
    Ok(Json(actions::end(&app, &session, &which).await?))
}

pub(crate) async fn statistics(_: Guarded<Admin>, app: Data<App>) -> Answer<Statistics> {
    Ok(Json(actions::statistics(&app).await?))
}

pub(crate) async fn issue(session: Session, app: Data<App>) -> Result<TokenPair, TokenError> {
    actions::issue(&app, &session).await
}

pub(crate) async fn refresh(
    lazy: LazySession,
    app: Data<App>,
    request: Input<Body<RefreshTokens>>,
) -> actix_web::Result<TokenPair> {
    Ok(actions::refresh(&app, &lazy, &request?.0).await?)
}

pub(crate) async fn revoke(
    app: Data<App>,
    request: Input<Body<RevokeToken>>,
) -> actix_web::Result<HttpResponse> {
    actions::revoke(&app, &request?.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) async fn api_me(token: AccessToken, app: Data<App>) -> Result<Json<LoggedIn>, TokenError> {
    Ok(Json(actions::api_me(&app, &token)?))
}

pub(crate) async fn jwks(app: Data<App>) -> HttpResponse {
    let keys = app.tokens().jwks();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, JWKS_CACHE))
        .json(keys)
}
