//! The check against forged requests as a middleware, and the token as an extractor.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::EitherBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::uri::Authority;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use keycard::{CsrfForm, CsrfPolicy, CsrfRefusal, CsrfRequest};

use crate::error::Error;
use crate::headers::Received;
use crate::request::SessionExt;

type ExemptFn = dyn Fn(&HttpRequest) -> bool + Send + Sync;
type RenderFn = dyn Fn(CsrfRefusal, &HttpRequest) -> HttpResponse + Send + Sync;

#[doc = include_str!("../docs/csrf.md")]
#[derive(Clone, Default)]
#[must_use = "a middleware does nothing until an application is wrapped in it"]
pub struct CsrfMiddleware {
    policy: Arc<CsrfPolicy>,
    exempt: Option<Arc<ExemptFn>>,
    render: Option<Arc<RenderFn>>,
}

impl CsrfMiddleware {
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
    /// use actix_web::HttpRequest;
    /// use keycard_actix::CsrfMiddleware;
    ///
    /// let middleware = CsrfMiddleware::default().exempt(|request: &HttpRequest| request.path() == "/webhooks/payment");
    /// # let _ = middleware;
    /// ```
    ///
    /// # Security
    ///
    /// Such a route must not act for who is logged in.
    pub fn exempt(mut self, exempt: impl Fn(&HttpRequest) -> bool + Send + Sync + 'static) -> Self {
        self.exempt = Some(Arc::new(exempt));
        self
    }

    /// Answers what is refused, in place of the JSON: by a page, say, that asks to send the form again.
    ///
    /// ```
    /// use actix_web::http::StatusCode;
    /// use actix_web::{HttpRequest, HttpResponse};
    /// use keycard_actix::{CsrfMiddleware, CsrfRefusal};
    ///
    /// let middleware = CsrfMiddleware::default().on_refused(|refusal: CsrfRefusal, request: &HttpRequest| {
    ///     let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
    ///     HttpResponse::build(status).body(format!("{}: {refusal}", request.path()))
    /// });
    /// # let _ = middleware;
    /// ```
    pub fn on_refused<F>(mut self, render: F) -> Self
    where
        F: Fn(CsrfRefusal, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    {
        self.render = Some(Arc::new(render));
        self
    }

    async fn check(&self, request: &mut ServiceRequest) -> Result<(), Error> {
        if let Some(form) = self.judge(request)? {
            let body = read(&form, request.extract::<web::Payload>().await).await?;
            request.set_payload(Payload::from(body));
        }
        Ok(())
    }

    fn judge(&self, request: &ServiceRequest) -> Result<Option<CsrfForm>, Error> {
        let exempt = self.exempt.as_ref().map(|exempt| exempt(request.request()));
        let headers = Received(request.headers());
        let judged = CsrfRequest::new(request.method().as_str(), &headers)
            .authority(request.uri().authority().map(Authority::as_str))
            .exempt(exempt.unwrap_or_default());
        Ok(request.lazy_session()?.check_csrf(&self.policy, &judged)?)
    }

    fn answer(&self, error: Error, request: ServiceRequest) -> ServiceResponse {
        let rendered = error.csrf_refusal().zip(self.render.as_ref());
        match rendered.map(|(refusal, render)| render(refusal, request.request())) {
            Some(response) => request.into_response(response),
            None => request.error_response(error),
        }
    }
}

/// Reads a form, and checks it.
async fn read(
    form: &CsrfForm,
    payload: Result<web::Payload, actix_web::Error>,
) -> Result<Bytes, keycard::Error> {
    let payload = payload.map_err(|_| form.unreadable())?;
    let read = payload.to_bytes_limited(form.limit()).await;
    let body = read.map_err(|_| form.too_large())?;
    let body = body.map_err(|_| form.unreadable())?;
    form.check(&body)?;
    Ok(body)
}

impl fmt::Debug for CsrfMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfMiddleware")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<S, B> Transform<S, ServiceRequest> for CsrfMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = CsrfService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfService {
            inner: Rc::new(inner),
            middleware: self.clone(),
        }))
    }
}

/// A service behind the check; made by [`CsrfMiddleware`].
#[derive(Debug)]
pub struct CsrfService<S> {
    inner: Rc<S>,
    middleware: CsrfMiddleware,
}

impl<S, B> Service<ServiceRequest> for CsrfService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (inner, middleware) = (Rc::clone(&self.inner), self.middleware.clone());
        Box::pin(async move {
            match middleware.check(&mut request).await {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                Err(error) => Ok(middleware.answer(error, request).map_into_right_body()),
            }
        })
    }
}

/// A token for the pages of this request's answer. It costs the store nothing, and dereferences to [`keycard::CsrfToken`].
///
/// A handler that logs somebody in or out and then renders a form takes the [`renewed`](keycard::CsrfToken::renewed) one.
///
/// Rejected with 500 on a route without [`CsrfMiddleware`], or without [`SessionMiddleware`](crate::SessionMiddleware).
///
/// ```
/// use actix_web::web::Html;
/// use keycard_actix::CsrfToken;
///
/// async fn login_form(token: CsrfToken) -> Html {
///     let field = token.hidden_field();
///     Html::new(format!(r#"<form method="post">{field}<input name="password" type="password"><button></form>"#))
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct CsrfToken(pub keycard::CsrfToken);

impl FromRequest for CsrfToken {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let lazy = request.lazy_session();
        Box::pin(async move { Ok(Self(lazy?.csrf_token().await?)) })
    }
}

keycard::newtype!(CsrfToken);
