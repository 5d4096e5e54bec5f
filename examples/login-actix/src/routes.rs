//! One function for each route: takes the request apart and hands it to the domain's action.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use keycard_actix::Session;
use login_domain::{Entries, Entry, Increment, LoggedIn, Login, Me, Put, SlowSet, SlowlySet, Users, actions};

use crate::http::{Body, Failed, Query};

type Answer<T> = Result<Json<T>, Failed>;
type Input<T> = Result<T, Failed>;

pub(crate) async fn login(
    session: Session,
    users: Data<Users>,
    request: Input<Body<Login>>,
) -> Answer<LoggedIn> {
    Ok(Json(actions::login(&session, &users, request?.0).await?))
}

pub(crate) async fn me(session: Session, users: Data<Users>) -> Answer<Me> {
    Ok(Json(actions::me(&session, &users)?))
}

pub(crate) async fn logout(session: Session) -> HttpResponse {
    actions::logout(&session);
    HttpResponse::NoContent().finish()
}

pub(crate) async fn data(session: Session) -> Answer<Entries> {
    Ok(Json(actions::data(&session)?))
}

pub(crate) async fn read(session: Session, key: Path<String>) -> Answer<Entry> {
    Ok(Json(actions::read(&session, key.into_inner())?))
}

pub(crate) async fn put(session: Session, request: Input<Body<Put>>) -> Answer<Entry> {
    Ok(Json(actions::put(&session, request?.0)?))
}

pub(crate) async fn delete(session: Session, key: Path<String>) -> Result<HttpResponse, Failed> {
    actions::delete(&session, key.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) async fn increment(session: Session, request: Input<Body<Increment>>) -> Answer<Entry> {
    Ok(Json(actions::increment(&session, request?.0).await?))
}

pub(crate) async fn slow_set(
    session: Session,
    users: Data<Users>,
    request: Input<Query<SlowSet>>,
) -> Answer<SlowlySet> {
    Ok(Json(actions::slow_set(&session, &users, request?.0).await?))
}
