//! No lost updates: what different requests write lands, and `update`, `increment` and `consume` are atomic.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use keycard::store::Store;
use keycard::{ErrorKind, Keycard, Session};
use tokio::sync::Barrier;

use super::world::{Client, Request, World};
use crate::testing::Verb;

const TASKS: usize = 64;

pub async fn writes_of_different_keys_both_land(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("a", &1).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    let quick = |session: &Session| {
        session.insert("b", &2).unwrap();
        session.remove("n");
    };
    world.visit(&mut client.clone(), quick).await;
    held.release();
    assert_eq!(slow.await.unwrap().error, None);
    assert_eq!(world.session(&client).await.keys(), ["a", "b"]);
}

pub async fn writes_of_different_keys_both_land_across_a_rotation(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let slow = Request::of(&world.another_server(), &client);
    slow.session().await.insert("a", &1).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(slow.end(200));
    held.reached().await;
    world
        .visit(&mut client, |session| {
            session.rotate();
            session.insert("b", &2).unwrap();
        })
        .await;
    held.release();
    let reply = slow.await.unwrap();
    assert_eq!((reply.error, reply.set_cookie()), (None, None));
    assert_eq!(world.session(&client).await.keys(), ["a", "b", "n"]);
    assert!(
        !world.knows(&old).await,
        "the write does not bring the old id back"
    );
}

pub async fn a_rotation_lands_over_a_write_that_was_quicker(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    let old = client.clone();
    let rotation = Request::of(&world.another_server(), &client);
    rotation.session().await.rotate();
    let held = world.store.hold(Verb::Update);
    let rotation = tokio::spawn(rotation.end(200));
    held.reached().await;
    world
        .visit(&mut client, |session| session.insert("b", &2).unwrap())
        .await;
    held.release();
    client.take(&rotation.await.unwrap());
    assert_ne!(client, old);
    assert_eq!(world.session(&client).await.keys(), ["b", "n"]);
    assert!(!world.knows(&old).await);
}

pub async fn a_login_takes_along_what_was_written_meanwhile(store: impl Store) {
    let world = World::over(store);
    let mut client = world.guest().await;
    let login = Request::of(&world.another_server(), &client);
    login.session().await.login("alice");
    let held = world.store.hold(Verb::Replace);
    let login = tokio::spawn(login.end(200));
    held.reached().await;
    world
        .visit(&mut client, |session| session.insert("cart", &[7, 9]).unwrap())
        .await;
    held.release();
    client.take(&login.await.unwrap());
    let session = world.session(&client).await;
    assert_eq!(session.user().unwrap().as_str(), "alice");
    assert_eq!(session.keys(), ["cart", "n"]);
}

pub async fn an_update_runs_on_the_newest_value(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let slow = Request::of(&world.another_server(), &client).session().await;
    slow.insert("pending", &true).unwrap();
    let held = world.store.hold(Verb::Update);
    let slow = tokio::spawn(async move { slow.update("n", |n: Option<i64>| n.unwrap_or(0) * 10).await });
    held.reached().await;
    assert_eq!(world.session(&client).await.increment("n", 4).await.unwrap(), 4);
    held.release();
    assert_eq!(slow.await.unwrap().unwrap(), 40);
    assert_eq!(world.session(&client).await.keys(), ["n", "pending"]);
}

pub async fn concurrent_increments_count_each_once(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let mut sums = on_two_servers(&world, &client, |session| async move {
        session.increment("n", 1).await.unwrap()
    })
    .await;
    sums.sort_unstable();
    assert_eq!(sums, (1..=64).collect::<Vec<i64>>());
}

pub async fn concurrent_updates_of_one_value_all_land(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    on_two_servers(&world, &client, |session| async move {
        let append = |list: Option<Vec<u8>>| [list.unwrap_or_default(), vec![7]].concat();
        session.update("list", append).await.unwrap();
    })
    .await;
    let list: Option<Vec<u8>> = world.session(&client).await.get("list").unwrap();
    assert_eq!(list, Some(vec![7; TASKS]));
}

pub async fn of_many_consumers_one_gets_the_value(store: impl Store) {
    let world = World::over(store);
    let mut client = world.logged_in("alice").await;
    world
        .visit(&mut client, |session| session.insert("ticket", "once").unwrap())
        .await;
    let taken = on_two_servers(&world, &client, |session| async move {
        session.consume::<String>("ticket").await.unwrap()
    })
    .await;
    assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), ["once"]);
}

pub async fn an_update_whose_answer_is_lost_is_an_error_and_is_not_done_twice(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let session = world.session(&client).await;
    world.forget_calls();
    world.store.lose_answer(Verb::Update);
    let lost = session.increment("n", 1).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Store);
    assert_eq!(world.store.calls(), [Verb::Update], "nothing is retried");
    // It has landed after all: the next one finds that out by the revision, and counts from there.
    assert_eq!(session.increment("n", 1).await.unwrap(), 2);
}

pub async fn commits_of_one_session_queue_inside_a_process(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let mut commits = Vec::new();
    for _ in 0..TASKS {
        let session = world.session(&client).await;
        commits.push(Box::pin(async move { session.increment("n", 1).await.unwrap() }));
    }
    world.forget_calls();
    let held = world.store.hold(Verb::Update);
    for commit in &mut commits {
        assert!(
            is_waiting(commit.as_mut()).await,
            "for the store, or for its turn"
        );
    }
    held.release();
    for (before, commit) in (0_i64..).zip(commits) {
        assert_eq!(commit.await, before + 1);
    }
    // Whose turn has come stands on what the one before has written, so that nobody writes twice.
    assert_eq!(world.store.calls(), [Verb::Update; TASKS]);
}

/// Whether a future that was polled once waits for something.
async fn is_waiting(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

pub async fn a_commit_that_was_given_up_does_not_block_the_next_one(store: impl Store) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let session = world.session(&client).await;
    let held = world.store.hold(Verb::Update);
    let stuck = tokio::spawn(async move { session.increment("n", 1).await });
    held.reached().await;
    stuck.abort();
    assert!(stuck.await.unwrap_err().is_cancelled());
    assert_eq!(world.session(&client).await.increment("n", 1).await.unwrap(), 1);
}

async fn on_two_servers<S, T, F>(world: &World<S>, client: &Client, work: impl Fn(Session) -> F) -> Vec<T>
where
    S: Store,
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    at_once(&[world.keycard.clone(), world.another_server()], client, work).await
}

/// Does the work in 64 requests, spread over the servers, that have all loaded the session before the first one writes.
async fn at_once<T, F>(servers: &[Keycard], client: &Client, work: impl Fn(Session) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(TASKS));
    let mut tasks = Vec::new();
    for keycard in servers.iter().cycle().take(TASKS) {
        let work = work(Request::of(keycard, client).session().await);
        let start = Arc::clone(&start);
        tasks.push(tokio::spawn(async move {
            start.wait().await;
            work.await
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}
