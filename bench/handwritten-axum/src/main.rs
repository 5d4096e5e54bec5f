//! What a good engineer writes by hand on Axum: a random id in a cookie, JSON in Redis, one multiplexed connection, reads
//! that roll the expiry in the same command. No signature, no compare-and-set, no index.

mod session;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};
use redis::RedisError;

use crate::session::{Session, Sessions};

fn main() -> Result<(), Failure> {
    bench_support::axum::run(async |settings| {
        let sessions = Sessions::connect(settings).await?;
        Ok(Router::new()
            .route("/plain", get(plain))
            .route("/read", get(read))
            .route("/get", get(value))
            .route("/write", post(write))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/slow-set", post(slow_set))
            .with_state(sessions))
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn read(State(sessions): State<Sessions>, headers: HeaderMap) -> Result<Json<UserId>, StatusCode> {
    let (_, session) = sessions.read(&headers).await.map_err(failed)?;
    Ok(Json(UserId {
        user_id: session.user_id,
    }))
}

async fn value(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
    Query(query): Query<Get>,
) -> Result<Json<Got>, StatusCode> {
    let (_, mut session) = sessions.read(&headers).await.map_err(failed)?;
    Ok(Json(Got {
        value: session.data.remove(&query.key),
    }))
}

async fn write(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let (id, mut session) = sessions.read(&headers).await.map_err(failed)?;
    session.n += 1;
    let cookie = sessions.save(id, &session).await.map_err(failed)?;
    Ok((cookie, Json(Written { n: session.n })))
}

async fn login(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
    Query(query): Query<Login>,
) -> Result<impl IntoResponse, StatusCode> {
    let (old, session) = sessions.read(&headers).await.map_err(failed)?;
    let session = Session {
        user_id: Some(query.user()),
        ..session
    };
    let cookie = sessions.replace(old, &session).await.map_err(failed)?;
    Ok((cookie, Json(DONE)))
}

async fn logout(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let cookie = sessions.end(&headers).await.map_err(failed)?;
    Ok((cookie, Json(DONE)))
}

async fn slow_set(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
    Query(query): Query<SlowSet>,
) -> Result<impl IntoResponse, StatusCode> {
    let (id, mut session) = sessions.read(&headers).await.map_err(failed)?;
    query.wait().await;
    session.data.insert(query.key, 1.into());
    let cookie = sessions.save(id, &session).await.map_err(failed)?;
    Ok((cookie, Json(DONE)))
}

fn failed(error: RedisError) -> StatusCode {
    eprintln!("{error}");
    StatusCode::SERVICE_UNAVAILABLE
}
