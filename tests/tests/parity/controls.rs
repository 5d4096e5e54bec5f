//! The comparison finds what it is to find, and nothing else.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use keycard_tests::browser::{Response, SendErrorKind};
use keycard_tests::script::{self, Exchange, Stage};
use keycard_tests::world::{Adapter, Kind, World};

use super::{COOKIES, COOKIES_LAST, differences, worlds};

/// What one world answers to a script in which each session gets several ids.
async fn acted(world: World) -> Vec<Exchange> {
    Stage::new(world, COOKIES).await.play(script::acting()).await
}

type Change = fn(&mut Response);

/// The run with a change to each of its answers, as far as it has any to change.
fn changed(run: &[Exchange], change: impl Fn(&mut Response)) -> Vec<Exchange> {
    let mut run = run.to_vec();
    run.iter_mut()
        .filter_map(|exchange| exchange.answer.as_mut().ok())
        .for_each(change);
    run
}

fn replace(headers: &mut HeaderMap, name: &'static str, change: fn(&str) -> String) {
    for value in headers
        .iter_mut()
        .filter(|(other, _)| *other == name)
        .map(|(_, value)| value)
    {
        *value = HeaderValue::from_str(&change(value.to_str().unwrap())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_of_one_adapter_are_alike() {
    let [first, second] = worlds(Kind::Memory, [Adapter::Axum; 2]).await;
    assert_eq!(differences(&acted(first).await, &acted(second).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_difference_is_found() {
    let run = acted(World::new(Adapter::Axum, Kind::Memory).await).await;
    let changes: [(&str, Change); 10] = [
        ("another status", |answer| answer.status = StatusCode::IM_A_TEAPOT),
        ("another body", |answer| {
            answer.body = [&answer.body, &b" "[..]].concat().into();
        }),
        ("a missing header", |answer| drop(answer.headers.remove("vary"))),
        ("one more header", |answer| {
            answer
                .headers
                .insert(HeaderName::from_static("x-more"), HeaderValue::from_static(""));
        }),
        ("a header twice", |answer| {
            answer.headers.append(
                HeaderName::from_static("vary"),
                HeaderValue::from_static("Cookie"),
            );
        }),
        ("headers of one name in another order", |answer| {
            let cookies = answer.headers.get_all("set-cookie").into_iter().cloned();
            let cookies: Vec<HeaderValue> = cookies.collect();
            answer.headers.remove("set-cookie");
            for cookie in cookies.into_iter().rev() {
                answer
                    .headers
                    .append(HeaderName::from_static("set-cookie"), cookie);
            }
        }),
        ("no date", |answer| {
            replace(&mut answer.headers, "date", |_| "today".to_owned());
        }),
        ("another attribute", |answer| {
            replace(&mut answer.headers, "set-cookie", |cookie| {
                cookie.replace("Lax", "Strict")
            });
        }),
        ("a signature of another length", |answer| {
            replace(&mut answer.headers, "set-cookie", |cookie| {
                cookie.replace("; HttpOnly", "AAAA; HttpOnly")
            });
        }),
        ("no cookie", |answer| drop(answer.headers.remove("set-cookie"))),
    ];
    for (what, change) in changes {
        assert!(!differences(&run, &changed(&run, change)).is_empty(), "{what}");
    }
    let mut broken = run.clone();
    broken[0].answer = Err(SendErrorKind::Broken);
    assert_eq!(differences(&run, &broken).len(), 1, "no answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_does_not_change_is_found() {
    let run = acted(World::new(Adapter::Axum, Kind::Memory).await).await;
    let cookies: Vec<HeaderValue> = run
        .iter()
        .filter_map(|exchange| exchange.answer.as_ref().ok()?.headers.get("set-cookie").cloned())
        .filter(|cookie| !cookie.as_bytes().starts_with(b"__Host-sid=;"))
        .collect();
    // The last id in the place of the one before it.
    let [.., before, last] = cookies.as_slice() else {
        panic!("the run sets cookies");
    };
    let same = changed(&run, |answer| {
        if answer.headers.get("set-cookie") == Some(last) {
            answer.headers.insert("set-cookie", before.clone());
        }
    });
    assert_eq!(differences(&run, &same).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_in_a_header_that_does_not_change_or_is_told_elsewhere_is_found() {
    let world = World::new(Adapter::Axum, Kind::Memory).await;
    let mut stage = Stage::new(world, COOKIES_LAST).await;
    let run = stage.play(script::transports()).await;
    let told = |exchange: &Exchange| {
        exchange
            .answer
            .as_ref()
            .ok()?
            .headers
            .get("x-session-id")
            .cloned()
    };
    let mut told = run.iter().filter_map(told).filter(|id| !id.is_empty());
    let (first, second) = (told.next().unwrap(), told.next().unwrap());
    let same = changed(&run, |answer| {
        if answer.headers.get("x-session-id") == Some(&second) {
            answer.headers.insert("x-session-id", first.clone());
        }
    });
    assert!(!differences(&run, &same).is_empty());

    let is_told_elsewhere =
        |run: &[Exchange]| run.iter().any(|answer| answer.is_told_elsewhere(COOKIES_LAST));
    let by_cookie = changed(&run, |answer| {
        if let Some(id) = answer.headers.remove("x-session-id") {
            answer.headers.insert("set-cookie", id);
        }
    });
    let by_header = changed(&run, |answer| {
        if let Some(cookie) = answer.headers.remove("set-cookie") {
            answer.headers.insert("x-session-id", cookie);
        }
    });
    let found = [&run, &by_cookie, &by_header].map(|run| is_told_elsewhere(run));
    assert_eq!(found, [false, true, true]);
}
