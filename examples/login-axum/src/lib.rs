//! The login example on Axum: what `login-domain` does, as HTTP.

mod http;
mod routes;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use keycard::Keycard;
use keycard_tower::SessionLayer;
use login_domain::{BODY_LIMIT, Users};
use tokio::net::TcpListener;

/// Answers requests until `shutdown` is ready, and finishes those that have begun.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    keycard: Keycard,
    users: Arc<Users>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, app(keycard, users))
        .with_graceful_shutdown(shutdown)
        .await
}

fn app(keycard: Keycard, users: Arc<Users>) -> Router {
    Router::new()
        .route("/login", post(routes::login))
        .route("/me", get(routes::me))
        .route("/logout", post(routes::logout))
        .route("/session/data", get(routes::data).put(routes::put))
        .route("/session/data/{key}", get(routes::read).delete(routes::delete))
        .route("/session/increment", post(routes::increment))
        .route("/slow-set", post(routes::slow_set))
        .method_not_allowed_fallback(http::method_not_allowed)
        .fallback(http::not_found)
        .with_state(users)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(SessionLayer::new(keycard).render_errors(http::session_error))
}
