//! Which transport decides, what is taken from it, and how its client is told.

use std::time::Duration;

use super::*;
use crate::id::RoutingTag;

const COOKIE: Transport = Transport::Cookie;
const HEADER: Transport = Transport::Header("x-session-id");
const BEARER: Transport = Transport::Bearer;

fn transports(list: &[Transport]) -> Transports {
    let keys = KeyRing::new([[7; 32]]).unwrap();
    Transports::new(list, CookieSpec::default(), &keys, "shop").unwrap()
}

fn sealed(transport: Transport, id: &SessionId) -> String {
    transports(&[transport]).carriers[0].1.seal(id)
}

/// The header that a client of this transport sends with this id.
fn sent(transport: Transport, text: &str) -> (&'static str, String) {
    let value = match transport {
        Transport::Cookie => format!("theme=dark; __Host-sid={text}"),
        Transport::Header(_) => text.to_owned(),
        Transport::Bearer => format!("Bearer {text}"),
    };
    (transport.header(), value)
}

/// Which of the listed transports decided, how many ids it gave, and what was looked at.
fn read(list: &[Transport], headers: &[(&str, String)]) -> (Transport, usize, Vec<&'static str>) {
    let transports = transports(list);
    let presented = transports.read(headers);
    (
        list[presented.decided_by],
        transports.open(&presented).count(),
        transports.vary(&presented).names().to_vec(),
    )
}

#[test]
fn the_first_that_is_present_decides() {
    let id = SessionId::generate(RoutingTag::random());
    let good = |transport| sent(transport, &sealed(transport, &id));
    let forged = |transport| {
        sent(
            transport,
            &sealed(transport, &id).replace('.', "._")[..Seal::TEXT],
        )
    };
    let all = [COOKIE, HEADER, BEARER];
    let (c, h, a) = ("Cookie", "x-session-id", "Authorization");
    let table = [
        (&all[..], vec![], (COOKIE, 0, vec![c, h, a])),
        (&all, vec![good(COOKIE)], (COOKIE, 1, vec![c])),
        (&all, vec![good(HEADER)], (HEADER, 1, vec![c, h])),
        (&all, vec![good(BEARER)], (BEARER, 1, vec![c, h, a])),
        (
            &all,
            vec![good(BEARER), good(HEADER), good(COOKIE)],
            (COOKIE, 1, vec![c]),
        ),
        (&all, vec![forged(COOKIE), good(HEADER)], (COOKIE, 0, vec![c])),
        (
            &all,
            vec![sent(COOKIE, "leftover"), good(HEADER)],
            (HEADER, 1, vec![c, h]),
        ),
        (&[HEADER, COOKIE], vec![good(COOKIE)], (COOKIE, 1, vec![h, c])),
        (
            &[HEADER, COOKIE],
            vec![good(COOKIE), good(HEADER)],
            (HEADER, 1, vec![h]),
        ),
        (
            &[HEADER, COOKIE],
            vec![good(COOKIE), forged(HEADER)],
            (HEADER, 0, vec![h]),
        ),
        (
            &[HEADER, COOKIE],
            vec![good(COOKIE), sent(HEADER, "")],
            (HEADER, 0, vec![h]),
        ),
        (
            &[BEARER, COOKIE],
            vec![good(COOKIE), forged(BEARER)],
            (BEARER, 0, vec![a]),
        ),
        (&[BEARER, COOKIE], vec![], (BEARER, 0, vec![a, c])),
        (&[COOKIE], vec![good(HEADER), good(BEARER)], (COOKIE, 0, vec![c])),
        (&[HEADER], vec![good(COOKIE), good(BEARER)], (HEADER, 0, vec![h])),
        (&[BEARER], vec![good(COOKIE), good(HEADER)], (BEARER, 0, vec![a])),
    ];
    for (list, headers, expected) in table {
        assert_eq!(read(list, &headers), expected, "{list:?} {headers:?}");
    }
}

#[test]
fn an_id_is_valid_where_it_was_told_and_nowhere_else() {
    let id = SessionId::generate(RoutingTag::random());
    let places = [
        COOKIE,
        HEADER,
        BEARER,
        Transport::Header("x-other-id"),
        Transport::Header("cookie-id"),
    ];
    for told in places {
        for used in places {
            let (_, ids, _) = read(&[used], &[sent(used, &sealed(told, &id))]);
            assert_eq!(ids == 1, told == used, "{told:?} {used:?}");
        }
    }
}

