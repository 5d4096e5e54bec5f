//! One function for each route: takes the request apart and hands it to the domain's action.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, StatusCode};
use keycard_jwt::{AccessToken, Jwks, TokenError, TokenPair};
use keycard_tower::auth::Guarded;
use keycard_tower::{LazySession, Session};
use login_domain::{
    Admin, App, Ended, Entries, Entry, Increment, JWKS_CACHE, LoggedIn, Login, LoginAnswer, Me, Put,
    Reauthenticate, RefreshTokens, RevokeToken, SessionList, SlowSet, SlowlySet, Statistics, Verify, actions,
};

use crate::http::{Failed, Json, Path, Query};

type Answer<T> = Result<Json<T>, Failed>;

pub(crate) async fn login(
    session: Session,
    State(app): State<App>,
    Json(request): Json<Login>,
) -> Answer<LoginAnswer> {
    Ok(Json(actions::login(&app, &session, request).await?))
}

pub(crate) async fn verify(
    session: Session,
    State(app): State<App>,
    Json(request): Json<Verify>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::verify(&app, &session, request).await?))
}

pub(crate) async fn reauthenticate(
    session: Session,
    State(app): State<App>,
    Json(request): Json<Reauthenticate>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::reauthenticate(&app, &session, request).await?))
}

pub(crate) async fn me(session: Session, State(app): State<App>) -> Answer<Me> {
    Ok(Json(actions::me(&app, &session)?))
}

pub(crate) async fn logout(session: Session) -> StatusCode {
    actions::logout(&session);
    StatusCode::NO_CONTENT
}

pub(crate) async fn data(session: Session) -> Answer<Entries> {
    Ok(Json(actions::data(&session)?))
}

pub(crate) async fn read(session: Session, Path(key): Path) -> Answer<Entry> {
    Ok(Json(actions::read(&session, key)?))
}

pub(crate) async fn put(session: Session, Json(request): Json<Put>) -> Answer<Entry> {
    Ok(Json(actions::put(&session, request)?))
}

pub(crate) async fn delete(session: Session, Path(key): Path) -> Result<StatusCode, Failed> {
    actions::delete(&session, key)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn increment(session: Session, Json(request): Json<Increment>) -> Answer<Entry> {
    Ok(Json(actions::increment(&session, request).await?))
}

pub(crate) async fn slow_set(
    session: Session,
    State(app): State<App>,
    Query(request): Query<SlowSet>,
) -> Answer<SlowlySet> {
    Ok(Json(actions::slow_set(&app, &session, request).await?))
}

pub(crate) async fn sessions(session: Session, State(app): State<App>) -> Answer<SessionList> {
    Ok(Json(actions::sessions(&app, &session).await?))
}

pub(crate) async fn end(session: Session, State(app): State<App>, Path(which): Path) -> Answer<Ended> {
    Ok(Json(actions::end(&app, &session, &which).await?))
}

pub(crate) async fn statistics(_: Guarded<Admin>, State(app): State<App>) -> Answer<Statistics> {
    Ok(Json(actions::statistics(&app).await?))
}

pub(crate) async fn issue(session: Session, State(app): State<App>) -> Result<TokenPair, TokenError> {
    actions::issue(&app, &session).await
}

pub(crate) async fn refresh(
    lazy: LazySession,
    State(app): State<App>,
    Json(request): Json<RefreshTokens>,
) -> Result<TokenPair, TokenError> {
    actions::refresh(&app, &lazy, &request).await
}

pub(crate) async fn revoke(
    State(app): State<App>,
    Json(request): Json<RevokeToken>,
) -> Result<StatusCode, TokenError> {
    actions::revoke(&app, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn api_me(token: AccessToken, State(app): State<App>) -> Result<Json<LoggedIn>, TokenError> {
    Ok(Json(actions::api_me(&app, &token)?))
}

pub(crate) async fn jwks(State(app): State<App>) -> ([(HeaderName, &'static str); 1], Json<Jwks>) {
    ([(CACHE_CONTROL, JWKS_CACHE)], Json(app.tokens().jwks()))
}
