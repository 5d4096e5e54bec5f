//! Sessions that are bound to a client: their ids from another network, or in another browser.

use std::sync::{Arc, Mutex};

use keycard::store::EndReason;
use keycard::{Drift, Event, EventKind, IpPrefix, Suspicion};
use serde_json::json;

use crate::client::{AWAY, Client, HOME, NEXT_DOOR, behind_a_proxy};
use crate::world::{Builder, Running, World, bob, sid};

journeys! {
    a_session_that_is_used_from_elsewhere_has_ended_on_every_server
    elsewhere_nobody_is_logged_in_until_the_password_is_proved_there
    what_is_only_reported_goes_on
}

/// What the sessions are bound to, and how the copy of a cookie comes from elsewhere.
type Bound = (fn(Builder, Drift) -> Builder, fn(&Client) -> Client, Suspicion);

const BOUND: [Bound; 2] = [
    (
        |builder, drift| builder.bind_address(IpPrefix::new(24, 64).unwrap(), drift),
        |home| home.copied_to(AWAY),
        Suspicion::AddressChanged,
    ),
    (
        Builder::bind_fingerprint,
        |home| home.speaking("en"),
        Suspicion::FingerprintChanged,
    ),
];

type Told = Arc<Mutex<Vec<EventKind>>>;

/// A server of each framework, and what both tell of suspicious clients and of sessions that have ended.
async fn serve(world: &World, bind: impl Fn(Builder) -> Builder) -> ([Running; 2], Told) {
    let told = Told::default();
    let configure = |builder| {
        let told = Arc::clone(&told);
        let observer = move |event: &Event| {
            if matches!(event.kind, EventKind::Suspicious(_) | EventKind::Ended(_)) {
                told.lock().unwrap().push(event.kind);
            }
        };
        bind(behind_a_proxy(builder)).observer(observer)
    };
    (world.servers_with(configure).await, told)
}

async fn logged_in(world: &World, server: &Running) -> Client {
    let mut home = Client::at(world, HOME);
    home.post(server, "/login", bob()).await.expect_status(200);
    home
}

async fn a_session_that_is_used_from_elsewhere_has_ended_on_every_server(world: World) {
    for (bind, elsewhere, suspicion) in BOUND {
        let ([server, other], told) = serve(&world, |builder| bind(builder, Drift::End)).await;
        let mut untouched = logged_in(&world, &other).await;
        let mut home = logged_in(&world, &server).await;
        let mut guest = Client::at(&world, HOME);
        let entry = json!({"key": "n"});
        guest.post(&server, "/session/increment", entry.clone()).await;
        assert_eq!(home.copied_to(NEXT_DOOR).me(&other).await, 200);

        let mut thief = elsewhere(&home);
        assert_eq!(thief.me(&other).await, 401);
        assert_eq!(sid(&thief.browser), None, "its cookie is removed");
        let ended = EventKind::Ended(EndReason::Drifted);
        assert_eq!(*told.lock().unwrap(), [EventKind::Suspicious(suspicion), ended]);
        for server in [&server, &other] {
            assert_eq!(home.me(server).await, 401);
            assert_eq!(untouched.me(server).await, 200, "another session of the user");
        }
        let moved = elsewhere(&guest).post(&other, "/session/increment", entry).await;
        assert_eq!(moved.json()["value"], 2, "a guest's is bound to nothing");
    }
}

async fn elsewhere_nobody_is_logged_in_until_the_password_is_proved_there(world: World) {
    for (bind, elsewhere, _) in BOUND {
        let ([server, other], _) = serve(&world, |builder| bind(builder, Drift::StepUp)).await;
        let mut home = logged_in(&world, &server).await;
        let mut moved = elsewhere(&home);
        for server in [&server, &other] {
            assert_eq!(moved.me(server).await, 401);
            moved.get(server, "/admin/stats").await.expect_status(403);
            home.get(server, "/admin/stats").await.expect_status(200);
        }
        moved.post(&other, "/login", bob()).await.expect_status(200);
        for server in [&server, &other] {
            assert_eq!(moved.me(server).await, 200);
            moved.get(server, "/admin/stats").await.expect_status(200);
            assert_eq!(home.me(server).await, 401, "its id is dead");
        }
    }
}

async fn what_is_only_reported_goes_on(world: World) {
    for (bind, elsewhere, suspicion) in BOUND {
        let ([server, other], told) = serve(&world, |builder| bind(builder, Drift::Report)).await;
        let mut home = logged_in(&world, &server).await;
        let mut moved = elsewhere(&home);
        for server in [&server, &other] {
            assert_eq!(moved.me(server).await, 200);
            assert_eq!(home.me(server).await, 200);
        }
        assert_eq!(*told.lock().unwrap(), [EventKind::Suspicious(suspicion); 2]);
    }
}
