//! actix-session with its Redis store. `EXTEND=1` makes every request extend the session: without it only a change does.

use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration;
use actix_web::web::{Json, Query, get, post};
use actix_web::{App, Error};
use bench_support::{DONE, Done, Failure, Get, Got, Login, SlowSet, UserId, Written, switch};

fn main() -> Result<(), Failure> {
    bench_support::actix::run(async |settings| {
        let store = RedisSessionStore::new(settings.redis()?).await?;
        let name = settings.cookie.clone();
        let ttl = Duration::try_from(settings.ttl)?;
        let extended = if switch("EXTEND")? {
            TtlExtensionPolicy::OnEveryRequest
        } else {
            TtlExtensionPolicy::OnStateChanges
        };
        Ok(move || {
            let lifecycle = PersistentSession::default()
                .session_ttl(ttl)
                .session_ttl_extension_policy(extended.clone());
            let layer = SessionMiddleware::builder(store.clone(), Key::from(&[7; 64]))
                .cookie_name(name.clone())
                .cookie_secure(false)
                .cookie_content_security(CookieContentSecurity::Signed)
                .session_lifecycle(lifecycle)
                .build();
            App::new()
                .wrap(layer)
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

async fn read(session: Session) -> Result<Json<UserId>, Error> {
    let user_id = session.get("user_id")?;
    Ok(Json(UserId { user_id }))
}

async fn value(session: Session, query: Query<Get>) -> Result<Json<Got>, Error> {
    let value = session.get(&query.key)?;
    Ok(Json(Got { value }))
}

async fn write(session: Session) -> Result<Json<Written>, Error> {
    let n = session.get("n")?.unwrap_or(0) + 1;
    session.insert("n", n)?;
    Ok(Json(Written { n }))
}

async fn login(session: Session, query: Query<Login>) -> Result<Json<Done>, Error> {
    session.renew();
    session.insert("user_id", query.user())?;
    Ok(Json(DONE))
}

async fn logout(session: Session) -> Json<Done> {
    session.purge();
    Json(DONE)
}

async fn slow_set(session: Session, query: Query<SlowSet>) -> Result<Json<Done>, Error> {
    query.wait().await;
    session.insert(&query.key, 1)?;
    Ok(Json(DONE))
}
