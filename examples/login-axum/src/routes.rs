//! One function for each route: takes the request apart and hands it to the domain's action.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use keycard_tower::Session;
use login_domain::{Entries, Entry, Increment, LoggedIn, Login, Me, Put, SlowSet, SlowlySet, Users, actions};

use crate::http::{Failed, Json, Path, Query};

type Answer<T> = Result<Json<T>, Failed>;

pub(crate) async fn login(
    session: Session,
    State(users): State<Arc<Users>>,
    Json(request): Json<Login>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::login(&session, &users, request).await?))
}

pub(crate) async fn me(session: Session, State(users): State<Arc<Users>>) -> Answer<Me> {
    Ok(Json(actions::me(&session, &users)?))
}

pub(crate) async fn logout(session: Session) -> StatusCode {
    actions::logout(&session);
    StatusCode::NO_CONTENT
}

pub(crate) async fn data(session: Session) -> Answer<Entries> {
    Ok(Json(actions::data(&session)?))
}

pub(crate) async fn read(session: Session, Path(key): Path<String>) -> Answer<Entry> {
    Ok(Json(actions::read(&session, key)?))
}

pub(crate) async fn put(session: Session, Json(request): Json<Put>) -> Answer<Entry> {
    Ok(Json(actions::put(&session, request)?))
}

pub(crate) async fn delete(session: Session, Path(key): Path<String>) -> Result<StatusCode, Failed> {
    actions::delete(&session, key)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn increment(session: Session, Json(request): Json<Increment>) -> Answer<Entry> {
    Ok(Json(actions::increment(&session, request).await?))
}

pub(crate) async fn slow_set(
    session: Session,
    State(users): State<Arc<Users>>,
    Query(request): Query<SlowSet>,
) -> Answer<SlowlySet> {
    Ok(Json(actions::slow_set(&session, &users, request).await?))
}
