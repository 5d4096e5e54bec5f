//! The floor on Actix: the same routes and answers with no session at all.

use actix_web::App;
use actix_web::web::{Json, Query, get, post};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};

fn main() -> Result<(), Failure> {
    bench_support::actix::run(async |_| {
        Ok(|| {
            App::new()
                .route("/plain", get().to(plain))
                .route("/read", get().to(async || Json(UserId { user_id: Some(42) })))
                .route("/get", get().to(async |_: Query<Get>| Json(Got { value: None })))
                .route("/write", post().to(async || Json(Written { n: 1 })))
                .route("/login", post().to(async |_: Query<Login>| Json(DONE)))
                .route("/logout", post().to(plain))
                .route("/slow-set", post().to(slow_set))
        })
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn slow_set(query: Query<SlowSet>) -> Json<Done> {
    query.wait().await;
    Json(DONE)
}
