//! Which cookies go with which request, and for how long.

use std::time::Duration;

use http::Method;

use super::{DAY, SHOP, fetch, jar, sent, start};
use crate::browser::{Cookie, Fetch, Refusal};

#[test]
fn a_persistent_cookie_ends_by_the_clock_and_a_session_cookie_with_the_browser() {
    let page = fetch(SHOP);
    let mut jar = jar();
    jar.store(&page, b"kept=1; Max-Age=60").unwrap();
    jar.store(&page, b"session=1").unwrap();
    jar.advance(Duration::from_secs(59));
    assert_eq!(sent(&jar, &page), "kept=1; session=1");
    jar.close_browser();
    assert_eq!(sent(&jar, &page), "kept=1");
    jar.advance(Duration::from_secs(1));
    assert_eq!(jar.cookies(), []);
}

#[test]
fn a_newer_cookie_replaces_the_older_one_and_keeps_its_place() {
    let page = fetch("https://shop.example/shop/cart");
    let mut jar = jar();
    for header in [
        "first=1; Path=/",
        "second=2; Path=/",
        "deep=3; Path=/shop/cart",
        "mid=4",
    ] {
        jar.store(&page, header.as_bytes()).unwrap();
    }
    jar.advance(DAY);
    jar.store(&page, b"first=new; Path=/").unwrap();
    assert_eq!(sent(&jar, &page), "deep=3; mid=4; first=new; second=2");
    assert_eq!(jar.cookie("first").unwrap().created(), start());
    jar.store(&page, b"first=inner; Path=/shop").unwrap();
    assert_eq!(
        jar.cookie("first").unwrap().value(),
        "inner",
        "the one that is sent first"
    );
}

#[test]
fn cookies_go_to_the_hosts_paths_and_schemes_they_are_for() {
    let mut jar = jar();
    let page = fetch(SHOP);
    for header in [
        "own=1",
        "wide=2; Domain=shop.example",
        "deep=3; Path=/a",
        "tls=4; Secure",
        "nameless",
    ] {
        jar.store(&page, header.as_bytes()).unwrap();
    }
    for (url, cookies) in [
        (SHOP, "own=1; wide=2; tls=4; nameless"),
        ("https://shop.example", "own=1; wide=2; tls=4; nameless"),
        ("http://shop.example/", "own=1; wide=2; nameless"),
        (
            "https://shop.example/a/b?c",
            "deep=3; own=1; wide=2; tls=4; nameless",
        ),
        ("https://shop.example/ab", "own=1; wide=2; tls=4; nameless"),
        ("https://a.shop.example/", "wide=2"),
        ("https://badshop.example/", ""),
        ("https://example/", ""),
    ] {
        assert_eq!(sent(&jar, &fetch(url)), cookies, "{url}");
    }
}

#[test]
fn loopback_is_secure_only_when_the_jar_is_told_so() {
    let mut jar = jar();
    let page = fetch("http://localhost/");
    assert_eq!(jar.store(&page, b"sid=1; Secure"), Err(Refusal::InsecureOrigin));
    jar.trust_loopback(true);
    assert_eq!(jar.store(&page, b"sid=1; Secure"), Ok(()));
    assert_eq!(
        jar.store(&fetch("http://shop.example/"), b"sid=1; Secure"),
        Err(Refusal::InsecureOrigin)
    );
    assert_eq!(sent(&jar, &page), "sid=1");
    jar.trust_loopback(false);
    assert_eq!(sent(&jar, &page), "");
}

#[test]
fn an_insecure_origin_leaves_secure_cookies_alone() {
    let refused = Err(Refusal::ShadowsSecure);
    for (host, header, outcome) in [
        ("http://in.shop.example/", "sid=2; Path=/in", refused),
        ("http://in.shop.example/", "sid=2; Path=/in/more", refused),
        ("http://a.in.shop.example/", "sid=2; Path=/in", refused),
        ("http://shop.example/", "sid=2; Path=/in", refused),
        ("http://in.shop.example/", "sid=2; Path=/", Ok(())),
        ("http://in.shop.example/", "other=2; Path=/in", Ok(())),
        ("http://else.example/", "sid=2; Path=/in", Ok(())),
        ("https://in.shop.example/", "sid=2; Path=/in", Ok(())),
    ] {
        let mut jar = jar();
        let secure = fetch("https://in.shop.example/");
        jar.store(&secure, b"sid=1; Path=/in; Secure").unwrap();
        assert_eq!(
            jar.store(&fetch(host), header.as_bytes()),
            outcome,
            "{host} {header}"
        );
        assert_eq!(jar.refused().len(), usize::from(outcome.is_err()), "{header}");
    }
}

#[test]
fn requests_of_other_sites_take_only_what_same_site_allows() {
    let page = fetch(SHOP);
    let post = |target: &str| Fetch::new(page.origin().clone(), Method::POST, target);
    let mut jar = jar();
    for header in [
        "s=1; SameSite=Strict",
        "l=2; SameSite=Lax",
        "n=3; SameSite=None; Secure",
        "u=4",
    ] {
        jar.store(&page, header.as_bytes()).unwrap();
    }
    assert_eq!(sent(&jar, &post("/")), "s=1; l=2; n=3; u=4");
    assert_eq!(sent(&jar, &page.clone().cross_site()), "n=3");
    assert_eq!(
        sent(&jar, &page.clone().cross_site().navigation()),
        "l=2; n=3; u=4"
    );
    assert_eq!(sent(&jar, &post("/").cross_site()), "n=3");
    assert_eq!(
        sent(&jar, &post("/").cross_site().navigation()),
        "n=3; u=4",
        "within two minutes"
    );
    jar.advance(Duration::from_secs(121));
    assert_eq!(sent(&jar, &post("/").cross_site().navigation()), "n=3");

    let embedded = page.clone().cross_site();
    assert_eq!(
        jar.store(&embedded, b"x=1; SameSite=Lax"),
        Err(Refusal::CrossSite)
    );
    assert_eq!(jar.store(&embedded, b"x=1"), Err(Refusal::CrossSite));
    assert_eq!(jar.store(&embedded, b"x=1; SameSite=None; Secure"), Ok(()));
    assert_eq!(jar.store(&embedded.navigation(), b"x=2; SameSite=Strict"), Ok(()));
}

#[test]
fn a_planted_cookie_is_sent_whatever_it_is() {
    let page = fetch("https://shop.example/a");
    let mut jar = jar();
    jar.set_raw(Cookie::planted("__Host-sid", b"\xff", "shop.example"));
    jar.set_raw(
        Cookie::planted("sid", "sibling", "example")
            .on_subdomains()
            .at_path("/a"),
    );
    jar.set_raw(Cookie::planted("old", "1", "shop.example").until(start() + DAY));
    assert_eq!(
        jar.cookie_header(&page).unwrap(),
        b"sid=sibling; __Host-sid=\xff; old=1"
    );
    jar.advance(DAY);
    assert!(jar.cookie("old").is_none());
}
