//! Which types there are: the test must look at each public one, or know why it need not.

use std::collections::BTreeSet;

/// Where crates name what they make public.
const ROOTS: [(&str, &str); 12] = [
    ("keycard", include_str!("../../../../crates/keycard/src/lib.rs")),
    (
        "keycard",
        include_str!("../../../../crates/keycard/src/store/mod.rs"),
    ),
    (
        "keycard",
        include_str!("../../../../crates/keycard/src/store/memory.rs"),
    ),
    (
        "keycard",
        include_str!("../../../../crates/keycard/src/store/near/mod.rs"),
    ),
    (
        "keycard",
        include_str!("../../../../crates/keycard/src/auth/mod.rs"),
    ),
    (
        "keycard",
        include_str!("../../../../crates/keycard/src/auth/throttle.rs"),
    ),
    (
        "keycard_jwt",
        include_str!("../../../../crates/keycard-jwt/src/lib.rs"),
    ),
    (
        "keycard_redis",
        include_str!("../../../../crates/keycard-redis/src/lib.rs"),
    ),
    (
        "keycard_tower",
        include_str!("../../../../crates/keycard-tower/src/lib.rs"),
    ),
    (
        "keycard_actix",
        include_str!("../../../../crates/keycard-actix/src/lib.rs"),
    ),
    (
        "keycard_tower",
        include_str!("../../../../crates/keycard-tower/src/auth/mod.rs"),
    ),
    (
        "keycard_actix",
        include_str!("../../../../crates/keycard-actix/src/auth/mod.rs"),
    ),
];

/// What cannot hold an id or a key: traits, times, kinds of things, names that an application gives, its own users, and
/// what has nothing but them and types that are shown.
const HARMLESS: [&str; 105] = [
    "keycard::Assurance",
    "keycard::Clock",
    "keycard::Counts",
    "keycard::CsrfRefusal",
    "keycard::Decision",
    "keycard::Delays",
    "keycard::Denied",
    "keycard::Device",
    "keycard::Drift",
    "keycard::EndReason",
    "keycard::ErrorKind",
    "keycard::EventKind",
    "keycard::Factor",
    "keycard::Family",
    "keycard::Fate",
    "keycard::Figures",
    "keycard::Flash",
    "keycard::FlashLevel",
    "keycard::Fresh",
    "keycard::Guard",
    "keycard::History",
    "keycard::IpPrecision",
    "keycard::IpPrefix",
    "keycard::Judgement",
    "keycard::Key",
    "keycard::Lifetimes",
    "keycard::Limit",
    "keycard::LoadedUser",
    "keycard::ManualClock",
    "keycard::Named",
    "keycard::NearCacheFigures",
    "keycard::News",
    "keycard::Observer",
    "keycard::OnOutage",
    "keycard::OutagePolicy",
    "keycard::Outcome",
    "keycard::ParseTokenIdError",
    "keycard::Refresh",
    "keycard::Refreshed",
    "keycard::Refund",
    "keycard::RequestHeaders",
    "keycard::Reserved",
    "keycard::ResponseHeaders",
    "keycard::Retention",
    "keycard::Revoked",
    "keycard::Rule",
    "keycard::SameSite",
    "keycard::Scope",
    "keycard::SessionLimit",
    "keycard::Statistics",
    "keycard::Store",
    "keycard::StoreErrorKind",
    "keycard::Suspicion",
    "keycard::SystemClock",
    "keycard::Throttle",
    "keycard::ThrottleKey",
    "keycard::Timestamp",
    "keycard::TokenId",
    "keycard::TokenStanding",
    "keycard::TokenStore",
    "keycard::Transport",
    "keycard::UserId",
    "keycard::UserIndex",
    "keycard::UserLoader",
    "keycard::Watch",
    "keycard::Watcher",
    "keycard::Which",
    "keycard::Window",
    "keycard::WithUsers",
    "keycard_actix::CsrfMiddleware",
    "keycard_actix::CsrfService",
    "keycard_actix::CsrfToken",
    "keycard_actix::CurrentUser",
    "keycard_actix::Flashes",
    "keycard_actix::GuardMiddleware",
    "keycard_actix::GuardService",
    "keycard_actix::Guarded",
    "keycard_actix::RequireUser",
    "keycard_actix::SessionExt",
    "keycard_jwt::Access",
    "keycard_jwt::Algorithm",
    "keycard_jwt::Authorized",
    "keycard_jwt::Claims",
    "keycard_jwt::Jwks",
    "keycard_jwt::Kind",
    "keycard_jwt::Refresh",
    "keycard_jwt::Revocation",
    "keycard_jwt::TokenClaims",
    "keycard_jwt::TokenErrorKind",
    "keycard_redis::RedisAdvice",
    "keycard_redis::RedisDurability",
    "keycard_tower::CsrfLayer",
    "keycard_tower::CsrfService",
    "keycard_tower::CsrfToken",
    "keycard_tower::CurrentUser",
    "keycard_tower::DefaultAnswer",
    "keycard_tower::EmptyBody",
    "keycard_tower::Flashes",
    "keycard_tower::GuardLayer",
    "keycard_tower::GuardService",
    "keycard_tower::Guarded",
    "keycard_tower::RenderDenied",
    "keycard_tower::RenderError",
    "keycard_tower::RequireUser",
    "keycard_tower::SessionExt",
];

/// Asserts that no public type has been left out.
pub(super) fn assert_complete(shown: BTreeSet<&str>) {
    let public: BTreeSet<String> = ROOTS
        .iter()
        .flat_map(|(krate, text)| exported(krate, text))
        .collect();
    assert!(public.len() > 40, "the names of public types are found");
    let missing: Vec<&String> = public
        .iter()
        .filter(|name| !shown.contains(name.as_str()) && !HARMLESS.contains(&name.as_str()))
        .collect();
    assert_eq!(
        missing, [""; 0],
        "show these, or say why they cannot hold a secret"
    );
    let stale = HARMLESS.iter().find(|name| !public.contains(**name));
    assert_eq!(stale, None);
}

/// The names of types in the `pub use` of a crate's own modules, and of those that the file itself makes public.
fn exported<'a>(krate: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let uses = text
        .split("\npub use ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let taken_over = uses
        .filter(|path| !path.starts_with("keycard"))
        .flat_map(|path| path.split(|c: char| !c.is_alphanumeric()));
    let made = ["struct", "enum", "trait"].map(|kind| format!("\npub {kind} "));
    let made = made.into_iter().flat_map(|start| {
        let rests = text.split(&*start).skip(1).collect::<Vec<_>>();
        rests
            .into_iter()
            .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
    });
    taken_over
        .chain(made)
        .filter(|word| word.starts_with(char::is_uppercase))
        .map(move |word| format!("{krate}::{word}"))
}
