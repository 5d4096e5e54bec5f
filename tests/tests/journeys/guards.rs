//! Guards around routes, in the arguments of handlers and in the middle of them.

use std::time::Duration;

use http::Method;
use keycard::Drift;
use keycard_tests::browser::{Browser, Response, Snapshot};
use serde_json::{Value, json};

use crate::acting::{NOBODY, begun, done, login, serve, users};
use crate::world::{Builder, Running, World, sid};

journeys! {
    each_guard_answers_each_visitor_alike_at_every_door
    what_a_step_up_asks_for_opens_the_door_on_every_server
    a_guard_that_reads_anew_sees_what_another_server_has_done_meanwhile
}

mod away {
    use super::while_the_store_is_away_no_guard_lets_anybody_pass;

    journeys! { redis: while_the_store_is_away_no_guard_lets_anybody_pass }
}

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const WEEK: Duration = Duration::from_hours(7 * 24);
const DOORS: [&str; 4] = ["layer", "page", "extractor", "handler"];

/// A status, and a body.
type Answer = (u16, &'static str);

const IN: Answer = (200, "in");
const WHO: Answer = (401, r#"{"error":"nobody is logged in"}"#);
const NO: Answer = (403, r#"{"error":"this is not allowed"}"#);
const OTP: Answer = (
    403,
    r#"{"error":"a further factor is needed","step_up":{"factor":"otp"}}"#,
);
const OLD: Answer = (
    403,
    r#"{"error":"a further factor is needed","step_up":{"factor":"otp","max_age":300}}"#,
);
const KEY: Answer = (
    403,
    r#"{"error":"a further factor is needed","step_up":{"factor":"hwk"}}"#,
);
const LATE: Answer = (
    403,
    r#"{"error":"a recent authentication is needed","step_up":{"max_age":300}}"#,
);
const ANY: Answer = (
    403,
    r#"{"error":"a recent authentication is needed","step_up":{}}"#,
);

/// What each guard answers each of the [`visitors`], in their order: nobody, a guest, a login that waits, a user, an
/// administrator, one with a code, one who had a code a week ago, a clerk of a week ago, somebody elsewhere, and somebody whose
/// session has ended.
#[rustfmt::skip]
const TABLE: [(&str, [Answer; 10]); 16] = [
    ("Anyone",            [WHO, IN,  IN,  IN,  IN,  IN,   IN,   IN,   IN,  WHO]),
    ("User",              [WHO, WHO, WHO, IN,  IN,  IN,   IN,   IN,   ANY, WHO]),
    ("UserAnew",          [WHO, WHO, WHO, IN,  IN,  IN,   IN,   IN,   ANY, WHO]),
    ("Admin",             [WHO, WHO, WHO, NO,  IN,  IN,   IN,   NO,   ANY, WHO]),
    ("AdminAnew",         [WHO, WHO, WHO, NO,  IN,  IN,   IN,   NO,   ANY, WHO]),
    ("Staff",             [WHO, WHO, WHO, NO,  IN,  IN,   IN,   IN,   ANY, WHO]),
    ("NoRole",            [WHO, WHO, WHO, NO,  NO,  NO,   NO,   NO,   ANY, WHO]),
    ("Otp",               [WHO, WHO, WHO, OTP, OTP, IN,   IN,   OTP,  ANY, WHO]),
    ("OtpLately",         [WHO, WHO, WHO, OLD, OLD, IN,   OLD,  OLD,  ANY, WHO]),
    ("Fresh",             [WHO, WHO, WHO, IN,  IN,  IN,   LATE, LATE, ANY, WHO]),
    ("AdminWithOtp",      [WHO, WHO, WHO, NO,  OTP, IN,   IN,   NO,   ANY, WHO]),
    ("FreshWithOtp",      [WHO, WHO, WHO, OTP, OTP, IN,   LATE, LATE, ANY, WHO]),
    ("OtpWhileFresh",     [WHO, WHO, WHO, OTP, OTP, IN,   LATE, OTP,  ANY, WHO]),
    ("KeyOrAdmin",        [WHO, WHO, WHO, KEY, IN,  IN,   IN,   KEY,  ANY, WHO]),
    ("AdminOrAnyone",     [WHO, IN,  IN,  IN,  IN,  IN,   IN,   IN,   IN,  WHO]),
    ("ClerkOrFreshAdmin", [WHO, WHO, WHO, NO,  IN,  IN,   LATE, IN,   ANY, WHO]),
];

/// Where in the list of visitors the one stands who comes from elsewhere.
const MOVED: usize = 8;

/// Whoever comes to a door.
async fn visitors(world: &World, [server, other]: &[Running; 2]) -> [Browser; 10] {
    let as_admin = json!({"do": "login", "user": "bob", "roles": ["admin"]});
    let remembered =
        |user: &str, role: &str| json!({"do": "login", "user": user, "roles": [role], "remembered": true});
    let waits = json!({"do": "login", "user": "carol", "roles": ["admin"], "pending": true});
    let (cart, otp) = (
        json!({"do": "insert", "key": "cart", "value": 1}),
        json!({"do": "prove"}),
    );
    let mut a_week_ago = [
        begun(world, server, json!([remembered("bob", "admin"), otp])).await,
        begun(world, other, json!([remembered("dora", "clerk")])).await,
    ];
    for browser in &mut a_week_ago {
        browser.close_browser();
        browser.advance(WEEK);
    }
    world.clock.advance(WEEK);
    let [proved, clerk] = a_week_ago;
    let ended = begun(world, server, json!([as_admin])).await;
    done(&mut ended.clone(), other, json!([{"do": "logout"}])).await;
    [
        world.browser(),
        begun(world, server, json!([cart])).await,
        begun(world, other, json!([cart, waits])).await,
        begun(world, server, json!([login("alice")])).await,
        begun(world, other, json!([as_admin])).await,
        begun(world, server, json!([as_admin, otp])).await,
        proved,
        clerk,
        begun(world, other, json!([as_admin, otp])).await,
        ended,
    ]
}

/// Comes to a door, with another language than at the login if it is from elsewhere.
async fn come(visitor: &Snapshot, server: &Running, path: &str, is_elsewhere: bool) -> Response {
    let request = visitor.request(Method::GET, server, path);
    let request = if is_elsewhere {
        request.header("accept-language", "en")
    } else {
        request
    };
    request.send().await
}

/// The status of an answer, and its text or where it leads. It tells nothing to the visitor's cookie or a shared cache.
fn seen(answer: &Response) -> (u16, String) {
    assert!(answer.set_cookies().is_empty(), "{answer}");
    assert_eq!(answer.header("vary"), Some("Cookie"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("private"), "{answer}");
    let is_json = answer.header("content-type") == Some("application/json");
    assert_eq!(is_json, answer.text().starts_with('{'), "{answer}");
    let location = answer.header("location").map(str::to_owned);
    (answer.status.as_u16(), location.unwrap_or_else(|| answer.text()))
}

/// What a door makes of a guard's answer.
fn told(path: &str, (status, body): Answer) -> (u16, String) {
    let error = || serde_json::from_str::<Value>(body).unwrap()["error"].take();
    match (path.starts_with("/guards/page"), status) {
        (true, 401) => (303, "/login".to_owned()),
        (true, 403) => (403, format!("{path}: {}", error().as_str().unwrap())),
        _ => (status, body.to_owned()),
    }
}

fn path(door: &str, guard: &str) -> String {
    format!("/guards/{door}/{guard}")
}

async fn each_guard_answers_each_visitor_alike_at_every_door(world: World) {
    let bound = |builder: Builder| builder.bind_fingerprint(Drift::StepUp);
    let (servers, _) = serve(&world, bound).await;
    let visitors = visitors(&world, &servers).await;
    for (guard, answers) in TABLE {
        for path in DOORS.map(|door| path(door, guard)) {
            let mut all = Vec::new();
            for (place, visitor) in visitors.iter().enumerate() {
                all.push(seen(
                    &come(&visitor.snapshot(), &servers[0], &path, place == MOVED).await,
                ));
            }
            assert_eq!(all, answers.map(|answer| told(&path, answer)), "{path}");
        }
    }
}

/// Asserts what is answered at every door on both servers.
async fn assert_doors(visitor: &Browser, servers: &[Running; 2], guard: &str, expected: Answer) {
    for server in servers {
        for path in DOORS.map(|door| path(door, guard)) {
            let answer = visitor.snapshot().get(server, &path).await;
            assert_eq!(seen(&answer), told(&path, expected), "{answer}");
        }
    }
}

async fn what_a_step_up_asks_for_opens_the_door_on_every_server(world: World) {
    let (servers, _) = serve(&world, |builder| builder).await;
    let [server, other] = &servers;
    let mut browser = begun(&world, server, json!([login("alice")])).await;
    assert_doors(&browser, &servers, "OtpLately", OLD).await;
    let (before, old) = (browser.clone(), sid(&browser));
    done(&mut browser, other, json!([{"do": "prove"}])).await;
    assert_ne!(sid(&browser), old);
    for guard in ["Otp", "OtpLately", "Fresh"] {
        assert_doors(&browser, &servers, guard, IN).await;
        assert_doors(&before, &servers, guard, WHO).await;
    }
    world.clock.advance(FIVE_MINUTES);
    assert_doors(&browser, &servers, "OtpLately", IN).await;
    world.clock.advance(Duration::from_millis(1));
    for (guard, answer) in [
        ("Otp", IN),
        ("OtpLately", OLD),
        ("Fresh", LATE),
        ("FreshWithOtp", LATE),
    ] {
        assert_doors(&browser, &servers, guard, answer).await;
    }
    done(&mut browser, server, json!([{"do": "reauthenticate"}])).await;
    for (guard, answer) in [("Fresh", IN), ("FreshWithOtp", IN), ("OtpLately", OLD)] {
        assert_doors(&browser, &servers, guard, answer).await;
    }
    done(&mut browser, other, json!([{"do": "prove"}])).await;
    assert_doors(&browser, &servers, "OtpLately", IN).await;
}

async fn a_guard_that_reads_anew_sees_what_another_server_has_done_meanwhile(world: World) {
    let (servers, everybody) = serve(&world, |builder| builder).await;
    let meanwhile = async |browser: &Browser, number: usize| {
        if number.is_multiple_of(2) {
            done(&mut browser.clone(), &servers[1], json!([{"do": "logout"}])).await;
        } else {
            assert_eq!(everybody.of("bob").end_all().await.unwrap(), 1);
        }
    };
    let guards = [("User", IN), ("UserAnew", WHO), ("AdminAnew", WHO)];
    for (number, (guard, expected)) in guards.into_iter().cycle().take(6).enumerate() {
        for door in DOORS {
            let path = path(door, guard);
            let as_admin = json!({"do": "login", "user": "bob", "roles": ["admin"]});
            let browser = begun(&world, &servers[0], json!([as_admin])).await;
            let (cookies, hold) = (browser.snapshot(), format!("{number} {door}"));
            let request = cookies
                .request(Method::GET, &servers[0], &path)
                .header("x-hold", &hold);
            let ended = async {
                world.gates.wait(&format!("{hold}: read")).await;
                meanwhile(&browser, number).await;
                world.gates.arrive(&format!("{hold}: go"));
            };
            let (answer, ()) = tokio::join!(request.send(), ended);
            assert_eq!(seen(&answer), told(&path, expected), "{answer}");
            assert_eq!(users(&browser, &servers).await, NOBODY);
        }
    }
}

async fn while_the_store_is_away_no_guard_lets_anybody_pass(mut world: World) {
    world.deadline = Some(Duration::from_secs(4)); // a login on a busy machine takes less
    let (servers, _) = serve(&world, |builder| builder).await;
    let browser = begun(&world, &servers[0], json!([login("alice")])).await;
    world.redis().freeze().unwrap();
    for server in &servers {
        for path in [
            "/guards/layer/User",
            "/guards/page/User",
            "/guards/extractor/UserAnew",
            "/greeting",
        ] {
            let answer = browser.snapshot().get(server, path).await.expect_status(503);
            assert!(
                answer.set_cookies().is_empty() && answer.body.is_empty(),
                "{answer}"
            );
        }
    }
}
