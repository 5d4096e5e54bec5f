//! What a request tells of its client.

use std::net::IpAddr;

use keycard::{KeyRing, Keycard, TrustedProxies};

use super::browser::Request;
use super::{App, Setup};

async fn client<A: App>(setup: &Setup, peer: Option<[u8; 4]>, headers: &[(&'static str, &str)]) -> String {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let request = Request {
        method: "GET",
        path: "/client",
        headers: headers.collect(),
        peer: peer.map(IpAddr::from),
        ..Request::default()
    };
    A::start(setup).await.send(request).await.body
}

pub(crate) async fn the_client_of_a_request_is_known<A: App>() {
    let setup = Setup::new();
    let user_agent = ("user-agent", "curl/8.9");
    let forwarded = ("x-forwarded-for", "203.0.113.7");
    let known = client::<A>(&setup, Some([10, 0, 0, 1]), &[user_agent, forwarded]).await;
    assert_eq!(known, "10.0.0.1 curl/8.9");
    assert_eq!(client::<A>(&setup, None, &[forwarded]).await, "- -");
}

pub(crate) async fn several_lines_of_a_header_are_one_list<A: App>() {
    let proxies = TrustedProxies::x_forwarded_for(["10.0.0.0/8"]).unwrap();
    let mut setup = Setup::new();
    setup.outer = Keycard::builder(setup.store.clone(), KeyRing::random())
        .trusted_proxies(proxies)
        .build()
        .unwrap();
    let lines = ["6.6.6.6", "203.0.113.7", "10.0.0.2"].map(|line| ("x-forwarded-for", line));
    let behind = client::<A>(&setup, Some([10, 0, 0, 1]), &lines).await;
    assert_eq!(behind, "203.0.113.7 -");
    let direct = client::<A>(&setup, Some([198, 51, 100, 9]), &lines).await;
    assert_eq!(direct, "198.51.100.9 -");
}

/// What `GET /client` answers.
pub(crate) fn shown(client: keycard::Client<'_>) -> String {
    let ip = client.ip().map_or("-".to_owned(), |ip| ip.to_string());
    format!("{ip} {}", client.user_agent().as_deref().unwrap_or("-"))
}
