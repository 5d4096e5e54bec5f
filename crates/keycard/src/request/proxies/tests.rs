//! Which client is found behind proxies, whatever it sends.

use proptest::prelude::*;

use super::*;

const NETWORKS: [&str; 3] = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"];

fn headers() -> [TrustedProxies; 3] {
    [
        TrustedProxies::x_forwarded_for(NETWORKS).unwrap(),
        TrustedProxies::forwarded(NETWORKS).unwrap(),
        TrustedProxies::single_address("X-Real-IP", NETWORKS).unwrap(),
    ]
}

fn client(proxies: &TrustedProxies, peer: &str, lines: &[&str]) -> String {
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| (proxies.header.as_str(), *line))
        .collect();
    proxies
        .client(peer.parse().unwrap(), lines.as_slice())
        .to_string()
}

#[test]
fn the_walk_ends_at_the_first_that_is_no_proxy() {
    let [appended, ..] = headers();
    let table: [(&str, &[&str], &str); 16] = [
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["6.6.6.6", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        ("10.0.0.1", &["203.0.113.7,192.0.2.1 ,\tfd00::1"], "203.0.113.7"),
        ("10.0.0.1", &["203.0.113.7:4711, [fd00::1]:443"], "203.0.113.7"),
        ("10.0.0.1", &["203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7"),
        ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
        // All are proxies: the request is one of their own.
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // Junk ends the walk at the proxy that wrote it.
        ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["203.0.113.7, junk, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &["203.0.113.7, "], "10.0.0.1"),
        ("10.0.0.1", &["203.0.113.7", ""], "10.0.0.1"),
        // Who is no proxy tells nothing.
        ("198.51.100.9", &["203.0.113.7"], "198.51.100.9"),
        ("192.0.2.2", &["10.0.0.1"], "192.0.2.2"),
    ];
    for (peer, lines, expected) in table {
        assert_eq!(client(&appended, peer, lines), expected, "{peer} {lines:?}");
    }
}

#[test]
fn forwarded_is_read_from_the_right_whatever_the_client_put_before() {
    let [_, forwarded, _] = headers();
    let table: [(&[&str], &str); 8] = [
        (&["for=203.0.113.7"], "203.0.113.7"),
        (&["for=6.6.6.6, for=203.0.113.7;proto=https"], "203.0.113.7"),
        (
            &["for=6.6.6.6", "for=\"[2001:db8::7]:4711\", for=10.0.0.2"],
            "2001:db8::7",
        ),
        (&["for=\"6.6.6.6, for=203.0.113.7"], "203.0.113.7"),
        (&["for=6.6.6.6\", for=203.0.113.7"], "203.0.113.7"),
        (&["for=6.6.6.6\\, for=\"203.0.113.7\""], "203.0.113.7"),
        (&["for=203.0.113.7;host=\"x, for=6.6.6.6\""], "203.0.113.7"),
        (&["for=203.0.113.7, for=unknown"], "10.0.0.1"),
    ];
    for (lines, expected) in table {
        assert_eq!(client(&forwarded, "10.0.0.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn a_single_address_is_believed_once() {
    let [.., single] = headers();
    let table: [(&[&str], &str); 5] = [
        (&["203.0.113.7"], "203.0.113.7"),
        (&["10.0.0.2"], "10.0.0.2"),
        (&["6.6.6.6", "203.0.113.7"], "10.0.0.1"),
        (&["6.6.6.6, 203.0.113.7"], "10.0.0.1"),
        (&[""], "10.0.0.1"),
    ];
    for (lines, expected) in table {
        assert_eq!(client(&single, "10.0.0.1", lines), expected, "{lines:?}");
    }
    assert_eq!(client(&single, "198.51.100.9", &["203.0.113.7"]), "198.51.100.9");
}

#[test]
fn no_other_header_is_read() {
    let all = [
        ("x-forwarded-for", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("x-real-ip", "6.6.6.6"),
        ("x-client-ip", "6.6.6.6"),
    ];
    for proxies in headers() {
        let others: Vec<_> = all
            .into_iter()
            .filter(|(name, _)| *name != proxies.header)
            .collect();
        let peer = IpAddr::from([10, 0, 0, 1]);
        assert_eq!(proxies.client(peer, others.as_slice()), peer, "{proxies:?}");
    }
}

#[test]
fn networks_that_cannot_be_meant_do_not_build() {
    let none: [&str; 0] = [];
    let refused = |networks: &[&str]| {
        let error = TrustedProxies::x_forwarded_for(networks).expect_err("the list cannot be meant");
        error.to_string()
    };
    assert!(refused(&none).contains("no trusted proxy"));
    for junk in [
        "",
        "proxy",
        "10.0.0",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "fd00::/129",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
    ] {
        assert!(refused(&["10.0.0.0/8", junk]).contains("is no network"), "{junk}");
    }
    for all in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
        assert!(refused(&[all]).contains("every address"), "{all}");
    }
    for beyond in ["10.1.0.0/8", "::ffff:10.1.0.0/104"] {
        assert!(refused(&[beyond]).contains("write 10.0.0.0/8"), "{beyond}");
    }
    for name in ["", "x real ip", "x-real-ip:", "x\r\ny", "é"] {
        let error = TrustedProxies::single_address(name, NETWORKS).unwrap_err();
        assert!(error.to_string().contains("no name of a header"), "{name:?}");
    }
}

#[test]
fn a_network_that_is_mapped_into_ipv6_is_one_of_ipv4() {
    let proxies = TrustedProxies::x_forwarded_for(["::ffff:10.0.0.0/104"]).unwrap();
    assert_eq!(client(&proxies, "10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
    assert_eq!(client(&proxies, "11.0.0.1", &["203.0.113.7"]), "11.0.0.1");
}

prop_compose! {
    /// What a stranger may send: hops, nearly hops, and whatever else.
    fn claim()(parts in proptest::collection::vec(prop_oneof![
        proptest::sample::select(vec![
            ",", ", ", ";", "for=", "\"", "\\", "\\\"", "=", "6.6.6.6", "10.0.0.9", "[fd00::1]", ":80", "unknown", " ", "",
        ]).prop_map(str::to_owned),
        any::<String>(),
    ], 0..8)) -> String {
        parts.concat()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// The proxy nearest to us appends the address of its peer, to the line that it was given or in one of its own.
    #[test]
    fn nothing_that_a_client_sends_moves_its_address(
        claims in proptest::collection::vec(claim(), 0..3),
        own_line: bool,
        hops in 0..3_usize,
    ) {
        let [appended, forwarded, _] = headers();
        let through = vec!["10.0.0.2"; hops];
        let nodes = [&["203.0.113.7"], &through[..]].concat().join(", ");
        let elements = [&["for=\"203.0.113.7\";host=\"a\\\", b\""], &vec!["for=10.0.0.2"; hops][..]].concat().join(", ");
        for (proxies, honest) in [(appended, nodes), (forwarded, elements)] {
            let mut lines = claims.clone();
            match lines.last_mut().filter(|_| !own_line) {
                Some(line) => *line = format!("{line}, {honest}"),
                None => lines.push(honest),
            }
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert_eq!(client(&proxies, "10.0.0.1", &lines), "203.0.113.7", "{:?}", lines);
        }
    }
}