#[test]
fn a_bearer_token_of_another_form_is_left_to_others() {
    let id = SessionId::generate(RoutingTag::random());
    let token = sealed(BEARER, &id);
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "e".repeat(50), "s".repeat(43));
    let both = [BEARER, COOKIE];
    let ours = [
        format!("Bearer {token}"),
        format!("bearer  {token} "),
        format!("BEARER\t{token}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {token}x"),
        format!("Bearer {}", &token[..100]),
    ];
    for (at, value) in ours.into_iter().enumerate() {
        let (transport, ids, _) = read(&both, &[("authorization", value.clone())]);
        assert_eq!((transport, ids), (BEARER, usize::from(at < 3)), "{value}");
    }
    let others = [
        format!("Bearer {jwt}"),
        format!("Bearer {}", "e".repeat(Seal::TEXT)),
        format!("Bearer 2{}", &token[1..]),
        "Bearer 1".to_owned(),
        format!("Basic {token}"),
        format!("Bearer{token}"),
        token,
        String::new(),
    ];
    for value in others {
        let cookie = sent(COOKIE, &sealed(COOKIE, &id));
        let (transport, ids, _) = read(&both, &[("authorization", value.clone()), cookie]);
        assert_eq!((transport, ids), (COOKIE, 1), "{value}");
    }
}

#[test]
fn what_cannot_be_an_id_is_not_kept() {
    let id = SessionId::generate(RoutingTag::random());
    let good = sealed(HEADER, &id);
    let transports = transports(&[HEADER]);
    let texts = |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("x-session-id", *value)).collect();
        read::texts(&transports.read(headers.as_slice()).texts)
    };
    for junk in [
        "",
        " ",
        "x",
        &"x".repeat(9000),
        &format!("{good}, {good}"),
        &format!("{good}é"),
    ] {
        assert!(texts(&[junk]).is_empty(), "{junk}");
    }
    assert_eq!(texts(&[&format!("\t{good} "), &good]), [good.as_str()]);
    let many: Vec<String> = "abcdef"
        .chars()
        .map(|c| c.to_string().repeat(Seal::TEXT))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(texts(&many).len(), read::MAX_CANDIDATES);
}

#[test]
fn a_client_is_told_by_the_transport_that_decided() {
    let id = SessionId::generate(RoutingTag::random());
    let max_age = Some(Duration::from_hours(1));
    let set = Outgoing::Set {
        id: id.clone(),
        max_age,
    };
    let list = [COOKIE, Transport::Header("x-app"), BEARER];
    let told = |headers: &[(&str, String)], outgoing| {
        let transports = transports(&list);
        let Told { header, value } = transports.tell(&transports.read(headers), outgoing);
        (header, value)
    };
    let by_header = [("x-app", String::new())];
    let by_bearer = [("authorization", "Bearer".to_owned())];
    let (header, value) = told(&[], &set);
    assert!(header == "set-cookie" && value.contains(&sealed(COOKIE, &id)) && value.contains("Max-Age=3600"));
    assert_eq!(told(&by_header, &set), ("x-app", sealed(list[1], &id)));
    assert_eq!(told(&by_bearer, &set), ("x-session-id", sealed(BEARER, &id)));
    assert_eq!(told(&by_header, &Outgoing::Remove), ("x-app", String::new()));
    assert_eq!(
        told(&by_bearer, &Outgoing::Remove),
        ("x-session-id", String::new())
    );
}

#[test]
fn transports_that_cannot_work_do_not_build() {
    let refusal = |list: &[Transport]| {
        let keys = KeyRing::new([[7; 32]]).unwrap();
        let built = Transports::new(list, CookieSpec::default(), &keys, "");
        built.expect_err("the list cannot work").to_string()
    };
    assert!(refusal(&[]).contains("no transport"));
    for twice in [COOKIE, HEADER, BEARER] {
        assert!(refusal(&[twice, BEARER, twice]).contains("stands twice"));
    }
    for name in [
        "",
        "X-Session-Id",
        "x session",
        "x:y",
        "x\n",
        "é",
        &"x".repeat(65),
    ] {
        let name = String::from(name).leak();
        assert!(
            refusal(&[COOKIE, Transport::Header(name)]).contains("cannot carry"),
            "{name}"
        );
    }
    for name in TAKEN {
        assert!(
            refusal(&[Transport::Header(name)]).contains("something else"),
            "{name}"
        );
    }
}
