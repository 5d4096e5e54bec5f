//! The login example on Axum: what `login-domain` does, as HTTP.

mod http;
mod routes;

use std::io;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::routing::{delete, get, post};
use axum::{Extension, Router};
use keycard_tower::SessionLayer;
use login_domain::{App, BODY_LIMIT};
use tokio::net::TcpListener;

/// Answers requests until `shutdown` is ready, and finishes those that have begun.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(shutdown)
        .await
}

fn routes(app: App) -> Router {
    let sessions = SessionLayer::new(app.keycard().clone())
        .peer(|extensions| extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip()))
        .render_errors(http::session_error);
    let tokens = Extension(app.tokens().clone());
    Router::new()
        .route("/login", post(routes::login))
        .route("/mfa/verify", post(routes::verify))
        .route("/reauth", post(routes::reauthenticate))
        .route("/me", get(routes::me))
        .route("/logout", post(routes::logout))
        .route("/session/data", get(routes::data).put(routes::put))
        .route("/session/data/{key}", get(routes::read).delete(routes::delete))
        .route("/session/increment", post(routes::increment))
        .route("/slow-set", post(routes::slow_set))
        .route("/sessions", get(routes::sessions))
        .route("/sessions/{which}", delete(routes::end))
        .route("/admin/stats", get(routes::statistics))
        .route("/token", post(routes::issue))
        .route("/token/refresh", post(routes::refresh))
        .route("/token/revoke", post(routes::revoke))
        .route("/api/me", get(routes::api_me))
        .route("/.well-known/jwks.json", get(routes::jwks))
        .method_not_allowed_fallback(http::method_not_allowed)
        .fallback(http::not_found)
        .with_state(app)
        .layer(tokens)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(sessions)
}
