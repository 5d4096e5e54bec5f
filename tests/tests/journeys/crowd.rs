//! Sixty-four clients at once on two servers: what is ended, listed and let in stays exact.

use std::collections::BTreeSet;
use std::time::Duration;

use keycard::Users;
use keycard::store::SessionLimit;
use keycard_tests::browser::{Browser, Server as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::acting::{begun, last, login, mine, serve, user};
use crate::world::{Builder, Running, World};

journeys! {
    sessions_are_ended_once_and_whoever_lists_sees_what_is_left
    devices_are_ended_once_and_whoever_lists_sees_what_is_left
    of_all_that_end_the_others_one_stays
    of_all_logins_as_many_stay_as_may_and_those_are_listed
}

const CLIENTS: usize = 64;
const LIMIT: usize = 16;

/// Servers that wait longer than a busy machine stands still: that a store gives up is no part of these journeys.
async fn patient(world: &mut World, configure: impl Fn(Builder) -> Builder) -> ([Running; 2], Users) {
    let deadline = Duration::from_secs(30);
    world.deadline = Some(deadline);
    serve(world, |builder| configure(builder.commit_deadline(deadline))).await
}

/// A browser of the crowd, and what its steps gave.
type Given = (Browser, Vec<Value>);

/// Lets each browser take its steps when all have read their sessions, by turns on both servers.
async fn at_once(
    world: &World,
    servers: &[Running; 2],
    crowd: Vec<(Browser, Vec<Value>)>,
    round: usize,
) -> Vec<Given> {
    let (ready, go) = (format!("ready {round}"), format!("go {round}"));
    let held = json!([{"do": "user"}, {"do": "arrive", "gate": ready}, {"do": "wait", "gate": go}]);
    let mut running = JoinSet::new();
    for (turn, (mut browser, steps)) in crowd.into_iter().enumerate() {
        let (server, mut all) = (servers[turn % 2].origin(), held.as_array().unwrap().clone());
        all.extend(steps);
        running.spawn(async move {
            let answer = browser.act(&server, Value::Array(all)).await.expect_status(200);
            let given = answer.json().as_array().unwrap()[3..].to_vec();
            (turn, (browser, given))
        });
    }
    world.gates.wait_for(&ready, running.len()).await;
    world.gates.arrive(&go);
    let mut all = running.join_all().await;
    all.sort_unstable_by_key(|(turn, _)| *turn);
    all.into_iter().map(|(_, given)| given).collect()
}

fn set(handles: &Value) -> BTreeSet<String> {
    serde_json::from_value(handles.clone()).expect("a list of handles")
}

async fn listed(everybody: &Users) -> BTreeSet<String> {
    let sessions = everybody.of("alice").list().await.unwrap();
    assert_eq!(everybody.of("alice").count().await.unwrap(), sessions.len());
    sessions
        .iter()
        .map(|session| session.handle().to_string())
        .collect()
}

async fn sessions_are_ended_once_and_whoever_lists_sees_what_is_left(world: World) {
    half_of_them_are_ended(world, |_, handle| json!({ "end": handle })).await;
}

async fn devices_are_ended_once_and_whoever_lists_sees_what_is_left(world: World) {
    half_of_them_are_ended(world, |device, _| json!({ "end_device": device })).await;
}

/// Each of the first half is ended by two at once, one of either half.
async fn half_of_them_are_ended(mut world: World, ending: impl Fn(&str, &str) -> Value) {
    let (servers, everybody) = patient(&mut world, |builder| builder).await;
    let (mut browsers, mut names) = (Vec::new(), Vec::new());
    for turn in 0..CLIENTS {
        let device = format!("device {turn}");
        let steps =
            json!([{"do": "login", "user": "alice", "device": device}, {"do": "commit"}, {"do": "handle"}]);
        let mut browser = world.browser();
        let handle = last(&mut browser, &servers[turn % 2], steps).await;
        browsers.push(browser);
        names.push((device, handle.as_str().unwrap().to_owned()));
    }
    let half = CLIENTS / 2;
    let target = |turn: usize| (turn + 1 - turn / half) % half;
    let steps = |turn: usize| {
        let (device, handle) = &names[target(turn)];
        vec![mine(ending(device, handle)), mine("list")]
    };
    let crowd = browsers.into_iter().enumerate();
    let crowd = crowd.map(|(turn, browser)| (browser, steps(turn))).collect();
    let given = at_once(&world, &servers, crowd, 0).await;

    let stay: BTreeSet<String> = names[half..].iter().map(|(_, handle)| handle.clone()).collect();
    let mut ended = vec![0; half];
    for (turn, (_, given)) in given.iter().enumerate() {
        ended[target(turn)] += given[0].as_u64().unwrap();
        let list = set(&given[1]);
        assert!(
            list.is_superset(&stay) && !list.contains(&names[target(turn)].1),
            "{list:?}"
        );
    }
    assert_eq!(ended, vec![1; half]);
    for (turn, (browser, _)) in given.iter().enumerate() {
        let alive = user(browser, &servers[turn / 2 % 2]).await == "alice";
        assert_eq!(alive, turn >= half, "session {turn}");
    }
    assert_eq!(listed(&everybody).await, stay);
}

async fn of_all_that_end_the_others_one_stays(mut world: World) {
    let (servers, everybody) = patient(&mut world, |builder| builder).await;
    let mut crowd = Vec::new();
    for turn in 0..CLIENTS {
        let browser = begun(&world, &servers[turn % 2], json!([login("alice")])).await;
        crowd.push((browser, vec![mine("end_others")]));
    }
    let given = at_once(&world, &servers, crowd, 0).await;

    let mut stay = 0;
    for (turn, (browser, given)) in given.iter().enumerate() {
        let alive = user(browser, &servers[turn / 2 % 2]).await == "alice";
        if alive {
            assert_eq!(given[0], CLIENTS - 1, "session {turn}");
        } else {
            assert_eq!(given[0]["error"], "Ended", "session {turn}");
        }
        stay += usize::from(alive);
    }
    assert_eq!((stay, listed(&everybody).await.len()), (1, 1));
}

async fn of_all_logins_as_many_stay_as_may_and_those_are_listed(mut world: World) {
    for (round, (limit, succeed)) in [
        (SessionLimit::EvictOldest(LIMIT), CLIENTS),
        (SessionLimit::Refuse(LIMIT), LIMIT),
    ]
    .into_iter()
    .enumerate()
    {
        let (servers, everybody) = patient(&mut world, |builder| builder.session_limit(limit)).await;
        let steps = vec![
            login("alice"),
            json!({"do": "commit"}),
            mine("list"),
            json!({"do": "handle"}),
        ];
        let crowd = vec![(world.browser(), steps); CLIENTS];
        let given = at_once(&world, &servers, crowd, round).await;
        let (mut succeeded, mut alive) = (0, BTreeSet::new());
        for (turn, (browser, given)) in given.into_iter().enumerate() {
            let is_alive = user(&browser, &servers[turn / 2 % 2]).await == "alice";
            if given[1]["error"] == "SessionLimit" {
                assert!(!is_alive, "a login that was refused");
                continue;
            }
            succeeded += 1;
            let (list, handle) = (set(&given[2]), given[3].as_str().unwrap().to_owned());
            assert!(list.len() <= LIMIT, "{} are listed at once", list.len());
            if is_alive {
                assert!(list.contains(&handle), "who lives on has listed itself");
                alive.insert(handle);
            }
        }
        assert_eq!((succeeded, alive.len()), (succeed, LIMIT));
        assert_eq!(alive, listed(&everybody).await);
        assert_eq!(everybody.of("alice").end_all().await.unwrap(), LIMIT);
    }
}
