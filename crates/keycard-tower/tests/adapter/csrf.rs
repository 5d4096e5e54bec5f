//! The check against forged requests on Axum: where it stands, and what it reads.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, header};
use axum::routing::any;
use futures_util::stream;
use keycard::{CsrfPolicy, KeyRing, Keycard, store::memory::MemoryStore};
use keycard_tower::{CsrfLayer, SessionLayer};
use tower::ServiceExt;

const FORM: &str = "application/x-www-form-urlencoded";

fn sessions() -> SessionLayer {
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    SessionLayer::new(builder.build().unwrap())
}

fn routes() -> Router {
    Router::new().route("/", any(async |body: Bytes| body))
}

async fn send(app: &Router, request: Request<Body>) -> (u16, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 4096).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_layer_that_is_not_inside_of_a_session_layer_lets_nobody_pass() {
    let outside = routes().layer(sessions()).layer(CsrfLayer::default());
    for app in [routes().layer(CsrfLayer::default()), outside] {
        for method in ["GET", "POST"] {
            let request = Request::builder().method(method).body(Body::empty());
            let (status, body) = send(&app, request.unwrap()).await;
            assert_eq!(status, 500);
            assert!(
                body.contains("add `.layer(SessionLayer::new(keycard))`"),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn the_host_may_stand_in_the_target() {
    let app = routes().layer(CsrfLayer::default()).layer(sessions());
    for (target, reason) in [
        ("https://shop.example/", "token_missing"),
        ("https://blog.example/", "other_origin"),
        ("/", "other_origin"),
    ] {
        let request = Request::post(target).header(header::ORIGIN, "https://shop.example");
        let (status, body) = send(&app, request.body(Body::empty()).unwrap()).await;
        assert!(status == 403 && body.contains(reason), "{target}: {body}");
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_read_to_the_bound() {
    let policy = CsrfPolicy::default().form_limit(8);
    let app = routes().layer(CsrfLayer::new(policy)).layer(sessions());
    let broken = || Err(std::io::Error::other("the client has left"));
    let chunk = || Ok(Bytes::from_static(b"abcd"));
    for (chunks, expected) in [
        (vec![chunk(), chunk()], 403),
        (vec![chunk(), chunk(), chunk()], 413),
        (vec![chunk(), chunk(), chunk(), broken()], 413),
        (vec![chunk(), broken()], 400),
    ] {
        let request = Request::post("/").header(header::CONTENT_TYPE, FORM);
        let body = Body::from_stream(stream::iter(chunks));
        let (status, body) = send(&app, request.body(body).unwrap()).await;
        assert_eq!(status, expected, "{body}");
    }
}
