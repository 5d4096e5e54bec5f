//! A server that answers what it was asked and sets the cookies it is told to.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::Response;

/// Echoes the request as JSON; each `X-Set` header becomes a `Set-Cookie`, and `/foul` forgets `no-store`.
async fn echo(request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/hang" {
        std::future::pending::<()>().await;
    }
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let headers: Vec<Value> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), value.as_bytes()]))
        .collect();
    let answer = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    let mut response = http::Response::new(Full::new(Bytes::from(answer.to_string())));
    for value in parts.headers.get_all("x-set") {
        response.headers_mut().append(header::SET_COOKIE, value.clone());
    }
    if parts.uri.path() != "/foul" {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

pub(super) async fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service_fn(echo)));
        }
    });
    address
}

/// The headers of this name as the server saw them.
pub(super) fn seen(response: &Response, name: &str) -> Vec<Vec<u8>> {
    let all: Vec<(String, Vec<u8>)> = serde_json::from_value(response.json()["headers"].clone()).unwrap();
    all.into_iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value)
        .collect()
}

#[track_caller]
pub(super) fn assert_seen(response: &Response, name: &str, values: &[&str]) {
    let seen: Vec<String> = seen(response, name)
        .into_iter()
        .map(|value| String::from_utf8(value).unwrap())
        .collect();
    assert_eq!(seen, values, "{name} in {response}");
}
