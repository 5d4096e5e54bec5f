//! Routes behind the check against forged requests. Each that gives out a token tells it in the header `x-csrf-token`.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /csrf/token` | tells a token |
//! | `GET /csrf/visit` | tells a token, and counts the visit in the session |
//! | `POST /csrf/act` | the steps of the [acting application](super) |
//! | any `/csrf/echo` | answers the body, and does not use the session |
//! | any `/csrf/webhook` | the same, exempt from the check |
//! | any `/csrf/page` | the same, with a hook that answers 418 and the name of the refusal |
//! | `POST /csrf/login`, `/csrf/hasty` | logs in whom the body names, and tells the renewed token; or the one of before |
//! | `GET /csrf/bare` | tells a token, where nothing is checked |
//!
//! Pages of `https://app.example` are trusted.

pub(super) mod on_actix;
pub(super) mod on_axum;

use keycard::{CsrfPolicy, CsrfRefusal, CsrfToken, Error, Session};

/// What all routes but `/csrf/bare` have.
#[expect(clippy::expect_used, reason = "a constant")]
fn policy() -> CsrfPolicy {
    let policy = CsrfPolicy::default().trust_origin("https://app.example");
    policy.expect("an origin")
}

const EXEMPT: &str = "/csrf/webhook";
const TEAPOT: u16 = 418;

fn hook(refusal: CsrfRefusal) -> String {
    refusal.name().to_owned()
}

/// Logs in, and answers the token that is valid from then on, or in haste that of before.
async fn log_in(session: &Session, token: CsrfToken, user: String, hasty: bool) -> Result<CsrfToken, Error> {
    session.login(user);
    if hasty { Ok(token) } else { token.renewed().await }
}

fn visit(session: &Session) -> Result<(), Error> {
    let visits: i64 = session.get("visits")?.unwrap_or_default();
    session.insert("visits", &(visits + 1))
}
