//! The acting application on Actix.

use std::io;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, get, post, resource};
use actix_web::{App, HttpResponse, HttpServer};
use futures_util::stream;
use keycard_actix::auth::CurrentUser;
use keycard_actix::{Flashes, Session, SessionMiddleware};
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
    let app = move || {
        App::new()
            .app_data(Data::new(backend.clone()))
            .app_data(Data::new(backend.accounts.clone()))
            .service(resource(PATHS).route(post().to(handle)))
            .route(STREAM, post().to(flow))
            .route(GREETING, get().to(greet))
            .route(FLASHES, get().to(show))
            .configure(guards::on_actix::routes)
            .configure(csrf::on_actix::routes)
            .wrap(SessionMiddleware::new(backend.keycard.clone()))
    };
    // Built before it is awaited, so that the future can be spawned: the builder is not `Send`, the server is.
    let server = HttpServer::new(app)
        .workers(2)
        // A machine that stands still for longer than this is by default is not the client's fault.
        .client_request_timeout(Duration::ZERO)
        .shutdown_signal(shutdown)
        .listen(listener.into_std()?)?
        .run();
    server.await
}

pub(super) async fn handle(session: Session, backend: Data<Backend>, body: Bytes) -> HttpResponse {
    let answer = act::act(&session, &backend, &body).await;
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or_default());
    for header in answer.headers {
        response.append_header(header);
    }
    response.body(answer.body)
}

async fn flow(session: Session, backend: Data<Backend>, body: Bytes) -> HttpResponse {
    let acted = async move { act::act(&session, &backend, &body).await.body };
    HttpResponse::Ok().streaming(stream::once(async { io::Result::Ok(Bytes::from(acted.await)) }))
}

async fn greet(user: CurrentUser<Accounts>, again: CurrentUser<Accounts>) -> String {
    format!("{}, {}", *user, *again)
}

async fn show(Flashes(flashes): Flashes) -> String {
    act::shown(&flashes).to_string()
}
