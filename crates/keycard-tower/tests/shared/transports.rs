//! Clients that keep no cookies.

use keycard::{KeyRing, Keycard, Transport};

use super::browser::{Browser, Reply, Request};
use super::{App, Setup};

fn setup() -> Setup {
    let mut setup = Setup::new();
    setup.outer = Keycard::builder(setup.store.clone(), KeyRing::random())
        .transports([
            Transport::Header("x-session-id"),
            Transport::Bearer,
            Transport::Cookie,
        ])
        .build()
        .unwrap();
    setup
}

/// Sends what it was told last.
struct Client {
    header: &'static str,
    scheme: &'static str,
    id: String,
}

impl Client {
    fn of(header: &'static str, scheme: &'static str) -> Self {
        let id = String::new();
        Self { header, scheme, id }
    }

    async fn send(&mut self, app: &impl App, method: &'static str, path: &'static str) -> Reply {
        let request = Request {
            method,
            path,
            headers: vec![(self.header, format!("{}{}", self.scheme, self.id))],
            ..Request::default()
        };
        let reply = app.send(request).await;
        assert!(reply.cookies().is_empty(), "{reply:?}");
        if let [told] = reply.all("x-session-id")[..] {
            assert!(
                told.is_empty() || !reply.printed.contains(told),
                "{}",
                reply.printed
            );
            told.clone_into(&mut self.id);
        }
        reply
    }

    /// A visit, a login, a use and a logout. What the answers vary by is `vary`.
    async fn travel(mut self, app: &impl App, vary: &[&str]) {
        let mut ids = Vec::new();
        for (method, path, told, cache) in [
            ("POST", "/put", &[115][..], "no-store"),
            ("POST", "/login", &[115], "no-store"),
            ("GET", "/members", &[], "private"),
            ("POST", "/logout", &[0], "no-store"),
        ] {
            let reply = self.send(app, method, path).await;
            let lengths: Vec<_> = reply.all("x-session-id").into_iter().map(str::len).collect();
            assert_eq!((reply.status, &lengths[..]), (200, told), "{reply:?}");
            assert_eq!(reply.all("cache-control"), [cache], "{reply:?}");
            assert_eq!(reply.all("vary"), vary, "{reply:?}");
            ids.push(self.id.clone());
        }
        assert_ne!(ids[0], ids[1], "a login gives a new id");
        for dead in ids {
            self.id = dead;
            assert_eq!(self.send(app, "GET", "/members").await.status, 401);
        }
    }
}

pub(crate) async fn a_client_of_a_header_is_told_by_it_and_never_by_a_cookie<A: App>() {
    let app = A::start(&setup()).await;
    Client::of("x-session-id", "")
        .travel(&app, &["x-session-id"])
        .await;
}

pub(crate) async fn a_client_of_a_token_is_told_by_a_header<A: App>() {
    let app = A::start(&setup()).await;
    let vary = ["x-session-id", "Authorization"];
    Client::of("authorization", "Bearer ").travel(&app, &vary).await;
}

pub(crate) async fn a_browser_is_told_by_its_cookie_beside_them<A: App>() {
    let mut setup = setup();
    setup.outer = Keycard::builder(setup.store.clone(), KeyRing::random())
        .transports([Transport::Cookie, Transport::Bearer])
        .build()
        .unwrap();
    let app = A::start(&setup).await;
    let mut browser = Browser::default();
    let reply = browser.post(&app, "/login").await;
    assert_eq!(browser.names(), ["__Host-sid"]);
    assert!(reply.all("x-session-id").is_empty());
    assert_eq!(reply.all("vary"), ["Cookie", "Authorization"]);
    let reply = browser.get(&app, "/members").await;
    assert_eq!(reply.all("vary"), ["Cookie"]);
}
