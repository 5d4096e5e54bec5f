//! [Keycard](keycard) sessions as a Tower layer, with extractors for Axum.
//!
//! [`SessionLayer`] opens the session of each request that passes it and commits what the request left in it before the
//! response goes out. [`Session`] is the extractor of handlers, [`LazySession`] the one for code that may not need the
//! session at all, [`SessionExt`] the way for middleware. The handles they hold are the core's own: `Send + Sync`, and
//! without a framework or a store in their types.
//!
//! # Quick start
//!
//! A whole application; with `axum::serve` in the place of the two requests it is a server.
//!
//! ```
//! use axum::body::Body;
//! use axum::http::{Request, StatusCode, header};
//! use axum::{Router, routing::get, routing::post};
//! use keycard_tower::store::memory::MemoryStore;
//! use keycard_tower::{Error, Key, KeyRing, Keycard, Session, SessionLayer};
//! use tower::ServiceExt;
//!
//! const VISITS: Key<i64> = Key::new("visits");
//!
//! async fn visit(session: Session) -> Result<String, Error> {
//!     let visits = session.increment(VISITS, 1).await?;
//!     let name = session.user().map_or("guest".to_owned(), |user| user.to_string());
//!     Ok(format!("{name}, visit {visits}"))
//! }
//!
//! async fn log_in(session: Session) {
//!     session.login("alice"); // after the password was checked
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In production: KeyRing::from_env("KEYCARD_KEYS")?, and a store that all servers share, such as
//! // keycard_redis::RedisStore.
//! let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
//! let app: Router = Router::new()
//!     .route("/", get(visit))
//!     .route("/login", post(log_in))
//!     .layer(SessionLayer::new(keycard));
//!
//! let request = Request::post("/login").body(Body::empty())?;
//! let response = app.clone().oneshot(request).await?;
//! let cookie = response.headers()[header::SET_COOKIE].to_str()?.split(';').next().unwrap_or_default();
//!
//! let request = Request::get("/").header(header::COOKIE, cookie).body(Body::empty())?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! let body = axum::body::to_bytes(response.into_body(), 1024).await?;
//! assert_eq!(body, "alice, visit 1");
//! # Ok(())
//! # }
//! ```
//!
//! The cookie is `Secure`, so that some browsers and most tools do not send it back over plain http. For your own machine
//! add `.cookie(CookieSpec::insecure_http("sid").build()?)` to the builder.
//!
//! # When something fails
//!
//! A handler whose session cannot be loaded is not run: the answer is 503 with an empty body, and the cookie stays.
//! Routes that do not use the session go on. If the session cannot be committed, the handler's response is replaced; a
//! handler that wants to know first calls [`commit`](keycard::Session::commit), whose cookie is then sent whatever comes.
//! On a 5xx response, and when the inner service fails, only logouts are committed. What the answers look like is
//! said with [`SessionLayer::render_errors`].
//!
//! # Forms
//!
//! [`CsrfLayer`] refuses what a page of another site may have made a browser send; the [`CsrfToken`] of a page shows that it
//! is one of the application's. A [`Flash`] waits in the session for the page behind a redirect, which takes it by
//! [`Flashes`].
//!
//! # Several sessions in one application
//!
//! Each layer opens the session of its own cookie. [`Session`] gives the one of the innermost layer, and
//! [`SessionExt::session_named`] any of them. A layer for a cookie that is open already does nothing.
//!
//! ```
//! use axum::{Router, routing::get};
//! use keycard_tower::store::memory::MemoryStore;
//! use keycard_tower::{CookieSpec, KeyRing, Keycard, Session, SessionLayer};
//!
//! let shop = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
//! let office = Keycard::builder(MemoryStore::new(), KeyRing::random())
//!     .cookie(CookieSpec::builder("__Host-office").build()?)
//!     .build()?;
//!
//! let admin = Router::new()
//!     .route("/", get(async |session: Session| format!("{:?}", session.user()))) // of `__Host-office`
//!     .layer(SessionLayer::new(office));
//! let app: Router = Router::new().nest("/admin", admin).layer(SessionLayer::new(shop));
//! # let _ = app;
//! # Ok::<(), keycard_tower::ConfigError>(())
//! ```
//!
//! # Middleware
//!
//! ```
//! use axum::extract::Request;
//! use axum::middleware::Next;
//! use axum::response::{IntoResponse, Response};
//! use keycard_tower::{Error, SessionExt};
//!
//! /// For `axum::middleware::from_fn`, inside of the session layer.
//! async fn members_only(request: Request, next: Next) -> Result<Response, Error> {
//!     match request.session().await?.user() {
//!         Some(_) => Ok(next.run(request).await),
//!         None => Ok(axum::http::StatusCode::UNAUTHORIZED.into_response()),
//!     }
//! }
//! ```
//!
//! # Streams and upgraded connections
//!
//! The session is committed and its cookie sent with the head of the response, before the body flows. The handle can be
//! moved into the stream of a body, into the task of an upgraded connection, or into any other: there `update`,
//! `increment`, `consume` and [`commit`](keycard::Session::commit) still write to a session that exists, and what would
//! need a cookie is [`Closed`](ErrorKind::Closed).
//!
//! ```
//! use axum::extract::ws::{WebSocket, WebSocketUpgrade};
//! use axum::response::Response;
//! use keycard_tower::Session;
//!
//! async fn chat(Session(session): Session, upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(async move |mut socket: WebSocket| {
//!         while let Some(Ok(_)) = socket.recv().await {
//!             if session.increment("messages", 1).await.is_err() {
//!                 break; // the session has ended, and with it the connection
//!             }
//!         }
//!     })
//! }
//! ```
//!
//! An open connection is no use of the session: without more it ends after its idle time, and the connection does not
//! notice. What the user does there counts when it is committed, as above, or by a call of
//! [`touch`](keycard::Session::touch), which costs nothing until it is due:
//!
//! ```
//! use axum::extract::ws::{WebSocket, WebSocketUpgrade};
//! use axum::response::Response;
//! use keycard_tower::Session;
//!
//! async fn play(Session(session): Session, upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(async move |mut socket: WebSocket| {
//!         while let Some(Ok(message)) = socket.recv().await {
//!             if session.touch().await.is_err() || socket.send(message).await.is_err() {
//!                 break;
//!             }
//!         }
//!     })
//! }
//! ```

pub mod auth;

mod csrf;
mod error;
mod extract;
mod flash;
mod headers;
mod layer;
mod render;
mod request;
mod service;

pub use csrf::{CsrfLayer, CsrfService, CsrfToken};
pub use error::Error;
pub use extract::{LazySession, Session};
pub use flash::Flashes;
pub use layer::SessionLayer;
pub use render::{EmptyBody, RenderError};
pub use request::SessionExt;
pub use service::SessionService;

pub use keycard;
pub use keycard::{
    Assurance, ConfigError, CookieSpec, CsrfPolicy, CsrfRefusal, Device, ErrorKind, Event, EventKind, Factor,
    Flash, FlashLevel, IndexKey, IpPrecision, Key, KeyRing, Keycard, Lifetimes, ListedSession, LoginAs,
    Observer, PastEvent, SameSite, SessionStatistics, StoreKey, Suspicion, Timestamp, Transport,
    TrustedProxies, UserId, UserSessions, Users, store,
};
