//! [Keycard](keycard) sessions as a middleware for Actix Web, with extractors.
//!
//! [`SessionMiddleware`] opens the session of each request that passes it and commits what the request left in it before
//! the response goes out. [`Session`] is the extractor of handlers, [`LazySession`] the one for code that may not need
//! the session at all, [`SessionExt`] the way for middleware. The handles they hold are the core's own: `Send + Sync`,
//! here too, and without a framework or a store in their types.
//!
//! # Quick start
//!
//! A whole application; with `HttpServer` in the place of the two requests it is a server.
//!
//! ```
//! use actix_web::http::{StatusCode, header};
//! use actix_web::{App, test, web};
//! use keycard_actix::store::memory::MemoryStore;
//! use keycard_actix::{Error, Key, KeyRing, Keycard, Session, SessionMiddleware};
//!
//! const VISITS: Key<i64> = Key::new("visits");
//!
//! async fn visit(session: Session) -> Result<String, Error> {
//!     let visits = session.increment(VISITS, 1).await?;
//!     let name = session.user().map_or("guest".to_owned(), |user| user.to_string());
//!     Ok(format!("{name}, visit {visits}"))
//! }
//!
//! async fn log_in(session: Session) -> &'static str {
//!     session.login("alice"); // after the password was checked
//!     "welcome"
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In production: KeyRing::from_env("KEYCARD_KEYS")?, and a store that all servers share, such as
//! // keycard_redis::RedisStore.
//! let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
//! let app = App::new()
//!     .route("/", web::get().to(visit))
//!     .route("/login", web::post().to(log_in))
//!     .wrap(SessionMiddleware::new(keycard));
//!
//! let app = test::init_service(app).await;
//! let request = test::TestRequest::post().uri("/login").to_request();
//! let response = test::call_service(&app, request).await;
//! let cookie = response.headers().get(header::SET_COOKIE).ok_or("no cookie")?.to_str()?;
//! let cookie = cookie.split(';').next().unwrap_or_default();
//!
//! let request = test::TestRequest::get().uri("/").insert_header((header::COOKIE, cookie)).to_request();
//! let response = test::call_service(&app, request).await;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(test::read_body(response).await, "alice, visit 1");
//! # Ok(())
//! # }
//! ```
//!
//! `HttpServer` builds an application for each of its threads: build the [`Keycard`] once, outside of the closure that
//! does so, and clone it inside.
//!
//! The cookie is `Secure`, so that some browsers and most tools do not send it back over plain http. For your own machine
//! add `.cookie(CookieSpec::insecure_http("sid").build()?)` to the builder.
//!
//! # When something fails
//!
//! A handler whose session cannot be loaded is not run: the answer is 503 with an empty body, and the cookie stays.
//! Routes that do not use the session go on. If the session cannot be committed, the handler's response is replaced; a
//! handler that wants to know first calls [`commit`](keycard::Session::commit), whose cookie is then sent whatever comes.
//! On a 5xx response, or an error that stands for one, only logouts are committed. What the answers look like is
//! said with [`SessionMiddleware::render_errors`].
//!
//! # Forms
//!
//! [`CsrfMiddleware`] refuses what a page of another site may have made a browser send; the [`CsrfToken`] of a page shows
//! that it is one of the application's. A [`Flash`] waits in the session for the page behind a redirect, which takes it by
//! [`Flashes`].
//!
//! # Several sessions in one application
//!
//! Each middleware opens the session of its own cookie. [`Session`] gives the one of the innermost, and
//! [`SessionExt::session_named`] any of them. A middleware for a cookie that is open already does nothing.
//!
//! ```
//! use actix_web::{App, web};
//! use keycard_actix::store::memory::MemoryStore;
//! use keycard_actix::{CookieSpec, KeyRing, Keycard, Session, SessionMiddleware};
//!
//! let shop = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
//! let office = Keycard::builder(MemoryStore::new(), KeyRing::random())
//!     .cookie(CookieSpec::builder("__Host-office").build()?)
//!     .build()?;
//!
//! let admin = web::scope("/admin")
//!     .route("/", web::get().to(async |session: Session| format!("{:?}", session.user()))) // of `__Host-office`
//!     .wrap(SessionMiddleware::new(office));
//! let app = App::new().service(admin).wrap(SessionMiddleware::new(shop));
//! # let _ = app;
//! # Ok::<(), keycard_actix::ConfigError>(())
//! ```
//!
//! # Middleware
//!
//! ```
//! use actix_web::body::{EitherBody, MessageBody};
//! use actix_web::dev::{ServiceRequest, ServiceResponse};
//! use actix_web::middleware::Next;
//! use actix_web::{Error, HttpResponse};
//! use keycard_actix::SessionExt;
//!
//! /// For `actix_web::middleware::from_fn`, inside of the session middleware: wrapped around the routes before it.
//! async fn members_only<B: MessageBody>(
//!     request: ServiceRequest,
//!     next: Next<B>,
//! ) -> Result<ServiceResponse<EitherBody<B>>, Error> {
//!     if request.session().await?.user().is_none() {
//!         let refused = HttpResponse::Unauthorized().finish();
//!         return Ok(request.into_response(refused).map_into_right_body());
//!     }
//!     Ok(next.call(request).await?.map_into_left_body())
//! }
//! ```
//!
//! # Streams and upgraded connections
//!
//! The session is committed and its cookie sent with the head of the response, before the body flows. The handle can be
//! moved into the stream of a body, into the task of an upgraded connection, or into any other, on other threads too:
//! there `update`, `increment`, `consume` and [`commit`](keycard::Session::commit) still write to a session that exists,
//! and what would need a cookie is [`Closed`](ErrorKind::Closed).
//!
//! ```
//! use actix_web::{HttpRequest, HttpResponse, rt, web};
//! use keycard_actix::Session;
//!
//! async fn chat(
//!     Session(session): Session,
//!     request: HttpRequest,
//!     payload: web::Payload,
//! ) -> Result<HttpResponse, actix_web::Error> {
//!     let (response, _sender, mut messages) = actix_ws::handle(&request, payload)?;
//!     rt::spawn(async move {
//!         while let Some(Ok(_)) = messages.recv().await {
//!             if session.increment("messages", 1).await.is_err() {
//!                 break; // the session has ended, and with it the connection
//!             }
//!         }
//!     });
//!     Ok(response)
//! }
//! ```
//!
//! An open connection is no use of the session: without more it ends after its idle time, and the connection does not
//! notice. What the user does there counts when it is committed, as above, or by a call of
//! [`touch`](keycard::Session::touch), which costs nothing until it is due:
//!
//! ```
//! use actix_web::{HttpRequest, HttpResponse, rt, web};
//! use actix_ws::Message;
//! use keycard_actix::Session;
//!
//! async fn play(
//!     Session(session): Session,
//!     request: HttpRequest,
//!     payload: web::Payload,
//! ) -> Result<HttpResponse, actix_web::Error> {
//!     let (response, mut sender, mut messages) = actix_ws::handle(&request, payload)?;
//!     rt::spawn(async move {
//!         while let Some(Ok(Message::Text(text))) = messages.recv().await {
//!             if session.touch().await.is_err() || sender.text(text).await.is_err() {
//!                 break;
//!             }
//!         }
//!     });
//!     Ok(response)
//! }
//! ```

pub mod auth;

mod closed;
mod csrf;
mod error;
mod extract;
mod flash;
mod headers;
mod middleware;
mod render;
mod request;

pub use csrf::{CsrfMiddleware, CsrfService, CsrfToken};
pub use error::Error;
pub use extract::{LazySession, Session};
pub use flash::Flashes;
pub use middleware::{SessionMiddleware, SessionService};
pub use request::SessionExt;

pub use keycard;
pub use keycard::{
    Assurance, ConfigError, CookieSpec, CsrfPolicy, CsrfRefusal, Device, ErrorKind, Event, EventKind, Factor,
    Flash, FlashLevel, IndexKey, IpPrecision, Key, KeyRing, Keycard, Lifetimes, ListedSession, LoginAs,
    Observer, PastEvent, SameSite, SessionStatistics, StoreKey, Suspicion, Timestamp, Transport,
    TrustedProxies, UserId, UserSessions, Users, store,
};
