//! Guards around routes and in the arguments of handlers.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keycard::auth::{Guard, Rule, UserLoader};
use keycard::{Factor, KeyRing, Keycard, LoginAs, ManualClock, Outcome, Timestamp, UserId};

use super::browser::{Browser, Reply};
use super::{App, Setup};

pub(crate) const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// The application of these laws, behind an adapter and a layer of `outer` with a hook for errors where the setup says so.
///
/// | route | what it does |
/// |---|---|
/// | `POST /login/{who}`, `POST /prove` | logs in [`as`](login_as); proves a one-time password |
/// | `GET /plain` | nothing |
/// | `GET /user`, `/otp`, `/lately` | behind the layer: a user; with a one-time password; authenticated in the last 5 minutes |
/// | `GET /put` | behind the layer: an admin; sets `n` |
/// | `GET /hook` | behind the layer: an admin; who is kept out gets 418 and `<status> at <path>` |
/// | `GET /nested` | behind two layers: a user, and further in an admin |
/// | `GET /stale`, `GET /anew` | behind a middleware that reads the session and then lets another request end it, and behind the layer: a user; a user, read anew |
/// | `GET /office`, `GET /vault` | in the session layer of `office`; behind the layer, a user, further in and further out than that one |
/// | `GET /guarded`, `GET /id` | extracts a session of [`Admin`]; the id of the user, and answers it |
/// | `GET /me` | extracts the current user twice, and answers it and how often [`Accounts`] were asked |
/// | `GET /unwired` | extracts the current user by a loader that is nowhere |
/// | `GET /bare`, `GET /bare/hook` | behind a guard without a session layer, the same with a hook |
///
/// What is behind a layer answers `in`.
pub(crate) trait GuardedApp: App {
    /// How a loader of users is added, as errors say it.
    const LOADER: &'static str;
}

pub(crate) struct Admin;

impl Rule for Admin {
    fn guard() -> Guard {
        Guard::role("admin")
    }
}

pub(crate) fn login_as(who: &str) -> LoginAs {
    let login = LoginAs::user(who).factor(Factor::PASSWORD);
    match who {
        "bob" => login.roles(["user", "admin"]),
        "carol" => login.pending(),
        _ => login.roles(["user"]),
    }
}

/// Knows everybody but `ghost`, and counts how often it is asked.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<AtomicUsize>);

impl Accounts {
    pub(crate) fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl UserLoader for Accounts {
    type User = String;
    type Error = Infallible;

    async fn load(&self, id: &UserId) -> Result<Option<String>, Infallible> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok((id.as_str() != "ghost").then(|| format!("Dr {id}")))
    }
}

/// A loader that no application has.
#[derive(Clone)]
pub(crate) struct Unwired;

impl UserLoader for Unwired {
    type User = String;
    type Error = Infallible;

    async fn load(&self, _: &UserId) -> Result<Option<String>, Infallible> {
        Ok(None)
    }
}

/// Another request with these cookies logs out.
pub(crate) async fn end_elsewhere(keycard: &Keycard, cookies: &[Vec<u8>]) {
    let lazy = keycard.open(cookies.iter().map(Vec::as_slice));
    lazy.load().await.unwrap().logout();
    let closing = keycard.close(&lazy, Outcome::Completed).await;
    assert!(closing.error().is_none());
}

const NOBODY: &str = r#"{"error":"nobody is logged in"}"#;
const FORBIDDEN: &str = r#"{"error":"this is not allowed"}"#;
const OTP: &str = r#"{"error":"a further factor is needed","step_up":{"factor":"otp"}}"#;
const LATELY: &str = r#"{"error":"a recent authentication is needed","step_up":{"max_age":300}}"#;

/// A setup whose time is marched by hand.
fn marched() -> (Setup, ManualClock) {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    let mut setup = Setup::new();
    setup.outer = Keycard::builder(setup.store.clone(), KeyRing::random())
        .clock(clock.clone())
        .build()
        .unwrap();
    (setup, clock)
}

async fn logged_in(app: &impl App, login: &'static str) -> Browser {
    let mut browser = Browser::default();
    assert_eq!(browser.post(app, login).await.status, 200);
    browser
}

fn assert_denied(reply: &Reply, status: u16, body: &str) {
    reply.assert(status, body);
    assert_eq!(reply.all("content-type"), ["application/json"]);
    assert_eq!(reply.all("vary"), ["Cookie"]);
    assert_eq!(reply.all("cache-control"), ["private"]);
}

pub(crate) async fn nobody_gets_401_from_every_guard<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let mut guest = Browser::default();
    for path in [
        "/user", "/otp", "/lately", "/put", "/nested", "/guarded", "/id", "/me",
    ] {
        assert_denied(&guest.get(&app, path).await, 401, NOBODY);
    }
}

pub(crate) async fn a_user_is_let_in_or_gets_403_by_their_role<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let (mut alice, mut bob) = (
        logged_in(&app, "/login/alice").await,
        logged_in(&app, "/login/bob").await,
    );
    alice.get(&app, "/user").await.assert(200, "in");
    alice.get(&app, "/id").await.assert(200, "alice");
    for path in ["/put", "/nested", "/guarded"] {
        assert_denied(&alice.get(&app, path).await, 403, FORBIDDEN);
        bob.get(&app, path).await.assert(200, "in");
    }
}

