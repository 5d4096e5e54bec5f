//! The laws where nothing fails.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::browser::Browser;
use super::{App, Listen, Setup};

pub(crate) async fn a_first_visit_leaves_no_cookie_and_no_record<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let reply = Browser::default().get(&app, "/read").await;
    reply.assert(200, "none");
    assert!(reply.cookies().is_empty());
    assert!(setup.store.is_empty());
}

pub(crate) async fn a_request_that_does_not_use_its_session_costs_nothing<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;
    let before = setup.store.calls();
    for path in ["/plain", "/lazy"] {
        let reply = browser.get(&app, path).await;
        assert_eq!(reply.status, 200);
        for header in ["set-cookie", "vary", "cache-control"] {
            assert!(reply.all(header).is_empty(), "{path}: {header}");
        }
    }
    assert_eq!(setup.store.calls(), before);
}

pub(crate) async fn what_is_put_in_is_there_at_the_next_request<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    let reply = browser.post(&app, "/put").await;
    assert_eq!(reply.all("x-handler"), ["yes"]);
    browser.get(&app, "/read").await.assert(200, "1");
    Browser::default().get(&app, "/read").await.assert(200, "none");
}

pub(crate) async fn login_changes_the_cookie_and_logout_removes_it<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;
    let guest = browser.cookies();
    browser.post(&app, "/login").await;
    assert_ne!(browser.cookies(), guest);
    browser.get(&app, "/members").await.assert(200, "welcome");
    browser.get(&app, "/read").await.assert(200, "1");

    let mut stolen = browser.clone();
    browser.post(&app, "/logout").await;
    assert!(browser.names().is_empty());
    assert_eq!(stolen.get(&app, "/members").await.status, 401);
}

pub(crate) async fn a_cookie_of_the_handler_is_kept_beside_ours<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    assert_eq!(browser.get(&app, "/cookie").await.cookies().len(), 2);
    assert_eq!(browser.names(), ["__Host-sid", "theme"]);
}

pub(crate) async fn a_session_works_in_a_task_of_its_own<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    browser.get(&app, "/spawned").await.assert(200, "1");
    browser.get(&app, "/spawned").await.assert(200, "2");
}

pub(crate) async fn a_body_that_flows_commits_what_needs_no_cookie<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;
    let reply = browser.get(&app, "/stream").await;
    reply.assert(200, "2 3 Closed");
    browser.get(&app, "/read").await.assert(200, "3");
}

pub(crate) async fn layers_of_different_cookies_do_not_disturb_each_other<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    browser.post(&app, "/office/put").await.assert(200, "put");
    assert_eq!(browser.names(), ["__Host-office"]);
    browser.get(&app, "/read").await.assert(200, "none");
    browser.post(&app, "/office/both").await.assert(200, "both");
    assert_eq!(browser.names(), ["__Host-office", "__Host-sid"]);
    browser.get(&app, "/read").await.assert(200, "2");
    browser.post(&app, "/logout").await;
    assert_eq!(browser.names(), ["__Host-office"]);
}

pub(crate) async fn the_same_layer_twice_is_as_good_as_once<A: App>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    let reply = browser.post(&app, "/twice/put").await;
    reply.assert(200, "put");
    assert_eq!(reply.cookies().len(), 1);
    assert_eq!(setup.store.calls(), 1);
    browser.get(&app, "/read").await.assert(200, "1");
}

pub(crate) async fn a_session_works_after_an_upgrade_until_it_ends<A: App + Listen>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    browser.post(&app, "/put").await;

    let mut socket = connect(A::listen(&setup).await, &browser).await;
    let answers = [answer(&mut socket).await, answer(&mut socket).await];
    assert_eq!(answers, ["2", "3"]);
    browser.get(&app, "/read").await.assert(200, "3");
    browser.post(&app, "/logout").await;
    assert_eq!(answer(&mut socket).await, "the session has ended");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(address: SocketAddr, browser: &Browser) -> Socket {
    let mut request = format!("ws://{address}/socket").into_client_request().unwrap();
    let cookie = browser.cookies().join("; ").parse().unwrap();
    request.headers_mut().insert("cookie", cookie);
    let (socket, response) = connect_async(request).await.unwrap();
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()["vary"], "Cookie");
    socket
}

async fn answer(socket: &mut Socket) -> String {
    socket.send(Message::text("more")).await.unwrap();
    let message = socket.next().await.expect("the socket is open").unwrap();
    message.into_text().unwrap().to_string()
}
