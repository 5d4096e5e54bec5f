//! What a logged-in client sends is what the application takes, whatever the transport.

use keycard::Transport::{self, Bearer, Cookie, Header};
use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard};

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
