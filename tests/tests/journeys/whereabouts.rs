//! What a list of sessions tells of where each one began: address, location, browser.

use std::net::IpAddr;

use http::Method;
use keycard::{IpPrecision, ListedSession, Users};

use crate::client::{AWAY, HOME, NEXT_DOOR, behind_a_proxy};
use crate::world::{Builder, Running, World, alice};

journeys! {
    the_hook_s_name_of_the_place_is_listed
    an_address_is_listed_as_exactly_as_it_was_chosen
    only_what_the_proxies_wrote_is_believed
    a_browser_s_name_is_listed_as_far_as_it_can_be_shown
}

/// A server of each framework behind a proxy, and the users as a third process sees them.
async fn serve(world: &World, configure: impl Fn(Builder) -> Builder) -> ([Running; 2], Users) {
    let configured = |builder| configure(behind_a_proxy(builder));
    let servers = world.servers_with(configured).await;
    (servers, world.users_with(&[1], configured).1)
}

/// The session that a login with these headers begins, as it is listed. It is the only one.
async fn begun(world: &World, server: &Running, users: &Users, headers: &[(&str, &str)]) -> ListedSession {
    let mut browser = world.browser();
    let request = browser.request(Method::POST, server, "/login").json(alice());
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.raw_header(name, value));
    request.send().await.expect_status(200);
    let sessions = users.of("1").list().await.unwrap();
    assert_eq!(users.of("1").end_all().await.unwrap(), 1);
    sessions[0].clone()
}

fn place(ip: IpAddr) -> Option<String> {
    match ip.to_string().as_str() {
        HOME => Some("Testland".to_owned()),
        NEXT_DOOR => Some(format!("Llan\u{7}fair {}", "ü".repeat(200))),
        _ => None,
    }
}

async fn the_hook_s_name_of_the_place_is_listed(world: World) {
    let (servers, users) = serve(&world, |builder| builder.locate(place)).await;
    let cut = format!("Llanfair {}", "ü".repeat(27)); // 63 bytes: one more would cut a character
    for server in &servers {
        for (address, location) in [(HOME, Some("Testland")), (NEXT_DOOR, Some(&*cut)), (AWAY, None)] {
            let session = begun(&world, server, &users, &[("x-forwarded-for", address)]).await;
            assert_eq!(session.location(), location, "{address}");
        }
    }
    let (servers, users) = serve(&world, |builder| builder).await;
    let session = begun(&world, &servers[0], &users, &[("x-forwarded-for", HOME)]).await;
    assert_eq!(session.location(), None, "nobody looks it up");
}

async fn an_address_is_listed_as_exactly_as_it_was_chosen(world: World) {
    let v6 = "2001:db8:1:2::7";
    for (precision, shown) in [
        (IpPrecision::Exact, [Some(HOME), Some(v6)]),
        (
            IpPrecision::Truncated,
            [Some("203.0.113.0/24"), Some("2001:db8:1::/48")],
        ),
        (IpPrecision::None, [None, None]),
    ] {
        let (servers, users) = serve(&world, |builder| builder.client_address(precision)).await;
        for (server, (address, shown)) in servers.iter().zip([HOME, v6].into_iter().zip(shown)) {
            let session = begun(&world, server, &users, &[("x-forwarded-for", address)]).await;
            let address = session.address().map(|address| address.to_string());
            assert_eq!(address.as_deref(), shown);
        }
    }
    let (servers, users) = serve(&world, |builder| builder.client_address(IpPrecision::Hashed)).await;
    let mut digests = Vec::new();
    for (server, address) in servers
        .iter()
        .zip([HOME, HOME])
        .chain(servers.iter().zip([AWAY, AWAY]))
    {
        let session = begun(&world, server, &users, &[("x-forwarded-for", address)]).await;
        digests.push(session.address().unwrap().to_string());
    }
    assert_eq!((&digests[0], &digests[2]), (&digests[1], &digests[3]));
    assert_ne!(digests[0], digests[2]);
    assert!(!digests[0].contains("203"), "{digests:?}");
}

async fn only_what_the_proxies_wrote_is_believed(world: World) {
    let (servers, users) = serve(&world, |builder| builder).await;
    let rows: [(&[(&str, &str)], &str); 7] = [
        (&[("x-forwarded-for", HOME)], HOME),
        (&[("x-forwarded-for", "6.6.6.6, 203.0.113.7")], HOME),
        (&[("x-forwarded-for", "6.6.6.6, 203.0.113.7, 127.0.0.9")], HOME),
        (&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", HOME)], HOME),
        (&[("x-forwarded-for", "6.6.6.6, unknown")], "127.0.0.1"),
        (
            &[("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")],
            "127.0.0.1",
        ),
        (&[], "127.0.0.1"),
    ];
    for (headers, address) in rows {
        for server in &servers {
            let session = begun(&world, server, &users, headers).await;
            assert_eq!(session.address().unwrap().to_string(), address, "{headers:?}");
        }
    }
}

async fn a_browser_s_name_is_listed_as_far_as_it_can_be_shown(world: World) {
    let (servers, users) = serve(&world, |builder| builder).await;
    let long = "x".repeat(300);
    for (sent, listed) in [
        ("curl/8.9", Some("curl/8.9")),
        (&long, Some(&long[..256])),
        ("\t", None),
    ] {
        for server in &servers {
            let session = begun(&world, server, &users, &[("user-agent", sent)]).await;
            assert_eq!(session.user_agent(), listed);
        }
    }
    let (servers, users) = serve(&world, |builder| builder.user_agent(false)).await;
    let session = begun(&world, &servers[0], &users, &[("user-agent", "curl/8.9")]).await;
    assert_eq!(session.user_agent(), None);
}
