//! What is Actix's own: errors that stand for responses, the request that must not be cloned, threads.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::MessageBody;
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::{ErrorHandlers, Next, NormalizePath, from_fn};
use actix_web::test::{TestRequest, init_service, read_body, try_call_service};
use actix_web::web::{post, scope, to};
use actix_web::{App, HttpResponse, error};
use keycard::ErrorKind;
use keycard_actix::auth::GuardMiddleware;
use keycard_actix::{Error, Session, SessionExt, SessionMiddleware};
use tokio::sync::oneshot;

use crate::app::reply;
use crate::shared::Setup;
use crate::shared::browser::Reply;

/// A middleware that fails after the session was used: `path` says with what.
async fn failing<B: MessageBody>(
    request: ServiceRequest,
    _: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let session = request.session().await?;
    session.insert("n", &1).map_err(Error::from)?;
    Err(match request.path() {
        "/refused" => error::ErrorForbidden("refused"),
        "/login" => {
            session.login("alice");
            error::ErrorForbidden("refused")
        }
        "/logout" => {
            session.logout();
            error::ErrorInternalServerError("broken")
        }
        "/mismatch" => Error::from(session.get::<String>("n").unwrap_err()).into(),
        _ => error::ErrorInternalServerError("broken"),
    })
}

/// The response to a request that a middleware fails on, inside of a session middleware.
async fn ask(setup: &Setup, path: &str, cookie: Option<&str>) -> Reply {
    let middleware = SessionMiddleware::new(setup.outer.clone());
    let middleware = if setup.renders {
        middleware.render_errors(|error| HttpResponse::ImATeapot().body(format!("{:?}", error.kind())))
    } else {
        middleware
    };
    let app = App::new()
        .default_service(to(HttpResponse::Ok))
        .wrap(from_fn(failing))
        .wrap(middleware);
    let app = init_service(app).await;
    let mut request = TestRequest::post().uri(path);
    if let Some(cookie) = cookie {
        request = request.insert_header(("cookie", cookie));
    }
    match try_call_service(&app, request.to_request()).await {
        Ok(response) => reply(response.into()).await,
        Err(error) => {
            let status = error.as_response_error().status_code();
            let reply = reply(error.error_response()).await;
            assert_eq!(reply.status, status, "the error says what its response is");
            reply
        }
    }
}

async fn cookie_of(setup: &Setup) -> String {
    let reply = ask(setup, "/login", None).await;
    reply.assert(403, "refused");
    reply.cookies()[0]
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[actix_web::test]
async fn an_error_below_500_commits_and_brings_its_cookie_along() {
    let setup = Setup::new();
    let reply = ask(&setup, "/refused", None).await;
    reply.assert(403, "refused");
    assert_eq!(reply.cookies().len(), 1);
    assert_eq!(reply.all("cache-control"), ["no-store"]);
}

#[actix_web::test]
async fn an_error_above_commits_endings_only() {
    let setup = Setup::new();
    let reply = ask(&setup, "/broken", None).await;
    reply.assert(500, "broken");
    assert!(reply.cookies().is_empty());
    assert!(setup.store.is_empty());

    let cookie = cookie_of(&setup).await;
    let reply = ask(&setup, "/logout", Some(&cookie)).await;
    reply.assert(500, "broken");
    assert!(reply.cookies()[0].starts_with("__Host-sid=;"));
    let session = setup.outer.open([cookie.as_bytes()]).load().await.unwrap();
    assert_eq!(session.user(), None);
}

#[actix_web::test]
async fn an_error_whose_session_is_not_committed_is_replaced() {
    let setup = Setup::new();
    setup.store.fail_writes(true);
    let reply = ask(&setup, "/refused", None).await;
    reply.assert(503, "");
    assert!(reply.cookies().is_empty());

    let setup = Setup::rendering();
    setup.store.fail_writes(true);
    ask(&setup, "/refused", None).await.assert(418, "Store");
}

#[actix_web::test]
async fn an_error_of_ours_that_a_middleware_passes_on_is_rendered() {
    ask(&Setup::new(), "/mismatch", None).await.assert(500, "");
    let setup = Setup::rendering();
    ask(&setup, "/mismatch", None).await.assert(418, "TypeMismatch");
    let cookie = cookie_of(&setup).await;
    setup.store.fail_loads(true);
    ask(&setup, "/refused", Some(&cookie)).await.assert(418, "Store");
}

#[actix_web::test]
async fn a_failure_is_rendered_once_and_anew_for_who_asks_again() {
    let setup = Setup::new();
    let rendered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&rendered);
    let inner = SessionMiddleware::new(setup.office.clone()).render_errors(move |_| {
        let times = count.fetch_add(1, Ordering::Relaxed) + 1;
        HttpResponse::ImATeapot().body(times.to_string())
    });
    let app = App::new()
        .wrap(from_fn(failing))
        .wrap(inner)
        .wrap(SessionMiddleware::new(setup.outer.clone()));
    let app = init_service(app).await;
    let fail = async |path| {
        rendered.store(0, Ordering::Relaxed);
        let request = TestRequest::post().uri(path).to_request();
        try_call_service(&app, request).await.unwrap_err()
    };

    fail("/mismatch").await;
    assert_eq!(rendered.load(Ordering::Relaxed), 1, "an error of ours");
    setup.office_store.fail_writes(true);
    let error = fail("/refused").await;
    assert_eq!(error.as_response_error().status_code(), 418);
    reply(error.error_response()).await.assert(418, "1");
    assert_eq!(rendered.load(Ordering::Relaxed), 1, "a failed commit");
    reply(error.error_response()).await.assert(418, "2");
}

