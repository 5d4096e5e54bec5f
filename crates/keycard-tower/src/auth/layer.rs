//! A guard around routes: a request that it keeps out does not reach them.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use keycard::auth::{Denied, Guard};
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::render::answer;
use crate::request::SessionExt;

/// Lets only those requests pass whose session its guard lets pass, as [the page on guards](super) shows.
///
/// It judges the session of the innermost [`SessionLayer`](crate::SessionLayer) around it. Without one nobody passes: the
/// answer is 500, and says so. If the session cannot be loaded it is 503.
#[derive(Clone)]
#[must_use = "a layer does nothing until a service is put into it"]
pub struct GuardLayer<R = DefaultAnswer> {
    guard: Arc<Guard>,
    render: R,
}

impl GuardLayer {
    /// Keeps out whom this guard keeps out, with the status and the JSON of [`Denied`].
    pub fn new(guard: Guard) -> Self {
        Self {
            guard: Arc::new(guard),
            render: DefaultAnswer,
        }
    }
}

impl<R> GuardLayer<R> {
    /// Answers those who are kept out, in place of the JSON: by a page, or by a redirect to one.
    ///
    /// ```
    /// use axum::http::request::Parts;
    /// use axum::response::{IntoResponse, Redirect};
    /// use keycard_tower::auth::{Denied, Guard, GuardLayer};
    ///
    /// let layer = GuardLayer::new(Guard::user()).on_denied(|denied: &Denied, request: &Parts| {
    ///     if denied.status() == 401 {
    ///         return Redirect::to("/login").into_response();
    ///     }
    ///     let text = format!("{}: {denied}", request.uri.path());
    ///     (axum::http::StatusCode::FORBIDDEN, text).into_response()
    /// });
    /// # let _ = layer;
    /// ```
    pub fn on_denied<F, B>(self, render: F) -> GuardLayer<F>
    where
        F: Fn(&Denied, &Parts) -> Response<B> + Clone,
    {
        GuardLayer {
            guard: self.guard,
            render,
        }
    }
}

impl<S, R: Clone> Layer<S> for GuardLayer<R> {
    type Service = GuardService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService {
            inner,
            layer: self.clone(),
        }
    }
}

impl<R> fmt::Debug for GuardLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

/// A service behind a guard; made by [`GuardLayer`].
///
/// It is a `Service<Request<ReqBody>>` for every inner service `S` with
///
/// - `S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static` and `S::Future: Send`, since it is
///   called after the session was loaded;
/// - `ReqBody: Send + 'static`, since it waits so long, and `ResBody: From<String>`, since there must be an answer without it.
#[derive(Clone, Debug)]
pub struct GuardService<S, R = DefaultAnswer> {
    inner: S,
    layer: GuardLayer<R>,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for GuardService<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    R: RenderDenied<ResBody> + Clone + Send + 'static,
    ReqBody: Send + 'static,
    ResBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The instance that was polled ready is the one to call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let GuardLayer { guard, render } = self.layer.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            match admit(parts.lazy_session(), &guard).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(error) => Ok(match error.denied() {
                    Some(denied) => render.render(denied, &parts),
                    None => answer(&error),
                }),
            }
        })
    }
}

async fn admit(session: Result<keycard::LazySession, Error>, guard: &Guard) -> Result<(), Error> {
    session?.require(guard).await?;
    Ok(())
}

/// Answers those whom a guard keeps out. Every `Fn(&Denied, &Parts) -> Response<B>` does, and [`DefaultAnswer`]; see
/// [`GuardLayer::on_denied`].
///
/// ```
/// use axum::body::Body;
/// use axum::http::{Request, Response, request::Parts};
/// use keycard_tower::auth::{Decision, DefaultAnswer, Denied, RenderDenied};
///
/// let denied = Decision::Forbidden.into_result().unwrap_err();
/// let (parts, _) = Request::new(()).into_parts();
/// let response: Response<String> = DefaultAnswer::default().render(&denied, &parts);
/// assert_eq!((response.status().as_u16(), response.body().as_str()), (403, r#"{"error":"this is not allowed"}"#));
///
/// let hook = |denied: &Denied, parts: &Parts| Response::new(format!("{denied}: {}", parts.uri));
/// assert_eq!(hook.render(&denied, &parts).body(), "this is not allowed: /");
/// ```
pub trait RenderDenied<B> {
    /// The response to somebody who is kept out.
    fn render(&self, denied: &Denied, request: &Parts) -> Response<B>;
}

impl<F, B> RenderDenied<B> for F
where
    F: Fn(&Denied, &Parts) -> Response<B>,
{
    fn render(&self, denied: &Denied, request: &Parts) -> Response<B> {
        self(denied, request)
    }
}

/// The default: the [`status`](Denied::status) and the [JSON](Denied::to_json), or what
/// [`SessionLayer::render_errors`](crate::SessionLayer::render_errors) makes of it.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultAnswer;

impl<B: From<String>> RenderDenied<B> for DefaultAnswer {
    fn render(&self, denied: &Denied, _: &Parts) -> Response<B> {
        answer(&denied.clone().into())
    }
}
