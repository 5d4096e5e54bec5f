//! The acting application on Axum.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::post;
use futures_util::stream;
use keycard::Keycard;
use keycard_tower::{Session, SessionLayer};
use tokio::net::TcpListener;

use super::act;
use super::gates::Gates;
use super::{PATHS, STREAM};

/// Answers requests until `shutdown` is ready, and finishes those that have begun.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    keycard: Keycard,
    gates: Gates,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let routes = PATHS
        .iter()
        .fold(Router::new(), |app, path| app.route(path, post(handle)));
    let app = routes
        .route(STREAM, post(flow))
        .with_state(gates)
        .layer(SessionLayer::new(keycard));
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await
}

async fn handle(session: Session, State(gates): State<Gates>, body: Bytes) -> impl IntoResponse {
    let answer = act::act(&session, &gates, &body).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    (status, AppendHeaders(answer.headers), Body::from(answer.body))
}

async fn flow(session: Session, State(gates): State<Gates>, body: Bytes) -> Body {
    let acted = async move { act::act(&session, &gates, &body).await.body };
    Body::from_stream(stream::once(async { io::Result::Ok(acted.await) }))
}
