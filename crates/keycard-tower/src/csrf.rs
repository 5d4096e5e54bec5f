//! The check against forged requests as a layer, and the token as an extractor.

use std::fmt;
use std::future::Future;
use std::iter;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use keycard::{CsrfForm, CsrfPolicy, CsrfRefusal, CsrfRequest};
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::headers::{Received, conceal};
use crate::render::answer;
use crate::request::SessionExt;

type ExemptFn = dyn Fn(&Parts) -> bool + Send + Sync;
type RenderFn = dyn Fn(CsrfRefusal, &Parts) -> Response<Body> + Send + Sync;

#[doc = include_str!("../docs/csrf.md")]
#[derive(Clone, Default)]
#[must_use = "a layer does nothing until a service is put into it"]
pub struct CsrfLayer {
    policy: Arc<CsrfPolicy>,
    exempt: Option<Arc<ExemptFn>>,
    render: Option<Arc<RenderFn>>,
}

impl CsrfLayer {
    /// A check with these settings.
    pub fn new(policy: CsrfPolicy) -> Self {
        Self {
            policy: Arc::new(policy),
            ..Self::default()
        }
    }

    /// Lets requests pass unchecked of which `exempt` says so: a webhook, say, which proves by a signature who sends it.
    ///
    /// ```
    /// use axum::http::request::Parts;
    /// use keycard_tower::CsrfLayer;
    ///
    /// let layer = CsrfLayer::default().exempt(|request: &Parts| request.uri.path() == "/webhooks/payment");
    /// # let _ = layer;
    /// ```
    ///
    /// # Security
    ///
    /// Such a route must not act for who is logged in.
    pub fn exempt(mut self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.exempt = Some(Arc::new(exempt));
        self
    }

    /// Answers what is refused, in place of the JSON: by a page, say, that asks to send the form again.
    ///
    /// ```
    /// use axum::http::{StatusCode, request::Parts};
    /// use axum::response::IntoResponse;
    /// use keycard_tower::{CsrfLayer, CsrfRefusal};
    ///
    /// let layer = CsrfLayer::default().on_refused(|refusal: CsrfRefusal, request: &Parts| {
    ///     let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
    ///     (status, format!("{}: {refusal}", request.uri.path())).into_response()
    /// });
    /// # let _ = layer;
    /// ```
    pub fn on_refused<F>(mut self, render: F) -> Self
    where
        F: Fn(CsrfRefusal, &Parts) -> Response<Body> + Send + Sync + 'static,
    {
        self.render = Some(Arc::new(render));
        self
    }

    /// The body of a request that passes.
    async fn check(&self, parts: &Parts, body: Body) -> Result<Body, Error> {
        let headers = Received(&parts.headers);
        let request = CsrfRequest::new(parts.method.as_str(), &headers)
            .authority(parts.uri.authority().map(http::uri::Authority::as_str))
            .exempt(self.exempt.as_ref().is_some_and(|exempt| exempt(parts)));
        match parts.lazy_session()?.check_csrf(&self.policy, &request)? {
            Some(form) => Ok(read(&form, body).await?),
            None => Ok(body),
        }
    }

    fn answer(&self, error: &Error, parts: &Parts) -> Response<Body> {
        let rendered = error.csrf_refusal().zip(self.render.as_ref());
        rendered.map_or_else(|| answer(error), |(refusal, render)| render(refusal, parts))
    }
}

/// Reads a form, checks it, and gives it back.
async fn read(form: &CsrfForm, body: Body) -> Result<Body, keycard::Error> {
    let read = Limited::new(body, form.limit()).collect().await;
    let body = read.map_err(|error| {
        if error.is::<LengthLimitError>() {
            form.too_large()
        } else {
            form.unreadable()
        }
    })?;
    let body = body.to_bytes();
    form.check(&body)?;
    Ok(Body::from(body))
}

impl<S> Layer<S> for CsrfLayer {
    type Service = CsrfService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService {
            inner,
            layer: self.clone(),
        }
    }
}

impl fmt::Debug for CsrfLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// A service behind the check; made by [`CsrfLayer`].
///
/// It is a service of requests and responses with Axum's [`Body`], for every inner one that is `Clone + Send + 'static` and
/// has a future that is `Send`, since it is called after a form was read.
#[derive(Clone, Debug)]
pub struct CsrfService<S> {
    inner: S,
    layer: CsrfLayer,
}

impl<S> Service<Request<Body>> for CsrfService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The instance that was polled ready is the one to call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            conceal(&mut parts.headers, iter::once(keycard::CsrfToken::HEADER));
            match layer.check(&parts, body).await {
                Ok(body) => inner.call(Request::from_parts(parts, body)).await,
                Err(error) => Ok(layer.answer(&error, &parts)),
            }
        })
    }
}

/// A token for the pages of this request's answer. It costs the store nothing, and dereferences to [`keycard::CsrfToken`].
///
/// A handler that logs somebody in or out and then renders a form takes the [`renewed`](keycard::CsrfToken::renewed) one.
///
/// Rejected with 500 on a route without [`CsrfLayer`], or without [`SessionLayer`](crate::SessionLayer).
///
/// ```
/// use axum::response::Html;
/// use keycard_tower::CsrfToken;
///
/// async fn login_form(token: CsrfToken) -> Html<String> {
///     let field = token.hidden_field();
///     Html(format!(r#"<form method="post">{field}<input name="password" type="password"><button></form>"#))
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct CsrfToken(pub keycard::CsrfToken);

impl<S: Send + Sync> FromRequestParts<S> for CsrfToken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(parts.lazy_session()?.csrf_token().await?))
    }
}

keycard::newtype!(CsrfToken);
