//! The application of the laws, on Axum.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{self, Extensions, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use keycard_tower::{Error, Key, LazySession, Session, SessionExt, SessionLayer};
use tower::ServiceExt;

use crate::shared::browser::{Reply, Request};
use crate::shared::client;
use crate::shared::store::FragileStore;
use crate::shared::{App, Listen, Setup};

const N: Key<i64> = Key::new("n");

pub(crate) struct AxumApp(pub(crate) Router);

impl App for AxumApp {
    const LAYER: &'static str = ".layer(SessionLayer::new(keycard))";

    async fn start(setup: &Setup) -> Self {
        Self(router(setup))
    }

    async fn send(&self, request: Request) -> Reply {
        let mut builder = http::Request::builder().method(request.method).uri(request.path);
        for cookie in request.cookies {
            builder = builder.header(header::COOKIE, cookie);
        }
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if let Some(peer) = request.peer {
            builder = builder.extension(ConnectInfo(SocketAddr::new(peer, 4711)));
        }
        let request = builder.body(Body::empty()).unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let headers = head.headers.iter();
        Reply {
            status: head.status.as_u16(),
            printed: format!("{:?}", head.headers),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: String::from_utf8(to_bytes(body, 4096).await.unwrap().to_vec()).unwrap(),
        }
    }
}

impl Listen for AxumApp {
    async fn listen(setup: &Setup) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(setup);
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }
}

fn router(setup: &Setup) -> Router {
    let routes = routes(setup);
    let outer = SessionLayer::new(setup.outer.clone()).peer(peer);
    let routes = if setup.renders {
        routes.layer(outer.render_errors(rendered))
    } else {
        routes.layer(outer)
    };
    routes.route("/bare", get(async |_: Session| ()))
}

pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip())
}

fn routes(setup: &Setup) -> Router {
    let office = Router::new()
        .route("/put", post(put))
        .route("/both", post(both))
        .layer(SessionLayer::new(setup.office.clone()));
    let twice = Router::new()
        .route("/put", post(put))
        .layer(SessionLayer::new(setup.outer.clone()))
        .layer(from_fn(mark));
    Router::new()
        .route("/members", get(async || "welcome").layer(from_fn(members_only)))
        .route("/plain", get(async || "plain"))
        .route(
            "/client",
            get(async |session: Session| client::shown(session.client())),
        )
        .route("/lazy", get(async |_: LazySession| "lazy"))
        .route("/read", get(read))
        .route("/put", post(put))
        .route("/login", post(async |session: Session| session.login("alice")))
        .route("/logout", post(async |session: Session| session.logout()))
        .route("/put/500", post(put_and_fail))
        .route("/logout/500", post(log_out_and_fail))
        .route("/commit/500", post(commit_and_fail))
        .route("/commit/outage", post(commit_before_outage))
        .route("/mismatch", get(mismatch))
        .route("/cookie", get(own_cookie))
        .route("/cached", get(cached))
        .route("/spawned", get(spawned))
        .route("/stream", get(streamed))
        .route("/socket", get(socket))
        .route("/unknown-name", get(async |_: Unknown| ()))
        .nest("/office", office)
        .nest("/twice", twice)
        .with_state(setup.store.clone())
}

pub(crate) fn rendered(error: &keycard::Error) -> Response {
    let body = format!("rendered: {:?}", error.kind());
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn members_only(request: axum::extract::Request, next: Next) -> Result<Response, Error> {
    match request.session().await?.user() {
        Some(_) => Ok(next.run(request).await),
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
    }
}

async fn mark(request: axum::extract::Request, next: Next) -> Result<Response, Error> {
    request.session().await?.insert("m", &1)?;
    Ok(next.run(request).await)
}

async fn read(session: Session) -> Result<String, Error> {
    Ok(session.get(N)?.map_or("none".to_owned(), |n| n.to_string()))
}

async fn put(session: Session) -> Result<impl IntoResponse, Error> {
    session.insert(N, &1)?;
    Ok(([("x-handler", "yes")], "put"))
}

async fn put_and_fail(session: Session) -> Result<StatusCode, Error> {
    session.insert(N, &1)?;
    Ok(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn log_out_and_fail(session: Session) -> StatusCode {
    session.logout();
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn commit_and_fail(session: Session) -> Result<StatusCode, Error> {
    session.login("alice");
    session.commit().await?;
    Ok(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn commit_before_outage(State(store): State<FragileStore>, session: Session) -> Result<(), Error> {
    session.login("alice");
    session.commit().await?;
    store.fail_writes(true);
    Ok(session.insert(N, &1)?)
}

async fn mismatch(session: Session) -> Result<String, Error> {
    Ok(session.get("n")?.unwrap_or_default())
}

async fn own_cookie(session: Session) -> Result<impl IntoResponse, Error> {
    session.insert(N, &1)?;
    Ok([(header::SET_COOKIE, "theme=dark")])
}

async fn cached(session: Session) -> Result<impl IntoResponse, Error> {
    let headers = [(header::CACHE_CONTROL, "max-age=60"), (header::VARY, "Accept")];
    Ok((headers, read(session).await?))
}

async fn spawned(Session(session): Session) -> Result<String, Error> {
    let task = tokio::spawn(async move { session.increment(N, 1).await });
    Ok(task.await.expect("the task does not panic")?.to_string())
}

async fn streamed(Session(session): Session) -> Body {
    let login = session.clone();
    let counts = stream::iter(0..2).then(move |_| {
        let session = session.clone();
        async move {
            let n = session.increment(N, 1).await?;
            Ok::<_, keycard::Error>(format!("{n} "))
        }
    });
    let error = stream::once(async move {
        login.login("alice");
        Ok(format!("{:?}", login.commit().await.unwrap_err().kind()))
    });
    Body::from_stream(counts.chain(error))
}

async fn socket(Session(session): Session, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        while let Some(Ok(Message::Text(_))) = socket.recv().await {
            let n = session.update(N, |n| n.unwrap_or_default() + 1).await;
            let text = n.map_or_else(|error| error.to_string(), |n| n.to_string());
            socket.send(Message::text(text)).await.unwrap();
        }
    })
}

async fn both(session: Session, Outer(outer): Outer) -> Result<&'static str, Error> {
    session.insert(N, &1)?;
    outer.insert(N, &2)?;
    Ok("both")
}

/// The session of the outer layer, where a layer further in has one too.
struct Outer(keycard::Session);

impl<S: Send + Sync> FromRequestParts<S> for Outer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.session_named("__Host-sid").await.map(Self)
    }
}

struct Unknown;

impl<S: Send + Sync> FromRequestParts<S> for Unknown {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.lazy_session_named("__Host-unknown").map(|_| Self)
    }
}
