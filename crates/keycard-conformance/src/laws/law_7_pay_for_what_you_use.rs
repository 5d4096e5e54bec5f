//! Pay only for what you use: the store's calls of each kind of request, counted, and when a cookie is sent.
//!
//! What is counted are the calls that the core makes of any store: how many commands a call sends to a server, only the
//! tests of the store can tell. The store itself is held to two things here: reads leave every byte of a record as it is,
//! and several sessions that are read at once are answered in their order.

use keycard::store::{Loaded, Store};
use keycard::{CookieSpec, Session, Transport};

use super::world::{Client, KEY, World};
use crate::record::MINUTE;
use crate::testing::{Verb, log_in_as};

/// What a request costs in which the handler does `handle`, and the cookie that it sends.
async fn cost<S: Store>(
    world: &World<S>,
    client: &mut Client,
    handle: impl FnOnce(&Session),
) -> (Vec<Verb>, Option<String>) {
    world.forget_calls();
    let reply = world.visit(client, handle).await;
    (world.store.calls(), reply.cookie().map(str::to_owned))
}

pub async fn a_request_that_does_not_use_the_session_costs_nothing(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.pass(10 * MINUTE);
    for client in [&client, &Client::default()] {
        let reply = world.request(client).end(200).await;
        assert!(reply.is_bare());
    }
    assert_eq!(world.store.calls(), []);
}

pub async fn a_visitor_without_a_cookie_costs_nothing_until_something_is_put_in(store: impl Store) {
    let world = World::over(store);
    let mut client = Client::default();
    let read = cost(&world, &mut client, |session| assert!(session.is_empty())).await;
    assert_eq!(read, (vec![], None));
    let (calls, cookie) = cost(&world, &mut client, |session| session.insert("n", &1).unwrap()).await;
    assert_eq!(calls, [Verb::Create]);
    assert!(cookie.is_some());
}

pub async fn forged_and_foreign_cookies_cost_nothing(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let genuine = client.cookie.as_deref().unwrap();
    let (text, mac) = genuine.split_once('.').unwrap();
    let forgeries = [
        "junk".to_owned(),
        text.to_owned(),
        format!("{text}."),
        format!("{text}.{}", "A".repeat(mac.len())),
        format!("{}.{mac}", text.to_uppercase()),
        format!("{genuine}A"),
        "A".repeat(3000),
    ];
    let foreign = foreign_ids(&world).await;
    for id in forgeries.into_iter().chain(foreign) {
        let mut client = Client { cookie: Some(id) };
        assert_eq!(
            cost(&world, &mut client, |_| ()).await,
            (vec![], None),
            "{client:?}"
        );
    }
}

/// Ids that the store knows, and that were not sealed for the cookie of this application.
async fn foreign_ids<S: Store>(world: &World<S>) -> Vec<String> {
    let same = || world.builder(KEY);
    let (header, cookie) = (
        Transport::Header("x-session-id"),
        CookieSpec::builder("__Host-other"),
    );
    let servers = [
        world.builder([8; 32]),
        same().application("another"),
        same().cookie(cookie.build().unwrap()),
        same().transports([header]),
        same().transports([Transport::Bearer]),
    ];
    let mut ids = Vec::new();
    for server in servers {
        let sent = log_in_as(&server.build().unwrap(), "alice").await.unwrap();
        ids.extend(sent.split(['=', ' ']).next_back().map(str::to_owned));
    }
    ids
}

pub async fn a_read_costs_one_round_trip_however_often_it_is_read(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let request = world.request(&client);
    for _ in 0..3 {
        assert!(request.session().await.contains("n"));
    }
    assert_eq!(request.end(200).await.set_cookie(), None);
    assert_eq!(world.store.calls(), [Verb::Load]);
}

pub async fn a_touch_costs_one_more_and_comes_at_most_once_per_touch_after(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let mut touches = 0;
    for _ in 0..60 {
        world.pass(MINUTE / 6);
        let (calls, cookie) = cost(&world, &mut client, |_| ()).await;
        assert_eq!(cookie, None);
        if calls != [Verb::Load] {
            assert_eq!(calls, [Verb::Load, Verb::Touch]);
            touches += 1;
        }
    }
    assert_eq!(touches, 8, "in ten minutes of a request every ten seconds");
}

