//! Which headers are stored, and as what.

use std::time::Duration;

use super::{DAY, SHOP, fetch, jar, start, stored};
use crate::browser::{Cookie, Refusal, SameSite};

#[test]
fn names_and_values_are_split_at_the_first_equals_sign_and_trimmed() {
    for (header, name, value) in [
        ("sid=1", "sid", "1"),
        (" sid \t=\t a b  ; Path=/", "sid", "a b"),
        ("sid=a=b", "sid", "a=b"),
        ("sid=\"quoted\"", "sid", "\"quoted\""),
        ("sid=", "sid", ""),
        ("=value", "", "value"),
        ("value", "", "value"),
        ("SID=1;;; ;Path=/", "SID", "1"),
    ] {
        let cookie = stored(SHOP, header).expect(header);
        assert_eq!((&*cookie.name(), &*cookie.value()), (name, value), "{header}");
    }
}

#[test]
fn what_a_browser_refuses_is_refused_for_its_reason() {
    let too_long = format!("sid={}", "x".repeat(4094));
    let cases: &[(Refusal, &[&str])] = &[
        (
            Refusal::ControlCharacter,
            &["sid=a\u{1}b", "sid=1; Path=/\u{7f}", "sid=1\r\nx"],
        ),
        (Refusal::Empty, &["=", "", "; Path=/"]),
        (Refusal::TooLong, &[&too_long]),
        (
            Refusal::ForeignDomain,
            &["sid=1; Domain=other.example", "sid=1; Domain=a.shop.example"],
        ),
        (
            Refusal::ForeignDomain,
            &["sid=1; Domain=example", "sid=1; Domain=..shop.example"],
        ),
        (Refusal::NoneWithoutSecure, &["sid=1; SameSite=None"]),
        (Refusal::PartitionedWithoutSecure, &["sid=1; Partitioned"]),
    ];
    for (refusal, headers) in cases {
        for header in *headers {
            assert_eq!(stored(SHOP, header), Err(*refusal), "{header}");
        }
    }
    for url in ["http://shop.example/", "http://localhost/"] {
        assert_eq!(
            stored(url, "sid=1; Secure"),
            Err(Refusal::InsecureOrigin),
            "{url}"
        );
    }
    assert_eq!(
        stored("https://127.0.0.1/", "sid=1; Domain=0.0.1"),
        Err(Refusal::ForeignDomain)
    );
}

#[test]
fn a_prefix_is_kept_in_any_case_or_the_cookie_refused() {
    for header in [
        "__Secure-sid=1",
        "__SECURE-sid=1",
        "__Host-sid=1; Path=/",
        "__Host-sid=1; Secure",
        "__Host-sid=1; Secure; Path=/a",
        "__hOST-sid=1; Secure; Path=/; Domain=shop.example",
        "__Http-sid=1; Secure",
        "__Http-sid=1; HttpOnly",
        "__Host-Http-sid=1; Secure; Path=/",
        "__Host-Http-sid=1; Secure; HttpOnly",
        "__Host-Http-sid=1; HttpOnly; Path=/",
    ] {
        assert_eq!(stored(SHOP, header), Err(Refusal::PrefixBroken), "{header}");
    }
    for header in ["=__Host-sid=1; Secure; Path=/", "__http-sid", "__secure-"] {
        assert_eq!(stored(SHOP, header), Err(Refusal::PrefixForged), "{header}");
    }
}

#[test]
fn what_just_keeps_the_rules_is_stored() {
    let longest = format!("sid={}", "x".repeat(4093));
    for header in [
        longest.as_str(),
        "sid=a\tb",
        "sid=1; SameSite=None; Secure",
        "sid=1; Partitioned; Secure",
        "__Secure-sid=1; sEcUrE",
        "__Host-sid=1; Secure; Path=/",
        "__Http-sid=1; Secure; HttpOnly; Domain=shop.example",
        "__Host-Http-sid=1; Secure; HttpOnly; Path=/",
        "__Hostsid=1",
    ] {
        assert!(stored(SHOP, header).is_ok(), "{header}");
    }
    let mut jar = jar();
    assert_eq!(jar.store(&fetch(SHOP), b"sid=\xff\xfe"), Ok(()));
    assert_eq!(jar.cookie("sid").map(Cookie::value_bytes), Some(&b"\xff\xfe"[..]));
}

#[test]
fn a_domain_is_named_or_the_host_itself() {
    for (url, header, domain, host_only) in [
        ("https://Shop.Example/", "sid=1", "shop.example", true),
        (SHOP, "sid=1; Domain=", "shop.example", true),
        (SHOP, "sid=1; Domain=.", "shop.example", true),
        (SHOP, "sid=1; Domain=.SHOP.example", "shop.example", false),
        (
            "https://a.shop.example/",
            "sid=1; Domain=shop.example",
            "shop.example",
            false,
        ),
        (
            SHOP,
            "sid=1; Domain=other.example; Domain=shop.example",
            "shop.example",
            false,
        ),
        ("https://localhost/", "sid=1; Domain=localhost", "localhost", true),
    ] {
        let cookie = stored(url, header).expect(header);
        assert_eq!(
            (cookie.domain(), cookie.is_host_only()),
            (domain, host_only),
            "{header}"
        );
    }
}

