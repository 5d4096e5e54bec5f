//! tower-sessions with its Redis store. `ALWAYS_SAVE=1` makes its expiry roll: without it only a change moves the end.

use std::time::Duration;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written, switch};
use tower_sessions::cookie::Key;
use tower_sessions::{Expiry, Session, SessionManagerLayer, session};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::*;

fn main() -> Result<(), Failure> {
    bench_support::axum::run(async |settings| {
        let pool = Pool::new(Config::from_url(settings.redis()?)?, None, None, None, 1)?;
        pool.init().await?;
        let seconds = Duration::try_into(settings.ttl)?;
        let layer = SessionManagerLayer::new(RedisStore::new(pool))
            .with_name(settings.cookie.clone())
            .with_secure(false)
            .with_expiry(Expiry::OnInactivity(seconds))
            .with_always_save(switch("ALWAYS_SAVE")?)
            .with_signed(Key::from(&[7; 64]));
        Ok(Router::new()
            .route("/plain", get(plain))
            .route("/read", get(read))
            .route("/get", get(value))
            .route("/write", post(write))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/slow-set", post(slow_set))
            .layer(layer))
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn read(session: Session) -> Result<Json<UserId>, StatusCode> {
    let user_id = session.get("user_id").await.map_err(failed)?;
    Ok(Json(UserId { user_id }))
}

async fn value(session: Session, Query(query): Query<Get>) -> Result<Json<Got>, StatusCode> {
    let value = session.get_value(&query.key).await.map_err(failed)?;
    Ok(Json(Got { value }))
}

async fn write(session: Session) -> Result<Json<Written>, StatusCode> {
    let n = session.get("n").await.map_err(failed)?.unwrap_or(0) + 1;
    session.insert("n", n).await.map_err(failed)?;
    Ok(Json(Written { n }))
}

async fn login(session: Session, Query(query): Query<Login>) -> Result<Json<Done>, StatusCode> {
    session.cycle_id().await.map_err(failed)?;
    session.insert("user_id", query.user()).await.map_err(failed)?;
    Ok(Json(DONE))
}

async fn logout(session: Session) -> Result<Json<Done>, StatusCode> {
    session.flush().await.map_err(failed)?;
    Ok(Json(DONE))
}

async fn slow_set(session: Session, Query(query): Query<SlowSet>) -> Result<Json<Done>, StatusCode> {
    session.get_value(&query.key).await.map_err(failed)?;
    query.wait().await;
    session.insert(&query.key, 1).await.map_err(failed)?;
    Ok(Json(DONE))
}

fn failed(error: session::Error) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
