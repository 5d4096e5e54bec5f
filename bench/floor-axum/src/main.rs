//! The floor on Axum: the same routes and answers with no session at all.

use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Json, Router};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};

fn main() -> Result<(), Failure> {
    bench_support::axum::run(async |_| {
        Ok(Router::new()
            .route("/plain", get(plain))
            .route("/read", get(async || Json(UserId { user_id: Some(42) })))
            .route("/get", get(async |_: Query<Get>| Json(Got { value: None })))
            .route("/write", post(async || Json(Written { n: 1 })))
            .route("/login", post(async |_: Query<Login>| Json(DONE)))
            .route("/logout", post(plain))
            .route("/slow-set", post(slow_set)))
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn slow_set(Query(query): Query<SlowSet>) -> Json<Done> {
    query.wait().await;
    Json(DONE)
}
