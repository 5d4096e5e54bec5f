//! What Tower asks of a service, and what the layer asks of the services in it.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, pending, poll_fn, ready};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode, header};
use keycard::{ErrorKind, KeyRing, Keycard, Transport};
use keycard_tower::auth::{Guard, GuardLayer, GuardService};
use keycard_tower::{SessionExt, SessionLayer, SessionService};
use tokio::sync::oneshot;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::shared::Setup;

/// Panics unless each call was preceded by readiness of the same instance; clones are not ready, and bodies are not
/// `Send`.
#[derive(Default)]
struct Strict {
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Cell<u8>>> for Strict {
    type Response = Response<Vec<u8>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Cell<u8>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called before it was ready");
        ready(Ok(Response::new(vec![1])))
    }
}

#[tokio::test]
async fn the_instance_that_is_ready_is_the_one_that_is_called() {
    let mut service = SessionLayer::new(Setup::new().outer).layer(Strict::default());
    for _ in 0..2 {
        poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        let response = service.call(Request::new(Cell::new(0))).await.unwrap();
        assert_eq!(response.body(), &[1]);
        service = service.clone();
    }
}

#[tokio::test]
async fn a_guard_calls_the_instance_that_is_ready() {
    let setup = Setup::new();
    let cookie = log_in(&setup.outer).await;
    let guarded = GuardLayer::new(Guard::user()).layer(Strict::default());
    let mut service = SessionLayer::new(setup.outer).layer(guarded);
    for _ in 0..2 {
        let request = Request::builder().header(header::COOKIE, &cookie);
        let request = request.body(Cell::new(0)).unwrap();
        poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        assert_eq!(service.call(request).await.unwrap().body(), &[1]);
    }
}

#[tokio::test]
async fn a_service_that_fails_commits_endings_only() {
    let setup = Setup::new();
    let cookie = log_in(&setup.outer).await;
    let failing = SessionLayer::new(setup.outer.clone()).layer(service_fn(use_and_fail));

    for (logs_out, user) in [(false, true), (true, false)] {
        let request = Request::builder().header(header::COOKIE, &cookie);
        let error = failing.clone().oneshot(request.body(logs_out).unwrap()).await;
        assert_eq!(error.unwrap_err().to_string(), "no answer");
        let session = setup.outer.open([cookie.as_bytes()]).load().await.unwrap();
        assert_eq!((session.user().is_some(), session.is_empty()), (user, true));
    }
}

async fn use_and_fail(request: Request<bool>) -> io::Result<Response<String>> {
    let session = request.session().await.map_err(io::Error::other)?;
    session.insert("n", &1).map_err(io::Error::other)?;
    if *request.body() {
        session.logout();
    }
    Err(io::Error::other("no answer"))
}

#[tokio::test]
async fn the_layer_asks_for_no_more_than_it_says() {
    let setup = Setup::new();
    setup.store.fail_writes(true);
    let status = Cell::new(StatusCode::IM_A_TEAPOT);
    let render = move |_: &keycard::Error| {
        let mut response = Response::new(Opaque(Cell::new(0)));
        *response.status_mut() = status.get();
        response
    };
    let mut service = SessionLayer::new(setup.outer).render_errors(render).layer(Least {
        calls: Rc::new(Cell::new(0)),
    });
    let mut call = async |fails: bool| {
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(drop).unwrap();
        let answer = service.call(Request::new(Rc::new(fails))).await;
        answer.map(|response| response.status())
    };
    assert_eq!(call(false).await.map_err(drop), Ok(StatusCode::IM_A_TEAPOT));
    assert_eq!(
        call(true).await.unwrap_err().0.get(),
        2,
        "the inner service's own error"
    );
}

/// Has nothing but what the layer asks for: it is neither `Send` nor `Clone`, nor are the bodies of its requests; its
/// answers, good or bad, are `Send`, but neither `Sync` nor `Clone` nor `Default`.
struct Least {
    calls: Rc<Cell<u8>>,
}

struct Opaque(Cell<u8>);

impl Service<Request<Rc<bool>>> for Least {
    type Response = Response<Opaque>;
    type Error = Opaque;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Opaque>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Rc<bool>>) -> Self::Future {
        self.calls.set(self.calls.get() + 1);
        let (answer, fails) = (Opaque(Cell::new(self.calls.get())), **request.body());
        let session = request.session();
        Box::pin(async move {
            session.await.unwrap().insert("n", &1).unwrap();
            if fails {
                Err(answer)
            } else {
                Ok(Response::new(answer))
            }
        })
    }
}

#[test]
fn handles_and_services_go_to_other_threads() {
    fn assert_shared<T: Send + Sync + Clone + 'static>() {}
    assert_shared::<keycard_tower::Session>();
    assert_shared::<keycard_tower::LazySession>();
    assert_shared::<keycard_tower::Error>();
    assert_shared::<SessionLayer>();
    assert_shared::<SessionService<axum::Router>>();
    assert_shared::<GuardService<axum::Router>>();
}

#[tokio::test]
async fn a_session_that_outlives_its_client_changes_no_cookie() {
    let setup = Setup::new();
    let cookie = log_in(&setup.outer).await;
    let (hand_out, handed_out) = oneshot::channel();
    let hand_out = Cell::new(Some(hand_out));
    let hanging = service_fn(|request: Request<()>| {
        let hand_out = hand_out.take();
        async move {
            let session = request.session().await.unwrap();
            hand_out.unwrap().send(session).ok();
            pending::<Result<Response<String>, Infallible>>().await
        }
    });
    let request = Request::builder()
        .header(header::COOKIE, &cookie)
        .body(())
        .unwrap();
    let layer = SessionLayer::new(setup.outer.clone());
    let session = tokio::select! {
        _ = layer.layer(hanging).oneshot(request) => unreachable!("the handler hangs"),
        session = handed_out => session.unwrap(),
    };

    session.rotate();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    session.insert("late", &1).unwrap();
    session.commit().await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_printed_shows_no_id() {
    let setup = Setup::new();
    let transports = [
        Transport::Cookie,
        Transport::Header("x-session-id"),
        Transport::Bearer,
    ];
    let keycard = Keycard::builder(setup.store, KeyRing::random()).transports(transports);
    let printing = service_fn(|request: Request<()>| {
        let printed = format!("{request:?}");
        async { Ok::<_, Infallible>(Response::new(printed)) }
    });
    let request = Request::builder()
        .header("cookie", "__Host-sid=hunter2")
        .header("x-session-id", "hunter3")
        .header("x-session-id", "hunter4")
        .header("authorization", "Bearer hunter5")
        .header("accept", "hunter6");
    let service = SessionLayer::new(keycard.build().unwrap()).layer(printing);
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    let (hidden, shown) = (["hunter2", "hunter3", "hunter4", "hunter5"], "hunter6");
    let printed = response.body();
    assert!(
        printed.contains(shown) && !hidden.iter().any(|id| printed.contains(id)),
        "{printed}"
    );
}

/// The `Cookie` header of a session in which `alice` is logged in.
async fn log_in(keycard: &Keycard) -> String {
    let service = SessionLayer::new(keycard.clone()).layer(service_fn(log_in_alice));
    let response = service.oneshot(Request::new(())).await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap_or_default().to_owned()
}

async fn log_in_alice(request: Request<()>) -> Result<Response<String>, Infallible> {
    request.session().await.unwrap().login("alice");
    Ok(Response::new(String::new()))
}
