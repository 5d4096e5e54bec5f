//! The middleware: a session is opened before the inner service is called, and closed before its response goes out.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{HttpMessage, HttpResponse};
use keycard::{Keycard, LazySessions, Outcome, RequestGuard};

use crate::closed::Closed;
use crate::headers::Received;
use crate::render::Render;

/// Gives every request that passes it a session, and commits what the request left in it before the response goes out.
///
/// A request that does not use its session costs nothing: neither a command to the store nor a header.
///
/// Middleware that adds headers to *every* response (CORS, security headers) belongs outside of this one, which in Actix
/// means after it: a response whose session could not be committed is replaced, with the headers that were on it.
///
/// ```
/// use actix_web::{App, web};
/// use keycard_actix::store::memory::MemoryStore;
/// use keycard_actix::{KeyRing, Keycard, Session, SessionMiddleware};
///
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// let app = App::new()
///     .route("/", web::get().to(async |session: Session| format!("{:?}", session.user())))
///     .wrap(SessionMiddleware::new(keycard));
/// # let _ = app;
/// # Ok::<(), keycard_actix::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a middleware does nothing until an application is wrapped in it"]
pub struct SessionMiddleware {
    keycard: Keycard,
    render: Render,
}

impl SessionMiddleware {
    /// Sessions of this kind. A middleware whose cookie another one further out has opened already lets requests pass
    /// untouched.
    pub fn new(keycard: Keycard) -> Self {
        Self {
            keycard,
            render: Render::default(),
        }
    }

    /// Renders what the errors of sessions are answered with, in place of an empty body: where a session could not be
    /// committed, and where an [`Error`](crate::Error) of an extractor or a handler became the response. The status of
    /// what `render` returns is sent as it is; [`status`](keycard::Error::status) is the one to give where nothing
    /// speaks for another. Of several middlewares the innermost that renders errors does so.
    ///
    /// ```
    /// use actix_web::HttpResponse;
    /// use actix_web::http::StatusCode;
    /// use keycard_actix::store::memory::MemoryStore;
    /// use keycard_actix::{KeyRing, Keycard, SessionMiddleware};
    ///
    /// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
    /// let middleware = SessionMiddleware::new(keycard).render_errors(|error| {
    ///     let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    ///     HttpResponse::build(status).body(r#"{"error": "please try again"}"#)
    /// });
    /// # let _ = middleware;
    /// # Ok::<(), keycard_actix::ConfigError>(())
    /// ```
    ///
    /// # Security
    ///
    /// The text of an error names session keys and parts of the infrastructure: it is for logs, not for clients.
    pub fn render_errors<F>(mut self, render: F) -> Self
    where
        F: Fn(&keycard::Error) -> HttpResponse + Send + Sync + 'static,
    {
        self.render = Render::by(render);
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for SessionMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SessionService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let middleware = self.clone();
        ready(Ok(SessionService { inner, middleware }))
    }
}

/// A service whose requests have a session; made by [`SessionMiddleware`].
#[derive(Debug)]
pub struct SessionService<S> {
    inner: S,
    middleware: SessionMiddleware,
}

impl<S, B> Service<ServiceRequest> for SessionService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let exchange = Exchange::begin(&self.middleware, &request);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            match exchange {
                Some(exchange) => exchange.end(answer).await,
                None => answer.map(ServiceResponse::map_into_left_body),
            }
        })
    }
}

/// A session between a request and its response.
struct Exchange {
    middleware: SessionMiddleware,
    lazy: RequestGuard,
    /// Whether there is a session middleware further out.
    nested: bool,
}

impl Exchange {
    /// Opens the session and puts it beside those of the middlewares further out; `None` if one of them has opened it
    /// already.
    fn begin(middleware: &SessionMiddleware, request: &ServiceRequest) -> Option<Self> {
        let keycard = &middleware.keycard;
        let mut extensions = request.extensions_mut();
        let sessions = extensions.get::<LazySessions>();
        if sessions.is_some_and(|sessions| sessions.named(keycard.cookie_name()).is_some()) {
            return None;
        }
        let nested = sessions.is_some();
        let sessions = sessions.cloned().unwrap_or_default();
        let peer = request.peer_addr().map(|peer| peer.ip());
        let lazy = keycard.open_request(&Received(request.headers()), peer);
        extensions.insert(sessions.with(lazy.clone()));
        Some(Self {
            middleware: middleware.clone(),
            lazy: lazy.until_dropped(),
            nested,
        })
    }

    async fn end<B>(
        self,
        answer: Result<ServiceResponse<B>, actix_web::Error>,
    ) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
        let status = match &answer {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let SessionMiddleware { keycard, render } = self.middleware;
        let closing = keycard
            .close(&self.lazy, Outcome::of_status(status.as_u16()))
            .await;
        let closed = Closed::new(closing, render, self.nested);
        match answer {
            Ok(response) => {
                let (request, response) = response.into_parts();
                Ok(ServiceResponse::new(request, closed.apply(response)))
            }
            Err(error) => Err(closed.wrap(error)),
        }
    }
}
