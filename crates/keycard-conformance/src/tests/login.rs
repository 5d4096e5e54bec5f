//! What a logged-in client sends is what the application takes, whatever the transport.

use keycard::Transport::{self, Bearer, Cookie, Header};
use keycard::store::memory::MemoryStore;
use keycard::{Device, Drift, Factor, IpPrefix, KeyRing, Keycard, LoginAs};

use crate::testing::log_in_as;

#[tokio::test]
async fn a_login_answers_the_header_of_the_first_transport() {
    let transports: [(&[Transport], &str); 4] = [
        (&[Cookie, Bearer], "cookie"),
        (&[Header("x-session-id"), Cookie], "x-session-id"),
        (&[Header("x-sid")], "x-sid"),
        (&[Bearer, Cookie], "authorization"),
    ];
    for (transports, name) in transports {
        let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
        let keycard = builder.transports(transports.iter().copied()).build().unwrap();
        let sent = log_in_as(&keycard, "alice").await.unwrap();
        let headers = [(name, sent.as_str())];
        let session = keycard.open_request(&headers[..], None).load().await.unwrap();
        assert_eq!(session.user(), Some("alice".into()), "{name}: {sent}");
    }
}

#[tokio::test]
async fn whatever_a_login_says_is_found_by_the_request() {
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::random());
    let keycard = builder.build().unwrap();
    let login = LoginAs::user("bob")
        .roles(["admin"])
        .factor(Factor::OTP)
        .device(Device::new("7f3a").unwrap())
        .remembered(true);
    let sent = log_in_as(&keycard, login.clone()).await.unwrap();
    let session = keycard.open([sent.as_bytes()]).load().await.unwrap();
    assert_eq!(session.user(), Some("bob".into()));
    assert!(session.has_role("admin") && session.proved_at(&Factor::OTP).is_some());
    assert!(session.device().is_some() && session.is_remembered());

    let sent = log_in_as(&keycard, login.pending()).await.unwrap();
    let session = keycard.open([sent.as_bytes()]).load().await.unwrap();
    assert_eq!(
        (session.user(), session.pending_user()),
        (None, Some("bob".into()))
    );
}

#[tokio::test]
async fn a_login_is_bound_to_a_client_that_shows_nothing() {
    let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random())
        .bind_address(IpPrefix::EXACT, Drift::StepUp)
        .bind_fingerprint(Drift::StepUp)
        .build()
        .unwrap();
    let sent = log_in_as(&keycard, "alice").await.unwrap();
    let cookie = ("cookie", sent.as_str());
    let peer = Some([203, 0, 113, 7].into());
    for (headers, peer, is_there) in [
        (&[cookie][..], None, true),
        (&[cookie], peer, false),
        (&[cookie, ("user-agent", "curl/8.9")], None, false),
    ] {
        let session = keycard.open_request(headers, peer).load().await.unwrap();
        assert_eq!(session.user().is_some(), is_there, "{headers:?} from {peer:?}");
    }
}
