//! `axum_session` with `axum_session_redispool`.

use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_session::{Key, SessionConfig, SessionLayer, SessionStore};
use axum_session_redispool::{SessionRedisPool, SessionRedisSession};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written};
use redis_pool::RedisPool;
use time::Duration;

type Session = SessionRedisSession;

fn main() -> Result<(), Failure> {
    bench_support::axum::run(async |settings| {
        let client = redis::Client::open(settings.redis()?)?;
        let ttl = Duration::try_from(settings.ttl)?;
        let config = SessionConfig::default()
            .with_session_name(settings.cookie.clone())
            .with_secure(false)
            .with_key(Key::generate())
            .with_lifetime(ttl)
            .with_max_age(Some(ttl));
        let pool = SessionRedisPool::from(RedisPool::from(client));
        let store = SessionStore::new(Some(pool), config).await?;
        Ok(Router::new()
            .route("/plain", get(plain))
            .route("/read", get(read))
            .route("/get", get(value))
            .route("/write", post(write))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/slow-set", post(slow_set))
            .layer(SessionLayer::new(store)))
    })
}

async fn plain() -> Json<Done> {
    Json(DONE)
}

async fn read(session: Session) -> Json<UserId> {
    let user_id = session.get("user_id");
    Json(UserId { user_id })
}

async fn value(session: Session, Query(query): Query<Get>) -> Json<Got> {
    let value = session.get(&query.key);
    Json(Got { value })
}

async fn write(session: Session) -> Json<Written> {
    let n = session.get("n").unwrap_or(0) + 1;
    session.set("n", n);
    Json(Written { n })
}

async fn login(session: Session, Query(query): Query<Login>) -> Json<Done> {
    session.renew();
    session.set("user_id", query.user());
    Json(DONE)
}

async fn logout(session: Session) -> Json<Done> {
    session.destroy();
    Json(DONE)
}

async fn slow_set(session: Session, Query(query): Query<SlowSet>) -> Json<Done> {
    query.wait().await;
    session.set(&query.key, 1);
    Json(DONE)
}
