//! The application of the laws, on Actix.

use std::future::{Future, Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{Data, ServiceConfig, get, post, resource, scope};
use actix_web::{App as Application, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, rt, web};
use futures_util::{StreamExt, stream};
use keycard_actix::{Error, Key, LazySession, Session, SessionExt, SessionMiddleware};

use crate::shared::browser::{Reply, Request};
use crate::shared::client;
use crate::shared::store::FragileStore;
use crate::shared::{App, Listen, Setup};

const N: Key<i64> = Key::new("n");

type Answer = Pin<Box<dyn Future<Output = Reply>>>;

/// Sends requests; the type of an Actix application has no name.
pub(crate) struct ActixApp(Box<dyn Fn(Request) -> Answer>);

impl ActixApp {
    pub(crate) async fn serving(routes: impl FnOnce(&mut ServiceConfig)) -> Self {
        let service = Rc::new(init_service(Application::new().configure(routes)).await);
        Self(Box::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                match try_call_service(&*service, translated(request).to_request()).await {
                    Ok(response) => reply(response.into()).await,
                    Err(error) => reply(error.error_response()).await,
                }
            })
        }))
    }
}

impl App for ActixApp {
    const LAYER: &'static str = ".wrap(SessionMiddleware::new(keycard))";

    async fn start(setup: &Setup) -> Self {
        Self::serving(routes(setup.clone())).await
    }

    async fn send(&self, request: Request) -> Reply {
        (self.0)(request).await
    }
}

impl Listen for ActixApp {
    async fn listen(setup: &Setup) -> SocketAddr {
        let setup = setup.clone();
        let server = HttpServer::new(move || Application::new().configure(routes(setup.clone())))
            .workers(1)
            .bind("127.0.0.1:0")
            .unwrap();
        let address = server.addrs()[0];
        rt::spawn(server.run());
        address
    }
}

pub(crate) fn translated(request: Request) -> TestRequest {
    let builder = TestRequest::with_uri(request.path).method(request.method.parse().unwrap());
    let cookies = request.cookies.into_iter().map(|cookie| ("cookie", cookie));
    let builder = cookies
        .chain(request.headers)
        .fold(builder, TestRequest::append_header);
    match request.peer {
        Some(peer) => builder.peer_addr(SocketAddr::new(peer, 4711)),
        None => builder,
    }
}

pub(crate) async fn reply<B: MessageBody>(response: HttpResponse<B>) -> Reply {
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let printed = format!("{:?}", response.headers());
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body())
        .await
        .ok()
        .expect("the body is whole");
    Reply {
        status,
        headers,
        printed,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

fn routes(setup: Setup) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        let outer = SessionMiddleware::new(setup.outer.clone());
        let wrapped = if setup.renders {
            outer.clone().render_errors(rendered)
        } else {
            outer.clone()
        };
        let office = scope("/office")
            .route("/put", post().to(put))
            .route("/both", post().to(both))
            .wrap(SessionMiddleware::new(setup.office));
        let twice = scope("/twice")
            .route("/put", post().to(put))
            .wrap(outer)
            .wrap(from_fn(mark));
        let members = resource("/members")
            .route(get().to(async || "welcome"))
            .wrap(from_fn(members_only));
        let routes = scope("")
            .service(office)
            .service(twice)
            .service(members)
            .configure(flat_routes)
            .wrap(wrapped);
        app.app_data(Data::new(setup.store))
            .route("/bare", get().to(async |_: Session| ""))
            .service(routes);
    }
}

fn flat_routes(app: &mut ServiceConfig) {
    app.route("/plain", get().to(async || "plain"))
        .route(
            "/client",
            get().to(async |session: Session| client::shown(session.client())),
        )
        .route("/lazy", get().to(async |_: LazySession| "lazy"))
        .route("/read", get().to(read))
        .route("/put", post().to(put))
        .route("/login", post().to(log_in))
        .route("/logout", post().to(log_out))
        .route("/put/500", post().to(put_and_fail))
        .route("/logout/500", post().to(log_out_and_fail))
        .route("/commit/500", post().to(commit_and_fail))
        .route("/commit/outage", post().to(commit_before_outage))
        .route("/mismatch", get().to(mismatch))
        .route("/cookie", get().to(own_cookie))
        .route("/cached", get().to(cached))
        .route("/spawned", get().to(spawned))
        .route("/stream", get().to(streamed))
        .route("/socket", get().to(socket))
        .route("/unknown-name", get().to(async |_: Unknown| ""));
}