pub async fn a_read_does_not_rewrite_the_record(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let key = world.session(&client).await.handle().unwrap();
    let stored = || async { world.store.inner().load(key, world.now()).await.unwrap() };
    let before = stored().await;
    world.visit(&mut client, |_| ()).await;
    assert_eq!(stored().await, before);
    let same = |session: &Session| session.insert("n", &0).unwrap();
    world.visit(&mut client, same).await;
    assert_eq!(stored().await, before, "what is there already is no change");
    assert!(matches!(before, Loaded::Live(_)));
}

pub async fn several_cookies_cost_one_round_trip_in_any_order_and_rewrite_nothing(store: impl Store) {
    let world = World::over(store);
    let (live, ended) = (world.logged_in("alice").await, world.logged_in("bob").await);
    let key = async |client| world.session(client).await.handle().unwrap();
    let keys = [key(&live).await, key(&ended).await];
    world.visit(&mut ended.clone(), Session::logout).await;
    let stored = async || world.store.inner().load_many(&keys, world.now()).await.unwrap();
    let before = stored().await;
    for (first, second) in [(&live, &ended), (&ended, &live)] {
        let [first, second] = [first, second].map(|client| client.cookie.as_deref().unwrap());
        let cookie = Some(format!("{first}; __Host-sid={second}"));
        let is_alice = |session: &Session| assert_eq!(session.user(), Some("alice".into()));
        let cost = cost(&world, &mut Client { cookie }, is_alice).await;
        assert_eq!(cost, (vec![Verb::Load], None));
    }
    assert_eq!(stored().await, before);
    assert!(matches!(before[..], [Loaded::Live(_), Loaded::Ended]));
}

pub async fn a_write_costs_one_more_and_no_cookie(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world.pass(2 * MINUTE);
    let (calls, cookie) = cost(&world, &mut client, |session| {
        session.insert("a", &1).unwrap();
        session.insert("b", &2).unwrap();
        session.remove("n");
    })
    .await;
    assert_eq!(calls, [Verb::Load, Verb::Update], "the write is a touch too");
    assert_eq!(cookie, None);
    let (calls, _) = cost(&world, &mut client, |session| session.insert("a", &1).unwrap()).await;
    assert_eq!(calls, [Verb::Load], "what is there already is no change");
}

pub async fn a_login_costs_two_round_trips_with_a_session_and_one_without(store: impl Store) {
    let world = World::over(store);
    let (mut guest, mut nobody) = (world.guest().await, Client::default());
    let (calls, cookie) = cost(&world, &mut guest, |session| session.login("alice")).await;
    assert_eq!(calls, [Verb::Load, Verb::Replace]);
    assert!(cookie.is_some());
    let (calls, cookie) = cost(&world, &mut nobody, |session| session.login("alice")).await;
    assert_eq!(calls, [Verb::Create]);
    assert!(cookie.is_some());
    let (calls, cookie) = cost(&world, &mut nobody, |session| session.login("alice")).await;
    assert_eq!(calls, [Verb::Load, Verb::Update], "a re-authentication");
    assert!(cookie.is_some());
}

pub async fn a_rotation_costs_what_a_write_does(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let (calls, cookie) = cost(&world, &mut client, Session::rotate).await;
    assert_eq!(calls, [Verb::Load, Verb::Update]);
    assert!(cookie.is_some());
}

pub async fn a_logout_costs_two_round_trips(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let (calls, cookie) = cost(&world, &mut client, Session::logout).await;
    assert_eq!(calls, [Verb::Load, Verb::End]);
    assert_eq!(cookie.as_deref(), Some(""));
}

pub async fn a_failed_answer_commits_nothing_but_a_logout(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let request = world.request(&client);
    let session = request.session().await;
    session.insert("n", &1).unwrap();
    session.login("alice");
    assert_eq!(request.end(500).await.set_cookie(), None);
    assert_eq!(world.store.calls(), [Verb::Load]);
    let request = world.request(&client);
    request.session().await.logout();
    assert_eq!(request.end(500).await.cookie(), Some(""));
    assert_eq!(world.store.calls(), [Verb::Load, Verb::End]);
}
