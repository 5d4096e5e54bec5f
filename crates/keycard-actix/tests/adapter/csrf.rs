//! The check against forged requests on Actix: where it stands, and what it reads.

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, ORIGIN};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Bytes, to};
use actix_web::{App, Error};
use futures_util::stream;
use keycard::{CsrfPolicy, KeyRing, Keycard, store::memory::MemoryStore};
use keycard_actix::{CsrfMiddleware, SessionMiddleware};

const FORM: &str = "application/x-www-form-urlencoded";

fn sessions() -> SessionMiddleware {
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    SessionMiddleware::new(builder.build().unwrap())
}

async fn seen<B: MessageBody>(answer: Result<ServiceResponse<B>, Error>) -> (u16, String) {
    let response = answer.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn echo(body: Bytes) -> Bytes {
    body
}

#[actix_web::test]
async fn a_middleware_that_is_not_inside_of_a_session_middleware_lets_nobody_pass() {
    let bare = App::new().route("/", to(echo)).wrap(CsrfMiddleware::default());
    let outside = App::new()
        .route("/", to(echo))
        .wrap(sessions())
        .wrap(CsrfMiddleware::default());
    let (bare, outside) = (init_service(bare).await, init_service(outside).await);
    for method in [Method::GET, Method::POST] {
        let request = || TestRequest::default().method(method.clone()).to_request();
        for (status, body) in [
            seen(bare.call(request()).await).await,
            seen(outside.call(request()).await).await,
        ] {
            assert_eq!(status, 500);
            assert!(
                body.contains("add `.wrap(SessionMiddleware::new(keycard))`"),
                "{body}"
            );
        }
    }
}

#[actix_web::test]
async fn the_host_may_stand_in_the_target() {
    let app = App::new().route("/", to(echo)).wrap(CsrfMiddleware::default());
    let app = init_service(app.wrap(sessions())).await;
    for (target, reason) in [
        ("https://shop.example/", "token_missing"),
        ("https://blog.example/", "other_origin"),
        ("/", "other_origin"),
    ] {
        let request = TestRequest::post().uri(target);
        let request = request.insert_header((ORIGIN, "https://shop.example"));
        let (status, body) = seen(app.call(request.to_request()).await).await;
        assert!(status == 403 && body.contains(reason), "{target}: {body}");
    }
}

#[actix_web::test]
async fn a_body_of_unknown_length_is_read_to_the_bound() {
    let check = CsrfMiddleware::new(CsrfPolicy::default().form_limit(8));
    let app = App::new().route("/", to(echo)).wrap(check);
    let app = init_service(app.wrap(sessions())).await;
    let broken = || Err(PayloadError::Incomplete(None));
    let chunk = || Ok(Bytes::from_static(b"abcd"));
    for (chunks, expected) in [
        (vec![chunk(), chunk()], 403),
        (vec![chunk(), chunk(), chunk()], 413),
        (vec![chunk(), chunk(), chunk(), broken()], 413),
        (vec![chunk(), broken()], 400),
    ] {
        let request = TestRequest::post()
            .insert_header((CONTENT_TYPE, FORM))
            .to_request();
        let payload: Payload = Payload::Stream {
            payload: Box::pin(stream::iter(chunks)),
        };
        let (request, _) = request.replace_payload(payload);
        let (status, body) = seen(app.call(request).await).await;
        assert_eq!(status, expected, "{body}");
    }
}