pub(crate) fn rendered(error: &keycard::Error) -> HttpResponse {
    HttpResponse::ServiceUnavailable().body(format!("rendered: {:?}", error.kind()))
}

async fn members_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if request.session().await?.user().is_none() {
        let refused = HttpResponse::Unauthorized().finish();
        return Ok(request.into_response(refused).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

async fn mark<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let session = request.session().await?;
    session.insert("m", &1).map_err(Error::from)?;
    next.call(request).await
}

async fn read(session: Session) -> Result<String, Error> {
    Ok(session.get(N)?.map_or("none".to_owned(), |n| n.to_string()))
}

async fn put(session: Session) -> Result<impl Responder, Error> {
    session.insert(N, &1)?;
    Ok(HttpResponse::Ok().insert_header(("x-handler", "yes")).body("put"))
}

async fn log_in(session: Session) -> HttpResponse {
    session.login("alice");
    HttpResponse::Ok().finish()
}

async fn log_out(session: Session) -> HttpResponse {
    session.logout();
    HttpResponse::Ok().finish()
}

async fn put_and_fail(session: Session) -> Result<HttpResponse, Error> {
    session.insert(N, &1)?;
    Ok(HttpResponse::InternalServerError().finish())
}

async fn log_out_and_fail(session: Session) -> HttpResponse {
    session.logout();
    HttpResponse::InternalServerError().finish()
}

async fn commit_and_fail(session: Session) -> Result<HttpResponse, Error> {
    session.login("alice");
    session.commit().await?;
    Ok(HttpResponse::InternalServerError().finish())
}

async fn commit_before_outage(store: Data<FragileStore>, session: Session) -> Result<HttpResponse, Error> {
    session.login("alice");
    session.commit().await?;
    store.fail_writes(true);
    session.insert(N, &1)?;
    Ok(HttpResponse::Ok().finish())
}

async fn mismatch(session: Session) -> Result<String, Error> {
    Ok(session.get("n")?.unwrap_or_default())
}

async fn own_cookie(session: Session) -> Result<HttpResponse, Error> {
    session.insert(N, &1)?;
    Ok(HttpResponse::Ok()
        .insert_header((SET_COOKIE, "theme=dark"))
        .finish())
}

async fn cached(session: Session) -> Result<HttpResponse, Error> {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, "max-age=60"))
        .insert_header((VARY, "Accept"));
    Ok(response.body(read(session).await?))
}

async fn spawned(Session(session): Session) -> Result<String, Error> {
    let (send, receive) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sum =
            runtime.block_on(async { tokio::spawn(async move { session.increment(N, 1).await }).await });
        send.send(sum.expect("the task does not panic"))
    });
    Ok(receive.await.expect("the thread does not panic")?.to_string())
}

async fn streamed(Session(session): Session) -> HttpResponse {
    let login = session.clone();
    let counts = stream::iter(0..2).then(move |_| {
        let session = session.clone();
        async move {
            let n = session.increment(N, 1).await?;
            Ok::<_, Error>(web::Bytes::from(format!("{n} ")))
        }
    });
    let error = stream::once(async move {
        login.login("alice");
        Ok(format!("{:?}", login.commit().await.unwrap_err().kind()).into())
    });
    HttpResponse::Ok().streaming(counts.chain(error))
}

async fn socket(
    Session(session): Session,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, mut sender, mut messages) = actix_ws::handle(&request, payload)?;
    rt::spawn(async move {
        while let Some(Ok(actix_ws::Message::Text(_))) = messages.recv().await {
            let n = session.update(N, |n| n.unwrap_or_default() + 1).await;
            let text = n.map_or_else(|error| error.to_string(), |n| n.to_string());
            sender.text(text).await.unwrap();
        }
    });
    Ok(response)
}

async fn both(session: Session, Outer(outer): Outer) -> Result<&'static str, Error> {
    session.insert(N, &1)?;
    outer.insert(N, &2)?;
    Ok("both")
}

/// The session of the outer middleware, where one further in has one too.
struct Outer(keycard::Session);

impl FromRequest for Outer {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.session_named("__Host-sid");
        Box::pin(async move { session.await.map(Self) })
    }
}

struct Unknown;

impl FromRequest for Unknown {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.lazy_session_named("__Host-unknown").map(|_| Self))
    }
}
