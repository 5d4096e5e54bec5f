//! One session, one id: rotation is atomic, a failure in between leaves at most one way in, and no id is adopted.

use std::time::Duration;

use keycard::store::Store;
use keycard::store::memory::MemoryStore;
use keycard::{ErrorKind, Keycard, Session};

use super::world::{Client, KEY, Request, World};
use crate::record::{MILLISECOND, NOW};
use crate::testing::{ScriptedStore, Verb};

pub async fn a_rotated_id_is_dead_before_the_new_one_is_handed_out(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let rotation = world.request(&client);
    rotation.session().await.rotate();
    let before = world.store.hold(Verb::Update);
    let first = tokio::spawn(rotation.end(200));
    before.reached().await;
    assert!(world.knows(&old).await, "nothing has happened yet");
    before.release();
    client.take(&first.await.unwrap());
    assert_ne!(client, old);
    assert!(!world.knows(&old).await && world.knows(&client).await);

    let old = client.clone();
    let rotation = world.request(&client);
    rotation.session().await.rotate();
    let after = world.store.hold_answer(Verb::Update);
    let second = tokio::spawn(rotation.end(200));
    after.reached().await;
    assert!(!world.knows(&old).await, "dead, and the new one is not out yet");
    after.release();
    client.take(&second.await.unwrap());
    assert!(world.knows(&client).await);
}

pub async fn a_login_s_old_id_is_dead_before_the_new_one_is_handed_out(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let old = client.clone();
    let login = world.request(&client);
    login.session().await.login("alice");
    let held = world.store.hold_answer(Verb::Replace);
    let login = tokio::spawn(login.end(200));
    held.reached().await;
    assert!(world.session(&old).await.is_empty(), "dead already");
    held.release();
    client.take(&login.await.unwrap());
    assert_ne!(client, old);
    let session = world.session(&client).await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert_eq!(session.keys(), ["n"], "the guest's data is kept");
    assert!(world.session(&old).await.is_empty());
}

pub async fn each_login_gives_a_new_id(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let mut earlier: Vec<Client> = vec![client.clone()];
    for user in ["alice", "alice", "bob", "alice"] {
        world.visit(&mut client, |session| session.login(user)).await;
        assert!(!earlier.contains(&client));
        assert_eq!(world.session(&client).await.user().unwrap().as_str(), user);
        for old in &earlier {
            assert!(world.session(old).await.handle().is_none());
        }
        earlier.push(client.clone());
    }
}

pub async fn a_rotation_that_never_arrived_leaves_the_old_id(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.fail_once(Verb::Update);
    let reply = failed(&world, &client, Session::rotate).await;
    assert_eq!(reply, None);
    assert!(world.knows(&client).await);
}

pub async fn a_rotation_whose_answer_is_lost_leaves_no_second_way_in(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    world.store.lose_answer(Verb::Update);
    let reply = failed(&world, &client, Session::rotate).await;
    assert_eq!(reply, None, "an id that may not be valid is not handed out");
    assert!(!world.knows(&client).await, "the user logs in again");
}

pub async fn a_login_that_never_arrived_leaves_the_guest(store: impl Store) {
    let world = World::over(store);
    let client = world.guest().await;
    world.store.fail_once(Verb::Replace);
    let reply = failed(&world, &client, |session| session.login("alice")).await;
    assert_eq!(reply, None);
    let session = world.session(&client).await;
    assert_eq!((session.user(), session.keys()), (None, vec!["n".to_owned()]));
}

pub async fn a_login_whose_answer_is_lost_leaves_no_way_in_but_another_login(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    world.store.lose_answer(Verb::Replace);
    let reply = failed(&world, &client, |session| session.login("alice")).await;
    assert_eq!(reply, None);
    assert!(world.session(&client).await.handle().is_none());
    world.visit(&mut client, |session| session.login("alice")).await;
    assert!(world.knows(&client).await);
}

pub async fn of_two_rotations_the_second_keeps_the_first_s_id(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let slow = Request::of(&world.another_server(), &client);
    let session = slow.session().await;
    session.rotate();
    session.insert("late", &1).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    world.visit(&mut client, Session::rotate).await;
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert_eq!(world.session(&client).await.keys(), ["late", "n"]);
}

