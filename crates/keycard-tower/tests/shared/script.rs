//! One script of requests, and the headers that every adapter must answer them with.

use super::browser::{Browser, Reply};
use super::{App, Setup};

/// Method, path, status, and the headers `Set-Cookie` (without the value of the id), `Cache-Control` and `Vary`.
type Step = (
    &'static str,
    &'static str,
    u16,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const SET: &str = "__Host-sid=…; HttpOnly; SameSite=Lax; Secure; Path=/";
const REMOVED: &str = "__Host-sid=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0";
const SET_OFFICE: &str = "__Host-office=…; HttpOnly; SameSite=Lax; Secure; Path=/";

const SCRIPT: &[Step] = &[
    ("GET", "/plain", 200, &[], &[], &[]),
    ("GET", "/lazy", 200, &[], &[], &[]),
    ("GET", "/read", 200, &[], &["private"], &["Cookie"]),
    ("GET", "/cached", 200, &[], &["max-age=60"], &["Accept", "Cookie"]),
    ("POST", "/put/500", 500, &[], &["private"], &["Cookie"]),
    ("POST", "/put", 200, &[SET], &["no-store"], &["Cookie"]),
    ("POST", "/put", 200, &[], &["private"], &["Cookie"]),
    ("GET", "/mismatch", 500, &[], &["private"], &["Cookie"]),
    ("GET", "/members", 401, &[], &["private"], &["Cookie"]),
    ("POST", "/login", 200, &[SET], &["no-store"], &["Cookie"]),
    ("GET", "/members", 200, &[], &["private"], &["Cookie"]),
    ("POST", "/commit/500", 500, &[SET], &["no-store"], &["Cookie"]),
    ("GET", "/spawned", 200, &[], &["private"], &["Cookie"]),
    ("GET", "/stream", 200, &[], &["private"], &["Cookie"]),
    ("POST", "/twice/put", 200, &[], &["private"], &["Cookie"]),
    (
        "POST",
        "/office/put",
        200,
        &[SET_OFFICE],
        &["no-store"],
        &["Cookie"],
    ),
    ("POST", "/office/both", 200, &[], &["private"], &["Cookie"]),
    ("POST", "/logout/500", 500, &[REMOVED], &["no-store"], &["Cookie"]),
    ("POST", "/office/both", 200, &[SET], &["no-store"], &["Cookie"]),
    ("POST", "/logout", 200, &[REMOVED], &["no-store"], &["Cookie"]),
    ("POST", "/logout", 200, &[], &["private"], &["Cookie"]),
    (
        "GET",
        "/cookie",
        200,
        &["theme=dark", SET],
        &["no-store"],
        &["Cookie"],
    ),
    ("GET", "/no-such-route", 404, &[], &[], &[]),
    ("GET", "/unknown-name", 500, &[], &[], &[]),
    ("GET", "/bare", 500, &[], &[], &[]),
];

pub(crate) async fn one_script_gets_the_same_headers_from_every_adapter<A: App>() {
    let app = A::start(&Setup::new()).await;
    let mut browser = Browser::default();
    for (number, (method, path, status, cookies, cache, vary)) in SCRIPT.iter().enumerate() {
        let reply = match *method {
            "GET" => browser.get(&app, path).await,
            _ => browser.post(&app, path).await,
        };
        let step = format!("step {number}: {method} {path}: {reply:?}");
        assert_eq!(reply.status, *status, "{step}");
        assert_eq!(shown_cookies(&reply), *cookies, "{step}");
        assert_eq!(reply.all("cache-control"), *cache, "{step}");
        assert_eq!(reply.all("vary"), *vary, "{step}");
    }
}

/// The `Set-Cookie` headers with `…` for an id.
fn shown_cookies(reply: &Reply) -> Vec<String> {
    let hide = |cookie: &str| match cookie.split_once('=') {
        Some((name, rest)) if name.starts_with("__Host-") && !rest.starts_with(';') => {
            let attributes = rest.find(';').map_or("", |at| &rest[at..]);
            format!("{name}=…{attributes}")
        }
        _ => cookie.to_owned(),
    };
    reply.cookies().into_iter().map(hide).collect()
}
