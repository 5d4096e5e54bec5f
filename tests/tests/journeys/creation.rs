//! How many sessions a client may begin, on all servers together.

use std::time::Duration;

use keycard::auth::throttle::{Limit, OnOutage};
use keycard_tests::browser::Response;
use serde_json::{Value, json};

use crate::client::{AWAY, Client, HOME, NEXT_DOOR, behind_a_proxy};
use crate::world::{Running, World, alice, bob};

journeys! {
    all_servers_count_what_a_client_begins
    of_many_visitors_at_once_as_many_begin_as_may
    who_has_a_session_goes_on_where_no_other_may_begin
}

const WINDOW: Duration = Duration::from_mins(10);

/// A server of each framework, on which a client begins two sessions in ten minutes.
async fn serve(world: &World) -> [Running; 2] {
    let limit = Limit::new(2, WINDOW).unwrap();
    let limited = |builder| world.limiting_creation(builder, limit, OnOutage::Refuse);
    let servers = world.servers_with(|builder| limited(behind_a_proxy(builder)));
    servers.await
}

fn entry() -> Value {
    json!({"key": "n"})
}

async fn visit(client: &mut Client, server: &Running) -> Response {
    client.post(server, "/session/increment", entry()).await
}

/// Asserts that no session was begun, and for how long none will be.
fn assert_refused(answer: Response, seconds: u64) {
    let answer = answer.expect_status(429);
    assert_eq!(answer.header("retry-after"), Some(&*seconds.to_string()));
    assert_eq!(answer.json(), json!({"error": "too many attempts"}));
    assert!(answer.set_cookies().is_empty());
}

async fn all_servers_count_what_a_client_begins(world: World) {
    let [server, other] = serve(&world).await;
    let at = |address| Client::at(&world, address);
    visit(&mut at(HOME), &server).await.expect_status(200);
    world.clock.advance(WINDOW / 2);
    at(HOME).post(&other, "/login", alice()).await.expect_status(200);
    let stored = world.stored_count();
    for server in [&server, &other] {
        assert_refused(visit(&mut at(HOME), server).await, 300);
        assert_refused(at(HOME).post(server, "/login", bob()).await, 300);
        at(HOME).get(server, "/session/data").await.expect_status(200);
    }
    assert_eq!(world.stored_count(), stored);
    for address in [NEXT_DOOR, AWAY] {
        visit(&mut at(address), &server).await.expect_status(200);
    }
    world.clock.advance(WINDOW / 2);
    visit(&mut at(HOME), &other).await.expect_status(200);
    assert_refused(visit(&mut at(HOME), &server).await, 300);
}

async fn of_many_visitors_at_once_as_many_begin_as_may(world: World) {
    let servers = serve(&world).await;
    let visits = servers.iter().cycle().take(12).map(|server| {
        let mut client = Client::at(&world, HOME);
        async move { visit(&mut client, server).await.status.as_u16() }
    });
    let mut statuses = futures_util::future::join_all(visits).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[200; 2].as_slice(), &[429; 10]].concat());
    assert_eq!(world.stored_count(), 2);
}

async fn who_has_a_session_goes_on_where_no_other_may_begin(world: World) {
    let [server, other] = serve(&world).await;
    let mut clients = [(); 2].map(|()| Client::at(&world, HOME));
    for client in &mut clients {
        visit(client, &server).await.expect_status(200);
    }
    let [guest, user] = &mut clients;
    assert_eq!(visit(guest, &other).await.json()["value"], 2);
    user.post(&other, "/login", alice()).await.expect_status(200);
    assert_eq!(visit(user, &server).await.json()["value"], 2);
    assert_eq!(user.me(&server).await, 200);
    user.post(&server, "/logout", None).await.expect_status(204);
    assert_refused(user.post(&other, "/login", alice()).await, 600);
    assert_eq!(visit(guest, &server).await.json()["value"], 3);
}