#[test]
fn a_path_is_named_or_the_directory_of_the_page() {
    let too_long = format!("sid=1; Path=/{}", "x".repeat(1024));
    for (header, path) in [
        ("sid=1", "/shop"),
        ("sid=1; Path=/", "/"),
        ("sid=1; Path=relative", "/shop"),
        ("sid=1; Path", "/shop"),
        ("sid=1; Path=/a; Path=/b", "/b"),
        (too_long.as_str(), "/shop"),
    ] {
        assert_eq!(
            stored("https://shop.example/shop/cart?x=/y", header)
                .expect(header)
                .path(),
            path,
            "{header}"
        );
    }
}

#[test]
fn flags_are_recorded_and_scripts_do_not_see_http_only() {
    let cookie = stored(SHOP, "sid=1; SECURE; httponly=whatever; samesite=STRICT").unwrap();
    assert!(cookie.is_secure() && cookie.is_http_only() && !cookie.is_partitioned());
    assert_eq!(cookie.same_site(), SameSite::Strict);
    assert_eq!(
        stored(SHOP, "sid=1; SameSite=odd").unwrap().same_site(),
        SameSite::Unset
    );

    let mut jar = jar();
    jar.store(&fetch(SHOP), b"sid=1; HttpOnly").unwrap();
    jar.store(&fetch(SHOP), b"theme=dark").unwrap();
    assert_eq!(
        jar.script_visible()
            .iter()
            .map(|cookie| cookie.name())
            .collect::<Vec<_>>(),
        ["theme"]
    );
}

#[test]
fn the_end_is_max_age_before_expires_and_at_most_400_days() {
    let in_a_day = "Fri, 02 Jan 2026 00:00:00 GMT";
    for (attributes, lives) in [
        (String::new(), None),
        (format!("Expires={in_a_day}"), Some(DAY)),
        ("Expires=Fri, 01 Jan 2055 00:00:00 GMT".into(), Some(400 * DAY)),
        ("Expires=tomorrow".into(), None),
        (format!("Expires={in_a_day}; Expires=tomorrow"), Some(DAY)),
        ("Max-Age=60".into(), Some(Duration::from_mins(1))),
        (
            format!("Max-Age=60; Expires={in_a_day}"),
            Some(Duration::from_mins(1)),
        ),
        (format!("Max-Age=soon; Expires={in_a_day}"), Some(DAY)),
        (
            "Max-Age=60; Max-Age=120; Max-Age=x".into(),
            Some(Duration::from_mins(2)),
        ),
        ("Max-Age=34560000".into(), Some(400 * DAY)),
        ("Max-Age=99999999999999999999999".into(), Some(400 * DAY)),
        ("Max-Age=+5".into(), None),
        ("Max-Age=-".into(), None),
        ("Max-Age=".into(), None),
    ] {
        let cookie = stored(SHOP, &format!("sid=1; {attributes}")).expect(&attributes);
        assert_eq!(
            cookie.expires().map(|end| end.duration_since(start()).unwrap()),
            lives,
            "{attributes}"
        );
    }
}

#[test]
fn a_removal_must_repeat_name_domain_path_and_partition() {
    let page = fetch(SHOP);
    for (set, removal, removes) in [
        ("sid=1; Path=/", "sid=; Path=/; Max-Age=0", true),
        ("sid=1; Path=/", "sid=; Path=/; Max-Age=-1", true),
        (
            "sid=1; Path=/",
            "sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            true,
        ),
        ("sid=1; Path=/", "sid=; Path=/; Max-Age=-x", false),
        ("sid=1; Path=/", "Sid=; Path=/; Max-Age=0", false),
        ("sid=1; Path=/", "sid=; Path=/a; Max-Age=0", false),
        (
            "sid=1; Path=/",
            "sid=; Path=/; Domain=shop.example; Max-Age=0",
            false,
        ),
        (
            "sid=1; Path=/; Secure; Partitioned",
            "sid=; Path=/; Secure; Max-Age=0",
            false,
        ),
        (
            "__Host-sid=1; Path=/; Secure",
            "__Host-sid=; Path=/; Max-Age=0",
            false,
        ),
        (
            "__Host-sid=1; Path=/; Secure",
            "__Host-sid=; Path=/; Secure; Max-Age=0",
            true,
        ),
    ] {
        let mut jar = jar();
        jar.store(&page, set.as_bytes()).unwrap();
        let _: Result<(), Refusal> = jar.store(&page, removal.as_bytes());
        assert_eq!(jar.cookies().is_empty(), removes, "{set} then {removal}");
    }
}
