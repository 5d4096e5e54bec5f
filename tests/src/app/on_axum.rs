//! The acting application on Axum.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::stream;
use keycard_tower::auth::CurrentUser;
use keycard_tower::{Flashes, Session, SessionLayer};
use tokio::net::TcpListener;

use super::{Accounts, Backend, FLASHES, GREETING, PATHS, STREAM, act, csrf, guards};

/// Answers requests until `shutdown` is ready, and finishes those that have begun.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    backend: Backend,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let routes = PATHS
        .iter()
        .fold(Router::new(), |app, path| app.route(path, post(handle)));
    let greeting = get(greet).layer(Extension(backend.accounts.clone()));
    let (guarded, sessions) = (
        guards::on_axum::routes(&backend.gates),
        SessionLayer::new(backend.keycard.clone()),
    );
    let app = routes
        .route(STREAM, post(flow))
        .route(GREETING, greeting)
        .route(FLASHES, get(show))
        .merge(csrf::on_axum::routes())
        .with_state(backend)
        .merge(guarded)
        .layer(sessions);
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await
}

pub(super) async fn handle(
    session: Session,
    State(backend): State<Backend>,
    body: Bytes,
) -> impl IntoResponse {
    let answer = act::act(&session, &backend, &body).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    (status, AppendHeaders(answer.headers), Body::from(answer.body))
}

async fn flow(session: Session, State(backend): State<Backend>, body: Bytes) -> Body {
    let acted = async move { act::act(&session, &backend, &body).await.body };
    Body::from_stream(stream::once(async { io::Result::Ok(acted.await) }))
}

async fn greet(user: CurrentUser<Accounts>, again: CurrentUser<Accounts>) -> String {
    format!("{}, {}", *user, *again)
}

async fn show(Flashes(flashes): Flashes) -> String {
    act::shown(&flashes).to_string()
}
