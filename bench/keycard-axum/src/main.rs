//! Keycard on Axum, as a user would configure it.

use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Json, Router};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};
use keycard_tower::{Error, Key, Session, SessionLayer};

const N: Key<i64> = Key::new("n");

fn main() -> Result<(), Failure> {
    bench_support::axum::run(async |settings| {
        let keycard = bench_keycard::keycard(settings).await?;
        Ok(Router::new()
            .route("/plain", get(plain))
            .route("/read", get(read))
            .route("/get", get(value))
            .route("/write", post(write))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/slow-set", post(slow_set))
            .layer(SessionLayer::new(keycard)))
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn read(session: Session) -> Json<UserId> {
    let user_id = session.user().and_then(|user| user.as_str().parse().ok());
    Json(UserId { user_id })
}

async fn value(session: Session, Query(query): Query<Get>) -> Result<Json<Got>, Error> {
    let value = session.get(&query.key)?;
    Ok(Json(Got { value }))
}

async fn write(session: Session) -> Result<Json<Written>, Error> {
    let n = session.get(N)?.unwrap_or(0) + 1;
    session.insert(N, &n)?;
    Ok(Json(Written { n }))
}

async fn login(session: Session, Query(query): Query<Login>) -> Json<Done> {
    session.login(query.user());
    Json(DONE)
}

async fn logout(session: Session) -> Json<Done> {
    session.logout();
    Json(DONE)
}

async fn slow_set(session: Session, Query(query): Query<SlowSet>) -> Result<Json<Done>, Error> {
    query.wait().await;
    session.insert(&query.key, &1)?;
    Ok(Json(DONE))
}
