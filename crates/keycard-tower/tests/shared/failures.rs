//! The laws where something fails.

use super::browser::Browser;
use super::{App, Setup};

pub(crate) async fn a_route_without_a_layer_says_what_is_missing<A: App>() {
    for setup in [Setup::new(), Setup::rendering()] {
        let app = A::start(&setup).await;
        let reply = Browser::default().get(&app, "/bare").await;
        assert_eq!(reply.status, 500);
        assert_eq!(reply.all("content-type"), ["text/plain; charset=utf-8"]);
        assert!(reply.body.contains(A::LAYER), "{reply:?}");

        let reply = Browser::default().get(&app, "/unknown-name").await;
        assert_eq!(reply.status, 500);
        assert!(reply.body.contains("__Host-unknown"), "{reply:?}");
    }
}

pub(crate) async fn an_outage_stops_only_those_who_use_the_session<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;
    setup.store.fail_loads(true);
    for (path, status) in [("/read", 503), ("/members", 503), ("/no-such-route", 404)] {
        let reply = browser.get(&app, path).await;
        reply.assert(status, "");
        assert!(reply.cookies().is_empty(), "{path}: an outage is not a logout");
    }
    browser.post(&app, "/logout").await.assert(503, "");
    browser.get(&app, "/plain").await.assert(200, "plain");
    browser.get(&app, "/lazy").await.assert(200, "lazy");
    Browser::default().get(&app, "/read").await.assert(200, "none");

    setup.store.fail_loads(false);
    browser.get(&app, "/read").await.assert(200, "1");
}

pub(crate) async fn a_response_whose_session_is_not_committed_is_replaced<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    setup.store.fail_writes(true);
    for path in ["/put", "/logout", "/logout/500"] {
        let reply = browser.post(&app, path).await;
        reply.assert(503, "");
        assert!(reply.cookies().is_empty(), "{path}");
        assert!(reply.all("x-handler").is_empty(), "{path}");
    }
    Browser::default().post(&app, "/put").await.assert(503, "");
    browser.get(&app, "/read").await.assert(200, "none");

    setup.store.fail_writes(false);
    browser.get(&app, "/members").await.assert(200, "welcome");
}

pub(crate) async fn a_cookie_that_was_committed_for_is_sent_with_the_replacement<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    let reply = browser.post(&app, "/commit/outage").await;
    reply.assert(503, "");
    assert_eq!(reply.cookies().len(), 1);
    setup.store.fail_writes(false);
    browser.get(&app, "/members").await.assert(200, "welcome");
}

pub(crate) async fn a_session_further_in_keeps_its_cookie_when_the_response_is_replaced<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    setup.store.fail_writes(true);
    let reply = browser.post(&app, "/office/both").await;
    reply.assert(503, "");
    assert_eq!(reply.all("cache-control"), ["no-store"]);
    assert_eq!(browser.names(), ["__Host-office"]);
}

pub(crate) async fn errors_of_a_handler_have_no_body<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;
    browser.get(&app, "/mismatch").await.assert(500, "");
}

pub(crate) async fn the_application_renders_errors_wherever_they_arise<A: App>() {
    let setup = Setup::rendering();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await.assert(200, "put");
    browser
        .get(&app, "/mismatch")
        .await
        .assert(503, "rendered: TypeMismatch");
    setup.store.fail_writes(true);
    browser.post(&app, "/login").await.assert(503, "rendered: Store");
    setup.store.fail_loads(true);
    browser.get(&app, "/read").await.assert(503, "rendered: Store");
    browser.get(&app, "/members").await.assert(503, "rendered: Store");
    browser.get(&app, "/plain").await.assert(200, "plain");
}

pub(crate) async fn an_error_of_a_layer_that_does_not_render_is_rendered_further_out<A: App>() {
    let setup = Setup::rendering();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/office/put").await.assert(200, "put");
    setup.office_store.fail_writes(true);
    Browser::default()
        .post(&app, "/office/put")
        .await
        .assert(503, "rendered: Store");
    setup.office_store.fail_loads(true);
    browser
        .post(&app, "/office/put")
        .await
        .assert(503, "rendered: Store");
}

pub(crate) async fn a_failed_response_commits_endings_only<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put/500").await.assert(500, "");
    assert!(setup.store.is_empty());
    browser.post(&app, "/commit/500").await;
    browser.get(&app, "/members").await.assert(200, "welcome");
    browser.post(&app, "/put/500").await;
    browser.get(&app, "/read").await.assert(200, "none");
    let mut other = browser.clone();
    browser.post(&app, "/logout/500").await.assert(500, "");
    assert!(browser.names().is_empty());
    assert_eq!(other.get(&app, "/members").await.status, 401);
}
