//! What is read of a request, and what an application wants of it.

use super::*;
use crate::{KeyRing, Keycard, KeycardBuilder, LazySession, store::memory::MemoryStore};
use proptest::prelude::*;

const BROWSER: [(&str, &str); 3] = [
    ("user-agent", "Firefox/145.0"),
    ("accept-language", "de"),
    ("x-forwarded-for", "198.51.100.9"),
];

fn open(peer: &str, configure: impl FnOnce(KeycardBuilder) -> KeycardBuilder) -> LazySession {
    let builder = Keycard::builder(MemoryStore::new(), KeyRing::new([[7; 32]]).unwrap());
    let keycard = configure(builder).build().unwrap();
    keycard.open_request(BROWSER.as_slice(), Some(peer.parse().unwrap()))
}

#[test]
fn address_and_user_agent_are_known_unless_they_are_not_wanted() {
    let lazy = open("203.0.113.7", |builder| builder);
    let client = lazy.client();
    assert_eq!(client.ip(), Some([203, 0, 113, 7].into()));
    assert_eq!(client.address().unwrap().to_string(), "203.0.113.7");
    assert_eq!(client.user_agent().as_deref(), Some("Firefox/145.0"));
    assert_eq!((client.location(), client.fingerprint()), (None, None));

    let lazy = open("203.0.113.7", |builder| {
        builder.client_address(IpPrecision::None).user_agent(false)
    });
    assert_eq!(
        (lazy.client().address(), lazy.client().user_agent()),
        (None, None)
    );
    assert_eq!(
        lazy.client().ip(),
        Some([203, 0, 113, 7].into()),
        "limits need it"
    );
}

#[test]
fn an_ipv4_client_is_one_on_a_socket_of_ipv6_too() {
    let lazy = open("::ffff:203.0.113.7", |builder| {
        builder.client_address(IpPrecision::Truncated)
    });
    assert_eq!(lazy.client().address().unwrap().to_string(), "203.0.113.0/24");
    let proxies = TrustedProxies::x_forwarded_for(["203.0.113.7"]).unwrap();
    let lazy = open("::ffff:203.0.113.7", |builder| builder.trusted_proxies(proxies));
    assert_eq!(lazy.client().ip(), Some([198, 51, 100, 9].into()));
}

#[test]
fn a_location_is_asked_of_the_whole_address_and_bounded() {
    let place = |ip: IpAddr| (!ip.is_loopback()).then(|| format!("{ip}\n{}", "é".repeat(40)));
    let of = |peer| {
        let lazy = open(peer, |builder| {
            builder.client_address(IpPrecision::Hashed).locate(place)
        });
        lazy.client().location()
    };
    let location = of("203.0.113.7").unwrap();
    assert!(location.starts_with("203.0.113.7é"), "{location}");
    assert_eq!(location.len(), 63);
    assert_eq!(of("127.0.0.1"), None);
}

#[tokio::test]
async fn a_session_knows_the_client_of_its_request() {
    let lazy = open("203.0.113.7", |builder| builder.fingerprint(true));
    let session = lazy.load().await.unwrap();
    let (early, late) = (lazy.client(), session.client());
    assert!(late.ip().is_some() && late.fingerprint().is_some());
    assert_eq!(late.ip(), early.ip());
    assert_eq!(late.user_agent(), early.user_agent());
    assert_eq!(late.fingerprint(), early.fingerprint());
}

#[test]
fn debug_shows_no_more_of_an_address_than_may_be_kept() {
    for (precision, shown) in [
        (IpPrecision::Truncated, true),
        (IpPrecision::Hashed, false),
        (IpPrecision::None, false),
    ] {
        let lazy = open("203.0.113.7", |builder| builder.client_address(precision));
        let text = format!("{:?} {lazy:?}", lazy.client());
        assert!(!text.contains("203.0.113.7"), "{text}");
        assert_eq!(text.contains("203.0.113.0/24"), shown, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_header_breaks_anything(headers: Vec<(u8, Vec<u8>)>, known: bool) {
        let names = ["forwarded", "user-agent", "accept-language"];
        let headers: Vec<(&str, Vec<u8>)> = headers
            .into_iter()
            .map(|(name, value)| (names[usize::from(name) % names.len()], value))
            .collect();
        let settings = ClientSettings {
            proxies: Some(TrustedProxies::forwarded(["10.0.0.0/8"]).unwrap()),
            fingerprint: true,
            ..ClientSettings::default()
        };
        let key = IndexKey::new([7; 32]).unwrap();
        let peer = known.then(|| [10, 0, 0, 1].into());
        let facts = RequestFacts::read(headers.as_slice(), peer, &settings, &key);
        let client = Client::new(&facts, &settings, &key);
        prop_assert_eq!(client.ip().is_some(), known);
        prop_assert_eq!(client.user_agent().is_some_and(|text| text.is_empty()), false);
    }
}
