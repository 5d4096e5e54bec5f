//! What happened lately to the sessions of a user, whichever server did it.

use std::time::Duration;

use keycard::store::{EndReason, Retention};
use keycard::{Clock as _, Device, Drift, EventKind, IpPrefix, PastEvent, Users};
use serde_json::{Value, json};

use crate::account::{code, on_device};
use crate::client::{AWAY, Client, HOME, behind_a_proxy};
use crate::world::{Builder, Running, World, alice, bob, carol};

journeys! {
    what_was_done_on_both_servers_is_listed_newest_first
    a_login_by_two_factors_is_told_step_by_step
    an_end_from_elsewhere_tells_from_where
    no_more_is_kept_and_no_longer_than_was_asked_for
}

const AUTHENTICATED: EventKind = EventKind::Authenticated;

fn ended(reason: EndReason) -> EventKind {
    EventKind::Ended(reason)
}

/// A server of each framework, and a third process that lists what they have done.
async fn serve(world: &World, retention: Retention) -> ([Running; 2], Users) {
    let configure = || {
        let bound = |builder: Builder| builder.bind_address(IpPrefix::EXACT, Drift::End);
        bound(behind_a_proxy(world.keeping_history(retention)))
    };
    let servers = world.servers_with(|_| configure()).await;
    (servers, configure().build().unwrap().1)
}

async fn listed(users: &Users, user: &str) -> Vec<PastEvent> {
    users.of(user).history().await.unwrap()
}

/// What happened, at which second, from where, and on which device.
async fn told(world: &World, users: &Users, user: &str) -> Vec<(EventKind, u64, String, Option<String>)> {
    let events = listed(users, user).await.into_iter();
    events
        .map(|event| {
            let address = event.address.map(|address| address.to_string());
            let device = event.device.as_ref().map(Device::id).map(str::to_owned);
            let ago = world.clock.now().as_millis() - event.at.as_millis();
            (event.kind, ago / 1_000, address.unwrap_or_default(), device)
        })
        .collect()
}

async fn what_was_done_on_both_servers_is_listed_newest_first(world: World) {
    let ([server, other], users) = serve(&world, Retention::DEFAULT).await;
    let [mut phone, mut tablet, mut again] = [HOME, AWAY, AWAY].map(|address| Client::at(&world, address));
    let logins: [(&mut Client, &Running, Value); 3] = [
        (&mut phone, &server, on_device(alice(), "phone")),
        (&mut tablet, &other, alice()),
        (&mut again, &server, on_device(alice(), "phone")),
    ];
    for (client, server, who) in logins {
        client.post(server, "/login", who).await.expect_status(200);
        world.clock.advance(Duration::from_secs(10));
    }
    Client::at(&world, HOME)
        .post(&other, "/login", bob())
        .await
        .expect_status(200);
    again.delete(&other, "/sessions/others").await.expect_status(200);
    world.clock.advance(Duration::from_secs(10));
    again.post(&server, "/logout", None).await.expect_status(204);

    let event = |kind, ago, address: &str, device: Option<&str>| {
        (kind, ago, address.to_owned(), device.map(str::to_owned))
    };
    let on_phone = Some("phone");
    let expected = [
        event(ended(EndReason::Logout), 0, AWAY, on_phone),
        event(ended(EndReason::Revoked), 10, AWAY, on_phone),
        event(ended(EndReason::Displaced), 20, AWAY, on_phone),
        event(AUTHENTICATED, 20, AWAY, on_phone),
        event(AUTHENTICATED, 30, AWAY, None),
        event(AUTHENTICATED, 40, HOME, on_phone),
    ];
    assert_eq!(told(&world, &users, "1").await, expected);
    let sessions: Vec<_> = listed(&users, "1")
        .await
        .into_iter()
        .map(|event| event.session)
        .collect();
    let [logout, revoked, displaced, third, second, first] = sessions[..] else {
        panic!("{sessions:?}")
    };
    assert_eq!((logout, revoked, displaced), (third, second, first));
    assert!(
        first != second && second != third && third != first,
        "{sessions:?}"
    );
    assert_eq!(
        listed(&users, "2").await.len(),
        1,
        "each user has a history of their own"
    );
}

async fn a_login_by_two_factors_is_told_step_by_step(world: World) {
    let ([server, other], users) = serve(&world, Retention::DEFAULT).await;
    let mut client = Client::at(&world, HOME);
    client.post(&server, "/login", carol()).await.expect_status(200);
    let code = json!({"code": code(&world)});
    client.post(&other, "/mfa/verify", code).await.expect_status(200);
    let kinds: Vec<_> = listed(&users, "3").await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [AUTHENTICATED, EventKind::FactorAwaited]);
}

async fn an_end_from_elsewhere_tells_from_where(world: World) {
    let ([server, other], users) = serve(&world, Retention::DEFAULT).await;
    let mut home = Client::at(&world, HOME);
    home.post(&server, "/login", alice()).await.expect_status(200);
    assert_eq!(home.copied_to(AWAY).me(&other).await, 401);
    let expected = [(ended(EndReason::Drifted), AWAY), (AUTHENTICATED, HOME)]
        .map(|(kind, address)| (kind, 0, address.to_owned(), None));
    assert_eq!(told(&world, &users, "1").await, expected);
}

async fn no_more_is_kept_and_no_longer_than_was_asked_for(world: World) {
    let hour = Duration::from_hours(1);
    let (servers, users) = serve(&world, Retention::new(3, hour).unwrap()).await;
    let login = async |server| {
        let mut client = Client::at(&world, HOME);
        client.post(server, "/login", alice()).await.expect_status(200);
    };
    for server in servers.iter().cycle().take(4) {
        world.clock.advance(hour / 4);
        login(server).await;
    }
    for kept in [3, 3, 2, 1, 0] {
        assert_eq!(listed(&users, "1").await.len(), kept);
        world.clock.advance(hour / 4);
    }
    login(&servers[1]).await;
    assert_eq!(listed(&users, "1").await.len(), 1);
    users.of("1").forget_history().await.unwrap();
    assert_eq!(listed(&users, "1").await, []);
}
