//! Extractors for Actix, and errors as responses.

use std::future::Future;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError};
use keycard::RequestHeaders;
use keycard::auth::Rule;
use serde::de::DeserializeOwned;

use crate::access::AccessToken;
use crate::error::TokenError;
use crate::extract::{Asked, Authorized, Claims};
use crate::pair::TokenPair;
use crate::tokens::Tokens;

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, TokenError>>>>;

struct Received<'a>(&'a HeaderMap);

impl RequestHeaders for Received<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        // Actix's iterator has one end, and a request hardly ever has two headers of a name.
        let values: Vec<&HeaderValue> = self.0.get_all(name).collect();
        values.into_iter().map(HeaderValue::as_bytes)
    }
}

fn asked(request: &HttpRequest) -> Result<Asked, TokenError> {
    let tokens = request.app_data::<Data<Tokens>>().map(|tokens| &***tokens);
    let (mut known, headers) = (request.extensions_mut(), Received(request.headers()));
    let asked = Asked::anew(known.get(), tokens, &headers, known.get())?;
    known.insert(asked.clone());
    Ok(asked)
}

impl FromRequest for AccessToken {
    type Error = TokenError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = asked(request);
        Box::pin(async move { asked?.token().await })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Claims<T> {
    type Error = TokenError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = asked(request);
        Box::pin(async move { asked?.claims().await })
    }
}

impl<R: Rule + 'static> FromRequest for Authorized<R> {
    type Error = TokenError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = asked(request);
        Box::pin(async move { asked?.authorized().await })
    }
}

impl Responder for TokenPair {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type("application/json")
            .body(self.to_json())
    }
}

impl ResponseError for TokenError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(challenge) = self.www_authenticate() {
            response.insert_header((WWW_AUTHENTICATE, &*challenge));
        }
        response.content_type("application/json").body(self.to_json())
    }
}
