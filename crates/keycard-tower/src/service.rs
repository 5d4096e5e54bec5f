//! The service: a session is opened before the inner service is called, and closed before its response goes out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use keycard::{Closings, Keycard, LazySessions, Outcome, RequestGuard};
use tower_service::Service;

use crate::headers::{Headers, Received, conceal};
use crate::layer::SessionLayer;
use crate::render::{EmptyBody, Failure, RenderError};

/// A service whose requests have a session; made by [`SessionLayer`](crate::SessionLayer).
///
/// It is a `Service<Request<ReqBody>>` for every inner service `S` and renderer `R` with
///
/// - `S: Service<Request<ReqBody>, Response = Response<ResBody>>` and `S::Future: Send + 'static`;
/// - `S::Error: Send` and `ResBody: Send`, since they wait inside a `Send` future until the session is committed;
/// - `R: RenderError<ResBody> + Clone + Send + 'static`. The default renderer has it where `ResBody: Default`, a function of
///   [`render_errors`](crate::SessionLayer::render_errors) whatever the body.
///
/// Nothing is asked of the request's body, and nothing needs to be `Sync`. The service is `Clone` where `S` is. The inner
/// service is called at once, on the instance that was polled ready.
#[derive(Clone)]
pub struct SessionService<S, R = EmptyBody> {
    inner: S,
    layer: SessionLayer<R>,
}

impl<S, R> SessionService<S, R> {
    pub(crate) fn new(inner: S, layer: SessionLayer<R>) -> Self {
        Self { inner, layer }
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    S::Error: Send,
    R: RenderError<ResBody> + Clone + Send + 'static,
    ResBody: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let Some(exchange) = Exchange::begin(&self.layer, &mut request) else {
            return Box::pin(self.inner.call(request));
        };
        let answer = self.inner.call(request);
        let render = self.layer.render.clone();
        Box::pin(async move {
            match answer.await {
                Ok(response) => Ok(exchange.end(response, render).await),
                Err(error) => {
                    exchange.fail().await;
                    Err(error)
                }
            }
        })
    }
}

impl<S: fmt::Debug, R> fmt::Debug for SessionService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("keycard", &self.layer.keycard)
            .finish_non_exhaustive()
    }
}

/// A session between a request and its response.
struct Exchange {
    keycard: Keycard,
    lazy: RequestGuard,
    /// Whether there is a session layer further out.
    nested: bool,
}

impl Exchange {
    /// Opens the session and puts it beside those of the layers further out; `None` if one of them has opened it already.
    fn begin<R, B>(layer: &SessionLayer<R>, request: &mut Request<B>) -> Option<Self> {
        let keycard = &layer.keycard;
        let sessions = request.extensions().get::<LazySessions>();
        if sessions.is_some_and(|sessions| sessions.named(keycard.cookie_name()).is_some()) {
            return None;
        }
        let nested = sessions.is_some();
        let sessions = sessions.cloned().unwrap_or_default();

        conceal(request.headers_mut(), keycard.id_headers());
        let peer = (layer.peer)(request.extensions());
        let lazy = keycard.open_request(&Received(request.headers()), peer);
        request.extensions_mut().insert(sessions.with(lazy.clone()));
        Some(Self {
            keycard: keycard.clone(),
            lazy: lazy.until_dropped(),
            nested,
        })
    }

    async fn end<B>(self, mut response: Response<B>, render: impl RenderError<B>) -> Response<B> {
        let outcome = Outcome::of_status(response.status().as_u16());
        let closing = self.keycard.close(&self.lazy, outcome).await;
        let rendered = match (closing.error(), response.extensions().get()) {
            (Some(error), _) => Some(render.render(error)),
            (None, Some(Failure(error))) => render.rerender(error),
            (None, None) => None,
        };
        let inner: Closings = response.extensions_mut().remove().unwrap_or_default();
        if let Some(rendered) = rendered {
            response = rendered;
            inner.apply(&mut Headers(response.headers_mut()));
        }
        closing.apply(&mut Headers(response.headers_mut()));
        if self.nested {
            response.extensions_mut().insert(inner.with(closing));
        }
        response
    }

    /// There is no response to tell the client with, but what was to end must end.
    async fn fail(self) {
        drop(self.keycard.close(&self.lazy, Outcome::Failed).await);
    }
}
