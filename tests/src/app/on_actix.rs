//! The acting application on Actix.

use std::io;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, post, resource};
use actix_web::{App, HttpResponse, HttpServer};
use futures_util::stream;
use keycard::Keycard;
use keycard_actix::{Session, SessionMiddleware};
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
    let app = move || {
        App::new()
            .app_data(Data::new(gates.clone()))
            .service(resource(PATHS).route(post().to(handle)))
            .route(STREAM, post().to(flow))
            .wrap(SessionMiddleware::new(keycard.clone()))
    };
    // Built before it is awaited, so that the future can be spawned: the builder is not `Send`, the server is.
    let server = HttpServer::new(app)
        .workers(2)
        .shutdown_signal(shutdown)
        .listen(listener.into_std()?)?
        .run();
    server.await
}

async fn handle(session: Session, gates: Data<Gates>, body: Bytes) -> HttpResponse {
    let answer = act::act(&session, &gates, &body).await;
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or_default());
    for header in answer.headers {
        response.append_header(header);
    }
    response.body(answer.body)
}

async fn flow(session: Session, gates: Data<Gates>, body: Bytes) -> HttpResponse {
    let acted = async move { act::act(&session, &gates, &body).await.body };
    HttpResponse::Ok().streaming(stream::once(async { io::Result::Ok(Bytes::from(acted.await)) }))
}
