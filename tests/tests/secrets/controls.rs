//! What must be found is found: secrets that were planted, in every encoding and in every place that is looked at.

use std::panic::{self, AssertUnwindSafe};

use futures_util::FutureExt as _;
use keycard::{CookieSpec, Keycard, Transport};
use keycard_fixtures::RedisServer;
use keycard_tests::monitor::Monitor;
use keycard_tests::secrets::{Scanner, Witness, log, redis};
use keycard_tests::world::{Adapter, Kind, World};
use serde_json::json;

/// SHA-256 of `a secret`. What follows was written by other tools.
const SECRET: &[u8; 32] = b"\x98L\xa5\x16\"\x00sLY!H\xf1\x82\x0bq\x05\x7f\t\x85s\xd18fkHf>N0\xcd\x8d:";

/// The secret in each encoding; where neighbours change its text, after none, one and two bytes.
const PLANTED: [(&str, &[u8]); 26] = [
    ("raw", SECRET),
    ("base64", b"mEylFiIAc0xZIUjxggtxBX8JhXPROGZrSGY+TjDNjTouLg=="),
    ("base64", b"KJhMpRYiAHNMWSFI8YILcQV/CYVz0Thma0hmPk4wzY06Li4="),
    ("base64", b"aWSYTKUWIgBzTFkhSPGCC3EFfwmFc9E4ZmtIZj5OMM2NOi4="),
    ("base64url", b"mEylFiIAc0xZIUjxggtxBX8JhXPROGZrSGY-TjDNjTo"),
    ("base64url", b"KJhMpRYiAHNMWSFI8YILcQV_CYVz0Thma0hmPk4wzY06"),
    ("base64url", b"aWSYTKUWIgBzTFkhSPGCC3EFfwmFc9E4ZmtIZj5OMM2NOg"),
    (
        "base64 in a URL",
        b"mEylFiIAc0xZIUjxggtxBX8JhXPROGZrSGY%2BTjDNjTo%3D",
    ),
    (
        "hex",
        b"984ca5162200734c592148f1820b71057f098573d138666b48663e4e30cd8d3a",
    ),
    (
        "hex",
        b"984CA5162200734C592148F1820B71057F098573D138666B48663E4E30CD8D3A",
    ),
    (
        "hex with colons",
        b"98:4c:a5:16:22:00:73:4c:59:21:48:f1:82:0b:71:05:7f:09:85:73:d1",
    ),
    (
        "hex in a list",
        b"[98, 4c, a5, 16, 22, 00, 73, 4c, 59, 21, 48, f1, 82, 0b, 71, 05]",
    ),
    (
        "percent-encoding",
        b"%98L%A5%16%22%00sLY%21H%F1%82%0Bq%05%7F%09%85s%D18fkHf%3EN0%CD%8D%3A",
    ),
    (
        "percent-encoding",
        b"%98%4c%a5%16%22%00%73%4c%59%21%48%f1%82%0b%71%05%7f%09%85%73%d1%38",
    ),
    (
        "numbers",
        b"[152, 76, 165, 22, 34, 0, 115, 76, 89, 33, 72, 241, 130, 11, 113, 5]",
    ),
    (
        "numbers",
        b"[152,76,165,22,34,0,115,76,89,33,72,241,130,11,113,5,127,9,133,115]",
    ),
    (
        "escapes",
        br#"b"\x98L\xa5\x16\"\x00sLY!H\xf1\x82\x0bq\x05\x7f\t\x85s\xd18fkHf>N0\xcd\x8d:""#,
    ),
    ("numbers in MessagePack", b"\xcc\x98L\xcc\xa5\x16\"\x00sLY!H\xcc\xf1\xcc\x82\x0bq\x05\x7f\t\xcc\x85s\xcc\xd18fkHf>N0\xcc\xcd\xcc\x8d:"),
    ("Latin-1 as UTF-8", b"\xc2\x98L\xc2\xa5\x16\"\x00sLY!H\xc3\xb1\xc2\x82\x0bq\x05\x7f\t\xc2\x85s\xc3\x918fkHf>N0\xc3\x8d\xc2\x8d:"),
    ("JSON", br#"\u0098L\u00a5\u0016\"\u0000sLY!H\u00f1\u0082\u000bq\u0005\u007f\t\u0085s\u00d18fkHf>N0\u00cd\u008d:"#),
    ("JSON", b"\xc2\x98L\xc2\xa5\\u0016\\\"\\u0000sLY!H\xc3\xb1\xc2\x82\\u000bq\\u0005\x7f\\t\xc2\x85s\xc3\x918fkHf>N0\xc3\x8d\xc2\x8d:"),
    ("JSON, all escaped", br"\u0098\u004c\u00a5\u0016\u0022\u0000\u0073\u004c\u0059\u0021\u0048\u00f1\u0082\u000b\u0071\u0005\u007f\u0009\u0085\u0073\u00d1\u0038\u0066\u006b\u0048\u0066\u003e\u004e\u0030\u00cd\u008d\u003a"),
    ("JSON, all escaped", br"\u0098\u004C\u00A5\u0016\u0022\u0000\u0073\u004C\u0059\u0021\u0048\u00F1\u0082\u000B\u0071\u0005\u007F\u0009\u0085\u0073\u00D1\u0038\u0066\u006B\u0048\u0066\u003E\u004E\u0030\u00CD\u008D\u003A"),
    ("hex with hyphens", b"98-4c-a5-16-22-00-73-4c-59-21-48-f1-82-0b-71-05-7f-09-85-73-d1-38-66-6b-48-66-3e-4e-30-cd-8d-3a"),
    ("numbers", b"152;76;165;22;34;0;115;76;89;33;72;241;130;11;113;5;127;9;133;115;209;56;102;107;72;102;62;78;48;205;141;58"),
    ("numbers", b"152-76-165-22-34-0-115-76-89-33-72-241-130-11-113-5-127-9-133-115-209-56-102-107-72-102-62-78-48-205-141-58"),
];

fn scanner() -> Scanner {
    let mut scanner = Scanner::default();
    scanner.watch("the secret", SECRET);
    scanner
}

#[test]
fn a_secret_is_found_in_every_encoding_whole_and_in_part() {
    let scanner = scanner();
    for (encoding, text) in PLANTED {
        for part in [text, &text[4..20]] {
            let planted = [b"Before ", part, b" after"].concat();
            let findings = scanner.scan("here", &planted);
            assert_eq!(findings.len(), 1, "{encoding}: {}", part.escape_ascii());
            assert!(findings[0].starts_with("here: the secret as "), "{findings:?}");
        }
        assert_eq!(scanner.scan("here", &text[4..19]), [""; 0], "{encoding}");
    }
}

#[test]
fn a_list_over_several_lines_is_found() {
    let lists = [
        format!("{SECRET:#?}"),
        format!("{SECRET:#x?}"),
        format!("{SECRET:#04X?}").replace("0x", ""),
        format!("{:#?}", SECRET.map(|byte| format!("{byte:02x}"))).replace('"', ""),
    ];
    for list in lists {
        assert!(list.lines().count() > 32, "{list}");
        assert_eq!(scanner().scan("here", list.as_bytes()).len(), 1, "{list}");
    }
}

#[test]
fn nothing_else_is_found() {
    let scanner = scanner();
    for (encoding, text) in PLANTED {
        let reversed: Vec<u8> = text.iter().rev().copied().collect();
        assert_eq!(scanner.scan("here", &reversed), [""; 0], "{encoding}");
    }
}

#[tokio::test]
async fn a_secret_is_found_wherever_redis_keeps_it() {
    let server = RedisServer::start().unwrap();
    let mut monitor = Monitor::over(&server).await;
    let key = ["key ".as_bytes(), SECRET].concat();
    let padded = [SECRET.as_slice(), &[b'x'; 1_000]].concat();
    let writes: [&[&[u8]]; 8] = [
        &[b"SET", &key, b"1"],
        &[b"SET", b"string", SECRET],
        &[b"SET", b"compressible", &padded],
        &[b"RPUSH", b"list", SECRET],
        &[b"SADD", b"set", SECRET],
        &[b"ZADD", b"sorted set", b"1", SECRET],
        &[b"HSET", b"hash", b"field", SECRET],
        &[b"XADD", b"stream", b"*", b"field", SECRET],
    ];
    for write in writes {
        server.command::<()>(write).unwrap();
    }
    let scanner = scanner();
    let commands = monitor.lines().await;
    let told = commands
        .iter()
        .filter(|line| !scanner.scan("", &redis::unescaped(line)).is_empty());
    assert_eq!(told.count(), writes.len(), "{commands:#?}");

    let places: Vec<String> = redis::contents(&server.address(), "*")
        .into_iter()
        .flat_map(|(place, text)| scanner.scan(&place, &text))
        .collect();
    assert_eq!(places.len(), writes.len(), "{places:#?}");
    let hex = std::str::from_utf8(PLANTED[8].1).unwrap();
    let script = "redis.log(redis.LOG_WARNING, ARGV[1])";
    server.command::<()>(&["EVAL", script, "0", hex]).unwrap();
    let log = redis::log(&server.address());
    assert!(!scanner.scan("", &log).is_empty(), "{}", log.escape_ascii());
}

/// A way to tell a secret.
type Tell = fn(&[u8]);

#[test]
fn a_secret_is_found_in_logs_of_every_kind() {
    log::capture();
    let mut scanner = Scanner::default();
    let kinds: [(&str, Tell); 6] = [
        ("event", |secret| tracing::trace!("{secret:02x?}")),
        ("event over several lines", |secret| {
            tracing::trace!("{secret:#?}");
        }),
        ("field", |secret| tracing::trace!(target: "elsewhere", secret)),
        ("span", |secret| {
            drop(tracing::trace_span!("span", ?secret).entered());
        }),
        ("record", |secret| ::log::trace!("{secret:?}")),
        ("panic", |secret| {
            drop(panic::catch_unwind(|| panic!("{secret:?}")));
        }),
    ];
    // Of one digit: a few bytes of three are enough for a window, and other tests look for random ones in the same log.
    for (byte, (kind, tell)) in (1..).zip(kinds) {
        scanner.watch(kind, &[byte; 32]);
        tell(&[byte; 32]);
    }
    let entries = log::entries(&log::captured());
    let findings: Vec<String> = entries
        .iter()
        .flat_map(|entry| scanner.scan("the log", entry))
        .collect();
    for (kind, _) in kinds {
        let is_there = |finding: &String| finding.starts_with(&format!("the log: {kind} as "));
        assert!(findings.iter().any(is_there), "{kind}: {findings:#?}");
    }
}

/// What is found in what a journey leaves behind.
async fn found<F: Future<Output = ()>>(journey: impl FnOnce(World) -> F) -> String {
    let watched = Witness::watch(Adapter::Axum, Kind::Redis, journey);
    let failed = AssertUnwindSafe(watched).catch_unwind().await.unwrap_err();
    failed.downcast_ref::<String>().unwrap().clone()
}

/// The id of a client that is told it in this place, by the sessions of a keycard.
async fn id(world: &World, keycard: Keycard, told: &str) -> String {
    let server = world.acting_server_with(world.adapter, keycard).await;
    let login = json!([{"do": "login", "user": "alice"}]);
    let answer = world.browser().act(&server, login).await;
    let value = answer.header(told).unwrap();
    let value = value.split_once('=').map_or(value, |(_, value)| value);
    value.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_that_leaves_a_secret_behind_fails() {
    let logged =
        found(async |world: World| tracing::trace!("{}", id(&world, world.keycard(), "set-cookie").await));
    let cookie = CookieSpec::builder("another").build().unwrap();
    let of_another_name = found(async |world: World| {
        let keycard = world.keycard_with(&[1], |builder| builder.cookie(cookie));
        tracing::trace!("{}", id(&world, keycard, "set-cookie").await);
    });
    let in_a_header = found(async |world: World| {
        let transports = [Transport::Header("x-session-id")];
        let keycard = world.keycard_with(&[1], |builder| builder.transports(transports));
        tracing::trace!("{}", id(&world, keycard, "x-session-id").await);
    });
    for found in [logged.await, of_another_name.await, in_a_header.await] {
        assert!(
            found.contains("the log, : the secret half of id 1 as "),
            "{found}"
        );
    }
    let shown = found(async |world: World| {
        let id = id(&world, world.keycard(), "set-cookie").await;
        let steps = json!([{"do": "insert", "key": "id", "value": id}, {"do": "get", "key": "id"}]);
        world.browser().act(&world.acting_server().await, steps).await;
    });
    let shown = shown.await;
    for place in ["answers, POST ", "redis, the value of "] {
        assert!(shown.contains(place), "{place}: {shown}");
    }
}
