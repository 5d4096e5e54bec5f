//! Extractors for Axum, and errors as responses.

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use keycard::RequestHeaders;
use keycard::auth::Rule;
use serde::de::DeserializeOwned;

use crate::access::AccessToken;
use crate::error::TokenError;
use crate::extract::{Asked, Authorized, Claims};
use crate::pair::TokenPair;

struct Received<'a>(&'a HeaderMap);

impl RequestHeaders for Received<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

fn asked(parts: &mut Parts) -> Result<Asked, TokenError> {
    let (known, headers) = (&parts.extensions, Received(&parts.headers));
    let asked = Asked::anew(known.get(), known.get(), &headers, known.get())?;
    parts.extensions.insert(asked.clone());
    Ok(asked)
}

impl<S: Send + Sync> FromRequestParts<S> for AccessToken {
    type Rejection = TokenError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TokenError> {
        asked(parts)?.token().await
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = TokenError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TokenError> {
        asked(parts)?.claims().await
    }
}

impl<S: Send + Sync, R: Rule> FromRequestParts<S> for Authorized<R> {
    type Rejection = TokenError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TokenError> {
        asked(parts)?.authorized().await
    }
}

fn json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl IntoResponse for TokenPair {
    fn into_response(self) -> Response {
        let mut response = json(self.to_json());
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let mut response = json(self.to_json());
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(Ok(challenge)) = self.www_authenticate().map(|text| text.parse()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
