//! The login example on Actix: what `login-domain` does, as HTTP.

mod http;
mod routes;

use std::io;

use actix_web::http::StatusCode;
use actix_web::middleware::ErrorHandlers;
use actix_web::web::{Data, ServiceConfig, resource, to};
use actix_web::{App, HttpServer};
use keycard_actix::SessionMiddleware;
use login_domain::App as State;
use tokio::net::TcpListener;

/// Enough for an example, and tests run several servers in one process.
const WORKERS: usize = 2;

/// Answers requests until `shutdown` is ready, and finishes those that have begun. Runs on any Tokio runtime; the workers
/// have their own.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = move || {
        App::new()
            .app_data(Data::new(state.clone()))
            .app_data(Data::new(state.tokens().clone()))
            .configure(routes)
            .wrap(ErrorHandlers::new().handler(StatusCode::METHOD_NOT_ALLOWED, http::method_not_allowed))
            .wrap(SessionMiddleware::new(state.keycard().clone()).render_errors(http::session_error))
    };
    // Built before it is awaited, so that the future can be spawned: the builder is not `Send`, the server is.
    let server = HttpServer::new(app)
        .workers(WORKERS)
        .shutdown_signal(shutdown)
        .listen(listener.into_std()?)?
        .run();
    server.await
}

fn routes(app: &mut ServiceConfig) {
    app.service(resource("/login").post(routes::login))
        .service(resource("/mfa/verify").post(routes::verify))
        .service(resource("/reauth").post(routes::reauthenticate))
        .service(resource("/me").get(routes::me).head(routes::me))
        .service(resource("/logout").post(routes::logout))
        .service(
            resource("/session/data")
                .get(routes::data)
                .head(routes::data)
                .put(routes::put),
        )
        .service(
            resource("/session/data/{key}")
                .get(routes::read)
                .head(routes::read)
                .delete(routes::delete),
        )
        .service(resource("/session/increment").post(routes::increment))
        .service(resource("/slow-set").post(routes::slow_set))
        .service(resource("/sessions").get(routes::sessions).head(routes::sessions))
        .service(resource("/sessions/{which}").delete(routes::end))
        .service(
            resource("/admin/stats")
                .get(routes::statistics)
                .head(routes::statistics),
        )
        .service(resource("/token").post(routes::issue))
        .service(resource("/token/refresh").post(routes::refresh))
        .service(resource("/token/revoke").post(routes::revoke))
        .service(resource("/api/me").get(routes::api_me).head(routes::api_me))
        .service(
            resource("/.well-known/jwks.json")
                .get(routes::jwks)
                .head(routes::jwks),
        )
        .default_service(to(http::not_found))
        .app_data(http::payload());
}
