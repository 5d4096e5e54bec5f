//! A guard around routes: a request that it keeps out does not reach them.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{HttpRequest, HttpResponse};
use keycard::auth::{Denied, Guard};

use crate::error::Error;
use crate::request::SessionExt;

type RenderFn = dyn Fn(&Denied, &HttpRequest) -> HttpResponse + Send + Sync;

/// Lets only those requests pass whose session its guard lets pass, as [the page on guards](super) shows.
///
/// It judges the session of the innermost [`SessionMiddleware`](crate::SessionMiddleware) around it, which in Actix is
/// wrapped after it. Without one nobody passes: the answer is 500, and says so. If the session cannot be loaded it is 503.
#[derive(Clone)]
#[must_use = "a middleware does nothing until an application is wrapped in it"]
pub struct GuardMiddleware {
    guard: Arc<Guard>,
    render: Option<Arc<RenderFn>>,
}

impl GuardMiddleware {
    /// Keeps out whom this guard keeps out, with the status and the JSON of [`Denied`].
    pub fn new(guard: Guard) -> Self {
        Self {
            guard: Arc::new(guard),
            render: None,
        }
    }

    /// Answers those who are kept out, in place of the JSON: by a page, or by a redirect to one.
    ///
    /// ```
    /// use actix_web::http::header::LOCATION;
    /// use actix_web::{HttpRequest, HttpResponse};
    /// use keycard_actix::auth::{Denied, Guard, GuardMiddleware};
    ///
    /// let middleware = GuardMiddleware::new(Guard::user()).on_denied(|denied: &Denied, request: &HttpRequest| {
    ///     if denied.status() == 401 {
    ///         return HttpResponse::SeeOther().insert_header((LOCATION, "/login")).finish();
    ///     }
    ///     HttpResponse::Forbidden().body(format!("{}: {denied}", request.path()))
    /// });
    /// # let _ = middleware;
    /// ```
    pub fn on_denied<F>(mut self, render: F) -> Self
    where
        F: Fn(&Denied, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    {
        self.render = Some(Arc::new(render));
        self
    }

    async fn admit(&self, request: &ServiceRequest) -> Result<(), Error> {
        request.lazy_session()?.require(&self.guard).await?;
        Ok(())
    }

    fn answer(&self, error: Error, request: ServiceRequest) -> ServiceResponse {
        let rendered = error.denied().zip(self.render.as_ref());
        match rendered.map(|(denied, render)| render(denied, request.request())) {
            Some(response) => request.into_response(response),
            None => request.error_response(error),
        }
    }
}

impl fmt::Debug for GuardMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardMiddleware")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl<S, B> Transform<S, ServiceRequest> for GuardMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = GuardService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(GuardService {
            inner: Rc::new(inner),
            middleware: self.clone(),
        }))
    }
}

/// A service behind a guard; made by [`GuardMiddleware`].
#[derive(Debug)]
pub struct GuardService<S> {
    inner: Rc<S>,
    middleware: GuardMiddleware,
}

impl<S, B> Service<ServiceRequest> for GuardService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (inner, middleware) = (Rc::clone(&self.inner), self.middleware.clone());
        Box::pin(async move {
            match middleware.admit(&request).await {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                Err(error) => Ok(middleware.answer(error, request).map_into_right_body()),
            }
        })
    }
}