#[actix_web::test]
async fn of_nested_middlewares_the_innermost_that_renders_does_so() {
    async fn ask(setup: &Setup, path: &str, inner_renders: bool) -> String {
        let outer = SessionMiddleware::new(setup.outer.clone())
            .render_errors(|error| HttpResponse::ImATeapot().body(format!("outer: {:?}", error.kind())));
        let mut inner = SessionMiddleware::new(setup.office.clone());
        if inner_renders {
            inner = inner
                .render_errors(|error| HttpResponse::ImATeapot().body(format!("inner: {:?}", error.kind())));
        }
        let app = App::new().wrap(from_fn(failing)).wrap(inner).wrap(outer);
        let app = init_service(app).await;
        let request = TestRequest::post().uri(path).to_request();
        let error = try_call_service(&app, request).await.unwrap_err();
        reply(error.error_response()).await.body
    }

    let setup = Setup::new();
    assert_eq!(ask(&setup, "/mismatch", false).await, "outer: TypeMismatch");
    assert_eq!(ask(&setup, "/mismatch", true).await, "inner: TypeMismatch");
    setup.office_store.fail_writes(true);
    assert_eq!(ask(&setup, "/refused", false).await, "outer: Store");
    assert_eq!(ask(&setup, "/refused", true).await, "inner: Store");
}

#[actix_web::test]
async fn an_error_of_a_session_that_was_not_used_stays_what_it_is() {
    #[derive(Debug)]
    struct Own;
    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("own")
        }
    }
    impl actix_web::ResponseError for Own {}
    async fn refuse<B>(_: ServiceRequest, _: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
        Err(Own.into())
    }

    let app = App::new()
        .wrap(from_fn(refuse::<actix_web::body::BoxBody>))
        .wrap(SessionMiddleware::new(Setup::new().outer));
    let app = init_service(app).await;
    let error = try_call_service(&app, TestRequest::get().to_request()).await;
    assert!(error.unwrap_err().as_error::<Own>().is_some());
}

#[actix_web::test]
async fn the_request_stays_the_only_one_so_that_paths_can_be_rewritten() {
    let app = App::new()
        .service(scope("/a").route(
            "/b",
            post().to(async |session: Session| format!("{}", session.is_empty())),
        ))
        .wrap(NormalizePath::trim())
        .wrap(ErrorHandlers::<actix_web::body::BoxBody>::new())
        .wrap(SessionMiddleware::new(Setup::new().outer));
    let app = init_service(app).await;
    let request = TestRequest::post().uri("/a//b/").to_request();
    let response = try_call_service(&app, request).await.unwrap();
    assert!(!response.headers().contains_key(SET_COOKIE));
    assert_eq!(read_body(response).await, "true");
}

#[test]
fn handles_go_to_other_threads_here_too() {
    fn assert_shared<T: Send + Sync + Clone + 'static>() {}
    assert_shared::<Session>();
    assert_shared::<keycard_actix::LazySession>();
    assert_shared::<Error>();
    assert_shared::<SessionMiddleware>();
    assert_shared::<GuardMiddleware>();
}

#[actix_web::test]
async fn a_session_that_outlives_its_client_changes_no_cookie() {
    let setup = Setup::new();
    let cookie = cookie_of(&setup).await;
    let (hand_out, handed_out) = oneshot::channel();
    let hand_out = Rc::new(Cell::new(Some(hand_out)));
    let hanging = move |Session(session): Session| {
        let hand_out = hand_out.take();
        async move {
            hand_out.unwrap().send(session).ok();
            pending::<HttpResponse>().await
        }
    };
    let app = App::new()
        .default_service(to(hanging))
        .wrap(SessionMiddleware::new(setup.outer.clone()));
    let app = init_service(app).await;
    let request = TestRequest::get().insert_header(("cookie", cookie)).to_request();
    let session = tokio::select! {
        _ = app.call(request) => unreachable!("the handler hangs"),
        session = handed_out => session.unwrap(),
    };

    session.rotate();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Closed);
    session.insert("late", &1).unwrap();
    session.commit().await.unwrap();
}
