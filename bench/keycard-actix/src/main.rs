//! Keycard on Actix, as a user would configure it.

use actix_web::App;
use actix_web::web::{Json, Query, get, post};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};
use keycard_actix::{Error, Key, Session, SessionMiddleware};

const N: Key<i64> = Key::new("n");

fn main() -> Result<(), Failure> {
    bench_support::actix::run(async |settings| {
        let keycard = bench_keycard::keycard(settings).await?;
        Ok(move || {
            App::new()
                .wrap(SessionMiddleware::new(keycard.clone()))
                .route("/plain", get().to(plain))
                .route("/read", get().to(read))
                .route("/get", get().to(value))
                .route("/write", post().to(write))
                .route("/login", post().to(login))
                .route("/logout", post().to(logout))
                .route("/slow-set", post().to(slow_set))
        })
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn read(session: Session) -> Json<UserId> {
    let user_id = session.user().and_then(|user| user.as_str().parse().ok());
    Json(UserId { user_id })
}

async fn value(session: Session, query: Query<Get>) -> Result<Json<Got>, Error> {
    let value = session.get(&query.key)?;
    Ok(Json(Got { value }))
}

async fn write(session: Session) -> Result<Json<Written>, Error> {
    let n = session.get(N)?.unwrap_or(0) + 1;
    session.insert(N, &n)?;
    Ok(Json(Written { n }))
}

async fn login(session: Session, query: Query<Login>) -> Json<Done> {
    session.login(query.user());
    Json(DONE)
}

async fn logout(session: Session) -> Json<Done> {
    session.logout();
    Json(DONE)
}

async fn slow_set(session: Session, query: Query<SlowSet>) -> Result<Json<Done>, Error> {
    query.wait().await;
    session.insert(&query.key, &1)?;
    Ok(Json(DONE))
}
