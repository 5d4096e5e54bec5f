//! What an operator is told, and that it names no secret.

use std::io;
use std::sync::{Arc, Mutex};

use keycard::store::SessionLimit;
use keycard::{CsrfPolicy, CsrfRequest, Outcome, Session};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::client::{App, Client, Reply};

/// Lines of a log, as an application would write them.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What was written since this was asked last.
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The log of this thread, until the guard is dropped.
///
/// Other tests of the process meet the same events on threads that nobody listens to; what they found would be cached
/// for all threads. So somebody listens to those, too.
fn logging() -> (Log, DefaultGuard) {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(io::sink)
        .try_init()
        .ok();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    (log, guard)
}

async fn visit(app: &App, client: &mut Client, handle: impl FnOnce(&Session)) {
    let request = app.request(client);
    handle(&request.session().await);
    request.done(client).await;
}

#[tokio::test]
async fn logins_and_suspicious_arrivals_are_events_of_their_own() {
    let (log, _guard) = logging();
    let app = App::new();

    let mut client = Client::default();
    visit(&app, &mut client, |session| session.login("alice")).await;
    let told = log.take();
    assert!(
        told.contains("a user has logged in") && told.contains("user=\"alice\""),
        "{told}"
    );
    visit(&app, &mut client, |session| session.insert("n", &1).unwrap()).await;
    visit(&app, &mut client, |_| {}).await;
    assert_eq!(log.take(), "", "ordinary visits are not worth a line");

    let cookie = client.cookie.clone().unwrap();
    let (_, mac) = cookie.split_once('.').unwrap();
    let mut forged = Client {
        cookie: Some(cookie.replace(mac, &"A".repeat(mac.len()))),
    };
    visit(&app, &mut forged, |_| {}).await;
    assert!(
        log.take()
            .contains("no id in the session's cookie or header verified")
    );

    let mut rotated = client.clone();
    visit(&app, &mut client, Session::rotate).await;
    visit(&app, &mut rotated, |_| {}).await;
    assert!(log.take().contains("rotated away was used again"));

    let mut ended = client.clone();
    visit(&app, &mut client, Session::logout).await;
    visit(&app, &mut ended, |session| session.insert("late", &1).unwrap()).await;
    let told = log.take();
    assert!(told.contains("a session that has ended was used"), "{told}");
    assert!(
        told.contains("changes to a session that has ended were dropped"),
        "{told}"
    );

    app.pass(std::time::Duration::from_hours(1));
    visit(&app, &mut ended, |_| {}).await;
    assert!(log.take().contains("unknown or has expired"));
}

#[tokio::test]
async fn what_a_client_is_refused_is_no_error_of_the_operator_s() {
    let (log, _guard) = logging();
    let app = App::with(|builder| builder.session_limit(SessionLimit::Refuse(1)));
    app.logged_in().await;
    let request = app.request(&Client::default());
    request.session().await.login("alice");
    request.end(200).await;
    let told = log.take();
    assert!(
        told.contains("a login was refused") && !told.contains("ERROR"),
        "{told}"
    );
}

/// A page that asks for a token, and then uses the session so.
async fn page(app: &App, cookie: &str, used: fn(&Session)) -> Reply {
    let headers = [("cookie", cookie)];
    let request = app.keycard.open_request(headers.as_slice(), None);
    let check = CsrfRequest::new("GET", headers.as_slice());
    request.check_csrf(&CsrfPolicy::default(), &check).unwrap();
    request.csrf_token().await.unwrap();
    used(&request.load().await.unwrap());
    Reply::of(&app.keycard.close(&request, Outcome::Completed).await)
}

#[tokio::test]
async fn a_page_whose_token_is_outdated_when_it_is_sent_is_told_of() {
    let (log, _guard) = logging();
    let app = App::new();
    let answer = page(&app, "", |_| ()).await;
    let visitor = answer.set_cookie().unwrap().split(';').next().unwrap();
    let user = async || format!("__Host-sid={}", app.logged_in().await.cookie.unwrap());
    let (user, leaving) = (user().await, user().await);
    let log_in: fn(&Session) = |session| session.login("bob");
    for (cookie, used, expected) in [
        ("", (|_| ()) as fn(&Session), false),
        (visitor, |_| (), false),
        (&user, |_| (), false),
        ("", |session| session.insert("n", &1).unwrap(), false),
        ("", log_in, true),
        (visitor, log_in, true),
        (&user, log_in, true),
        (&leaving, Session::logout, true),
    ] {
        log.take();
        page(&app, cookie, used).await;
        let told = log
            .take()
            .contains("a CSRF token was asked for before a login or logout");
        assert_eq!(told, expected, "{cookie}");
    }
}
