//! What a client presents that no honest one does, told to the observer of the server that it came to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use keycard::{Event, EventKind, Suspicion};
use keycard_tests::browser::Browser;
use serde_json::json;

use crate::acting::{begun, done, login, serve};
use crate::world::{Running, World, sid};

journeys! {
    each_suspicious_id_is_told_of_and_opens_nothing
    more_unknown_ids_than_are_ordinary_are_told_of_once_a_minute
}

/// A suspicion, and whose session it concerns.
type Suspected = (Suspicion, Option<String>);

/// What was told of suspicious clients.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Suspected>>>);

impl Told {
    fn tell(&self, event: &Event) {
        if let EventKind::Suspicious(suspicion) = event.kind {
            let user = event.user.as_ref().map(ToString::to_string);
            self.0.lock().unwrap().push((suspicion, user));
        }
    }

    /// What was told since the last call.
    fn lately(&self) -> Vec<Suspected> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

async fn watched(world: &World, unknown_ids: u32) -> ([Running; 2], Told) {
    let told = Told::default();
    let (servers, _) = serve(world, |builder| {
        let told = told.clone();
        builder
            .unknown_ids(unknown_ids)
            .observer(move |event: &Event| told.tell(event))
    })
    .await;
    (servers, told)
}

/// Presents these values of the cookie, which open nothing.
async fn present(world: &World, server: &Running, values: &[&str]) {
    let mut browser = world.browser();
    let cookies: Vec<String> = values.iter().map(|value| format!("__Host-sid={value}")).collect();
    let request = browser
        .request(Method::POST, server, "/act")
        .json(json!([{"do": "user"}]));
    let answer = request
        .header("cookie", &cookies.join("; "))
        .send()
        .await
        .expect_status(200);
    assert_eq!(answer.json(), json!([null]));
    assert!(answer.set_cookies().is_empty());
}

async fn each_suspicious_id_is_told_of_and_opens_nothing(world: World) {
    let (servers, told) = watched(&world, 100).await;
    let [server, other] = &servers;
    let held = |browser: &Browser| sid(browser).unwrap();
    let mut rotated = begun(&world, server, json!([login("alice")])).await;
    let before = held(&rotated);
    done(&mut rotated, other, json!([{"do": "rotate"}])).await;
    let ended = begun(&world, server, json!([login("alice")])).await;
    done(&mut ended.clone(), other, json!([{"do": "logout"}])).await;
    let bobs = begun(&world, other, json!([login("bob")])).await;
    let (rotated, ended, bobs) = (held(&rotated), held(&ended), held(&bobs));
    let forged = format!(
        "{}.{}",
        rotated.split_once('.').unwrap().0,
        bobs.split_once('.').unwrap().1
    );
    assert_eq!(told.lately(), [], "so far everybody was honest");

    let alice = Some("alice".to_owned());
    let rows: [(&[&str], _); 4] = [
        (&[&before], [(Suspicion::RotatedId, alice)]),
        (&[&ended], [(Suspicion::EndedId, None)]),
        (&[&forged], [(Suspicion::NotOurs, None)]),
        (&[&rotated, &bobs], [(Suspicion::SeveralSessions, None)]),
    ];
    for (values, expected) in rows {
        for server in &servers {
            present(&world, server, values).await;
            assert_eq!(told.lately(), expected);
        }
    }
}

async fn more_unknown_ids_than_are_ordinary_are_told_of_once_a_minute(world: World) {
    let (servers, told) = watched(&world, 2).await;
    let browser = begun(&world, &servers[0], json!([login("alice")])).await;
    done(&mut browser.clone(), &servers[0], json!([{"do": "logout"}])).await;
    let unknown = sid(&browser).unwrap();
    world.clock.advance(Duration::from_mins(2)); // longer than an ended id is remembered
    for server in &servers {
        for _ in 0..2 {
            for alarms in [0, 0, 1, 0] {
                present(&world, server, &[&unknown]).await;
                assert_eq!(told.lately(), vec![(Suspicion::UnknownIds, None); alarms]);
            }
            world.clock.advance(Duration::from_mins(1));
        }
    }
}