pub(crate) async fn a_user_is_asked_for_what_they_have_yet_to_prove<A: GuardedApp>() {
    let (setup, clock) = marched();
    let app = A::start(&setup).await;
    let mut alice = logged_in(&app, "/login/alice").await;
    assert_denied(&alice.get(&app, "/otp").await, 403, OTP);
    clock.advance(FIVE_MINUTES);
    alice.get(&app, "/lately").await.assert(200, "in");
    clock.advance(Duration::from_millis(1));
    assert_denied(&alice.get(&app, "/lately").await, 403, LATELY);
    alice.post(&app, "/prove").await;
    for path in ["/otp", "/lately"] {
        alice.get(&app, path).await.assert(200, "in");
    }
}

pub(crate) async fn a_login_that_waits_passes_no_guard<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let mut carol = logged_in(&app, "/login/carol").await;
    for path in ["/user", "/otp", "/lately", "/id", "/me"] {
        assert_denied(&carol.get(&app, path).await, 401, NOBODY);
    }
    carol.post(&app, "/prove").await.assert(200, "");
    for path in ["/user", "/otp", "/lately"] {
        carol.get(&app, path).await.assert(200, "in");
    }
}

pub(crate) async fn a_guard_shares_the_load_of_the_handler_and_lets_nothing_be_written<A: GuardedApp>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let (alice, bob) = (
        logged_in(&app, "/login/alice").await,
        logged_in(&app, "/login/bob").await,
    );
    let guest = Browser::default();
    for (browser, path, cost) in [
        (&guest, "/put", 0),
        (&alice, "/plain", 0),
        (&alice, "/put", 1),
        (&bob, "/nested", 1),
        (&bob, "/guarded", 1),
        (&bob, "/put", 2),
    ] {
        let before = setup.store.calls();
        browser.clone().get(&app, path).await;
        assert_eq!(setup.store.calls() - before, cost, "{path}");
    }
}

pub(crate) async fn a_hook_answers_who_is_kept_out<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    Browser::default()
        .get(&app, "/hook")
        .await
        .assert(418, "401 at /hook");
    let mut alice = logged_in(&app, "/login/alice").await;
    alice.get(&app, "/hook").await.assert(418, "403 at /hook");
}

pub(crate) async fn an_outage_is_no_denial<A: GuardedApp>() {
    let setup = Setup::new();
    let app = A::start(&setup).await;
    let mut bob = logged_in(&app, "/login/bob").await;
    setup.store.fail_loads(true);
    for path in ["/user", "/hook", "/guarded", "/id", "/me"] {
        let reply = bob.get(&app, path).await;
        reply.assert(503, "");
        assert!(reply.cookies().is_empty());
    }
    setup.store.fail_loads(false);
    bob.get(&app, "/user").await.assert(200, "in");
}

pub(crate) async fn a_guard_without_a_session_layer_lets_nobody_pass<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let mut bob = logged_in(&app, "/login/bob").await;
    for path in ["/bare", "/bare/hook"] {
        let reply = bob.get(&app, path).await;
        assert_eq!(reply.status, 500);
        assert_eq!(reply.all("content-type"), ["text/plain; charset=utf-8"]);
        assert!(reply.body.contains(A::LAYER), "{reply:?}");
    }
}

pub(crate) async fn a_session_that_ends_between_two_reads_is_noticed_by_reading_anew<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    for (path, status, body) in [("/stale", 200, "in"), ("/anew", 401, NOBODY)] {
        let mut alice = logged_in(&app, "/login/alice").await;
        alice.get(&app, "/user").await.assert(200, "in");
        alice.get(&app, path).await.assert(status, body);
        assert_denied(&alice.get(&app, "/user").await, 401, NOBODY);
    }
}

pub(crate) async fn a_guard_judges_the_session_of_the_innermost_layer_around_it<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let mut alice = logged_in(&app, "/login/alice").await;
    alice.get(&app, "/vault").await.assert(200, "in");
    assert_denied(&alice.get(&app, "/office").await, 401, NOBODY);
}

pub(crate) async fn the_application_renders_denials_unless_a_hook_does<A: GuardedApp>() {
    let app = A::start(&Setup::rendering()).await;
    let mut alice = logged_in(&app, "/login/alice").await;
    for (path, rendered) in [
        ("/put", "rendered: Forbidden"),
        ("/guarded", "rendered: Forbidden"),
        ("/otp", "rendered: StepUp"),
    ] {
        alice.get(&app, path).await.assert(503, rendered);
    }
    let mut guest = Browser::default();
    for path in ["/user", "/id", "/me"] {
        guest
            .get(&app, path)
            .await
            .assert(503, "rendered: Unauthenticated");
    }
    alice.get(&app, "/hook").await.assert(418, "403 at /hook");
}

pub(crate) async fn the_user_is_looked_up_once_in_a_request<A: GuardedApp>() {
    let app = A::start(&Setup::new()).await;
    let mut alice = logged_in(&app, "/login/alice").await;
    alice.get(&app, "/me").await.assert(200, "Dr alice, 1");
    alice.get(&app, "/me").await.assert(200, "Dr alice, 2");
    let mut ghost = logged_in(&app, "/login/ghost").await;
    assert_denied(&ghost.get(&app, "/me").await, 401, NOBODY);
    let reply = alice.get(&app, "/unwired").await;
    assert_eq!(reply.status, 500);
    assert!(reply.body.contains(A::LOADER), "{reply:?}");
}
