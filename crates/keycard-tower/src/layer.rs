//! The layer: which sessions a service gets, and how their errors are rendered.

use std::fmt;
use std::net::IpAddr;

use http::{Extensions, Response};
use keycard::Keycard;
use tower_layer::Layer;

use crate::render::EmptyBody;
use crate::service::SessionService;

/// Gives every request that passes it a session, and commits what the request left in it before the response goes out.
///
/// A request that does not use its session costs nothing: neither a command to the store nor a header.
///
/// Layers that add headers to *every* response (CORS, security headers) belong outside of this one: a response whose
/// session could not be committed is replaced, with the headers that were on it.
///
/// ```
/// use axum::{Router, routing::get};
/// use keycard_tower::store::memory::MemoryStore;
/// use keycard_tower::{KeyRing, Keycard, Session, SessionLayer};
///
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// let app: Router = Router::new()
///     .route("/", get(async |session: Session| format!("{:?}", session.user())))
///     .layer(SessionLayer::new(keycard));
/// # let _ = app;
/// # Ok::<(), keycard_tower::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until a service is put into it"]
pub struct SessionLayer<R = EmptyBody> {
    pub(crate) keycard: Keycard,
    pub(crate) render: R,
    pub(crate) peer: Peer,
}

/// Which address a request came from.
type Peer = fn(&Extensions) -> Option<IpAddr>;

impl SessionLayer {
    /// Sessions of this kind. A layer whose cookie another layer further out has opened already lets requests pass
    /// untouched.
    pub fn new(keycard: Keycard) -> Self {
        Self {
            keycard,
            render: EmptyBody,
            peer: |_| None,
        }
    }
}

impl<R> SessionLayer<R> {
    /// Renders what the errors of sessions are answered with, in place of an empty body: where a session could not be
    /// committed, and where an [`Error`](crate::Error) of an extractor or a handler became the response. The status of
    /// what `render` returns is sent as it is; [`status`](keycard::Error::status) is the one to give where nothing
    /// speaks for another. Of several layers the innermost that renders errors does so.
    ///
    /// ```
    /// use axum::http::StatusCode;
    /// use axum::response::IntoResponse;
    /// use keycard_tower::store::memory::MemoryStore;
    /// use keycard_tower::{KeyRing, Keycard, SessionLayer};
    ///
    /// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
    /// let layer = SessionLayer::new(keycard).render_errors(|error| {
    ///     let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    ///     (status, r#"{"error": "please try again"}"#).into_response()
    /// });
    /// # let _ = layer;
    /// # Ok::<(), keycard_tower::ConfigError>(())
    /// ```
    ///
    /// # Security
    ///
    /// The text of an error names session keys and parts of the infrastructure: it is for logs, not for clients.
    pub fn render_errors<F, B>(self, render: F) -> SessionLayer<F>
    where
        F: Fn(&keycard::Error) -> Response<B> + Clone,
    {
        SessionLayer {
            keycard: self.keycard,
            render,
            peer: self.peer,
        }
    }

    /// Reads from a request's extensions which address it came from: what the server knows of its connection is known to
    /// Tower by no common name. Default: nothing is read, and sessions know no address of their clients, whatever proxies
    /// tell.
    ///
    /// Axum has it where the application is served by `into_make_service_with_connect_info`:
    ///
    /// ```
    /// use axum::extract::ConnectInfo;
    /// use axum::{Router, routing::get};
    /// use keycard_tower::store::memory::MemoryStore;
    /// use keycard_tower::{KeyRing, Keycard, Session, SessionLayer};
    /// use std::net::SocketAddr;
    ///
    /// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
    /// let layer = SessionLayer::new(keycard)
    ///     .peer(|extensions| extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip()));
    /// let app: Router = Router::new()
    ///     .route("/", get(async |session: Session| format!("{:?}", session.client().ip())))
    ///     .layer(layer);
    /// # async {
    /// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
    /// # };
    /// # Ok::<(), keycard_tower::ConfigError>(())
    /// ```
    pub fn peer(mut self, read: fn(&Extensions) -> Option<IpAddr>) -> Self {
        self.peer = read;
        self
    }
}

impl<S, R: Clone> Layer<S> for SessionLayer<R> {
    type Service = SessionService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService::new(inner, self.clone())
    }
}

impl<R> fmt::Debug for SessionLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("keycard", &self.keycard)
            .finish_non_exhaustive()
    }
}
