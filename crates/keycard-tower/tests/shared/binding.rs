//! Sessions that are bound to a client, and their ids from elsewhere.

use keycard::{Drift, IpPrefix, KeyRing, Keycard, KeycardBuilder, TrustedProxies};

use super::browser::Browser;
use super::{App, Setup};

const PROXY: [u8; 4] = [10, 0, 0, 1];
const HOME: [u8; 4] = [203, 0, 113, 7];
const NEXT_DOOR: [u8; 4] = [203, 0, 113, 250];
const AWAY: [u8; 4] = [198, 51, 100, 9];

fn setup(configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder) -> Setup {
    let mut setup = Setup::new();
    let builder = Keycard::builder(setup.store.clone(), KeyRing::random());
    setup.outer = configure(builder).build().unwrap();
    setup
}

fn network() -> IpPrefix {
    IpPrefix::new(24, 64).unwrap()
}

pub(crate) async fn an_id_that_is_used_from_elsewhere_ends_its_session<A: App>() {
    for (path, status) in [("/members", 401), ("/put/500", 500)] {
        let app = A::start(&setup(|builder| builder.bind_address(network(), Drift::End))).await;
        let mut home = Browser::default().at(HOME, &[]);
        home.post(&app, "/login").await.assert(200, "");
        home.at(NEXT_DOOR, &[])
            .get(&app, "/members")
            .await
            .assert(200, "welcome");

        let mut thief = home.at(AWAY, &[]);
        let method = if path == "/members" { "GET" } else { "POST" };
        let reply = thief.send(&app, method, path).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(thief.names().is_empty(), "its cookie is removed: {reply:?}");
        assert_eq!(home.get(&app, "/members").await.status, 401);
    }
}

/// Whether a browser that logged in behind the proxy, as `203.0.113.7`, is still in when it comes from `peer` with these
/// lines of `X-Forwarded-For`.
async fn goes_on(app: &impl App, peer: [u8; 4], lines: &[&str]) -> bool {
    let forwarded = |line| ("x-forwarded-for", line);
    let mut home = Browser::default().at(PROXY, &[forwarded("203.0.113.7")]);
    home.post(app, "/login").await.assert(200, "");
    let lines: Vec<_> = lines.iter().copied().map(forwarded).collect();
    home.at(peer, &lines).get(app, "/members").await.status == 200
}

pub(crate) async fn what_a_client_says_of_itself_moves_nobody<A: App>() {
    let proxies = TrustedProxies::x_forwarded_for(["10.0.0.0/8"]).unwrap();
    let bound = |builder: KeycardBuilder| builder.bind_address(network(), Drift::End);
    let behind = A::start(&setup(|builder| bound(builder).trusted_proxies(proxies))).await;
    for (peer, lines, same) in [
        (PROXY, &["203.0.113.7"][..], true),
        (PROXY, &["203.0.113.8"], true),
        (PROXY, &["198.51.100.9, 203.0.113.7, 10.0.0.2"], true),
        (PROXY, &["6.6.6.6", "203.0.113.7"], true),
        (PROXY, &["198.51.100.9"], false),
        (PROXY, &["203.0.113.7, 198.51.100.9"], false),
        (PROXY, &["203.0.113.7", "198.51.100.9"], false),
        (AWAY, &["203.0.113.7"], false),
        (PROXY, &[], false),
        (PROXY, &["203.0.113.7, unknown"], false),
    ] {
        let went_on = goes_on(&behind, peer, lines).await;
        assert_eq!(went_on, same, "{peer:?} {lines:?}");
    }
    let direct = A::start(&setup(bound)).await;
    assert!(goes_on(&direct, PROXY, &["198.51.100.9"]).await);
    assert!(!goes_on(&direct, AWAY, &["203.0.113.7"]).await);
}

pub(crate) async fn a_client_from_elsewhere_is_let_in_once_a_factor_is_proved<A: App>() {
    let app = A::start(&setup(|builder| {
        builder
            .bind_fingerprint(Drift::StepUp)
            .bind_address(network(), Drift::Report)
    }))
    .await;
    let mut before = Browser::default().at(HOME, &[("accept-language", "de")]);
    before.post(&app, "/login/alice").await.assert(200, "");
    let mut after = before.at(AWAY, &[("accept-language", "en")]);
    let step_up = r#"{"error":"a recent authentication is needed","step_up":{}}"#;
    after.get(&app, "/user").await.assert(403, step_up);
    after.get(&app, "/id").await.assert(403, step_up);
    before.get(&app, "/user").await.assert(200, "in");

    after.post(&app, "/prove").await.assert(200, "");
    after.get(&app, "/user").await.assert(200, "in");
    after.get(&app, "/id").await.assert(200, "alice");
    assert_eq!(before.get(&app, "/user").await.status, 401, "its id is dead");
}