pub async fn a_double_submitted_login_leaves_the_user_logged_in(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.login("alice");
    let held = world.store.hold(Verb::Replace);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    world.visit(&mut client, |session| session.login("alice")).await;
    assert!(world.knows(&client).await);
    held.release();
    client.take(&slow.await.unwrap());
    assert!(world.knows(&client).await, "whichever answer came last");
}

const EVERY: Duration = Duration::from_mins(15);
const GRACE: Duration = Duration::from_secs(30);

/// A server that renews the ids of sessions in use.
fn renewing<S: Store>(store: S) -> World<S> {
    World::with(ScriptedStore::new(store), NOW, |builder| {
        builder.renew_ids(EVERY, GRACE)
    })
}

pub async fn a_renewed_id_opens_the_session_until_the_grace_is_over(store: impl Store) {
    let world = renewing(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    world.pass(EVERY);
    world.visit(&mut client, |_| ()).await;
    assert_ne!(client, old, "any use renews the id");
    let mut late = old.clone();
    let reply = world.visit(&mut late, |_| ()).await;
    assert_eq!(reply.set_cookie(), None, "what a grace lets in is not renewed");

    world.pass(GRACE - MILLISECOND);
    assert!(world.knows(&old).await && world.knows(&client).await);
    world.pass(MILLISECOND);
    assert!(!world.knows(&old).await && world.knows(&client).await);
}

pub async fn a_grace_ends_with_the_next_id(store: impl Store) {
    let world = renewing(store);
    for next in [
        Session::rotate,
        |session: &Session| session.login("alice"),
        Session::logout,
    ] {
        let mut client = world.logged_in("alice").await;
        let old = client.clone();
        world.pass(EVERY);
        world.visit(&mut client, |_| ()).await;
        assert!(world.knows(&old).await);
        world.visit(&mut client, next).await;
        assert!(!world.knows(&old).await, "not even within the grace");
    }
}

pub async fn of_two_renewals_one_gives_an_id_and_both_requests_go_on(store: impl Store) {
    let world = renewing(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    world.pass(EVERY);
    let slow = Request::of(&another_renewing(&world), &client);
    slow.session().await;
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    let quick = world.visit(&mut client, |_| ()).await;
    assert!(quick.set_cookie().is_some());
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert!(world.knows(&client).await && world.knows(&old).await);
}

pub async fn a_write_on_its_way_lands_across_a_renewal(store: impl Store) {
    let world = renewing(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    world.pass(EVERY - MILLISECOND);
    let slow = Request::of(&another_renewing(&world), &client);
    slow.session().await.insert("late", &true).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    world.pass(MILLISECOND);
    world.visit(&mut client, |_| ()).await;
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert_eq!(world.session(&client).await.keys(), ["late", "n"]);
    world.pass(GRACE);
    assert!(
        !world.knows(&old).await,
        "the write did not bring the old id back"
    );
}

pub async fn a_renewal_whose_answer_is_lost_lets_the_old_id_in_for_the_grace_alone(store: impl Store) {
    let world = renewing(store);
    let client = world.logged_in("alice").await;
    world.pass(EVERY);
    world.store.lose_answer(Verb::Update);
    let reply = failed(&world, &client, |_| ()).await;
    assert_eq!(reply, None);
    assert!(world.knows(&client).await);
    world.pass(GRACE);
    assert!(!world.knows(&client).await, "the user logs in again");
}

fn another_renewing<S: Store>(world: &World<S>) -> Keycard {
    world.builder(KEY).renew_ids(EVERY, GRACE).build().unwrap()
}

pub async fn an_id_that_this_store_does_not_know_is_never_adopted(store: impl Store) {
    let (world, elsewhere) = (World::over(store), World::over(MemoryStore::new()));
    let strange = elsewhere.logged_in("mallory").await;
    let mut client = strange.clone();
    assert!(!world.knows(&client).await);
    world
        .visit(&mut client, |session| session.insert("n", &1).unwrap())
        .await;
    assert_ne!(client, strange, "the session that begins has an id of its own");
    assert!(world.session(&strange).await.is_empty());
    assert_eq!(world.session(&client).await.keys(), ["n"]);
}

/// A request that fails because of the store; answers the cookie that it sets all the same.
async fn failed<S: Store>(
    world: &World<S>,
    client: &Client,
    handle: impl FnOnce(&Session),
) -> Option<String> {
    let request = world.request(client);
    handle(&request.session().await);
    let reply = request.end(200).await;
    assert_eq!(reply.error, Some(ErrorKind::Store));
    reply.set_cookie().map(str::to_owned)
}
