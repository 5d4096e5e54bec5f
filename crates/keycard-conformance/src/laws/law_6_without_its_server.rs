//! An outage is not a logout, seen from the store: without its server every call is an error, and none hangs.

use std::time::Duration;

use keycard::store::{
    Created, End, History, Refresh, Replace, Statistics, Store, TokenStore, Touch, UserIndex, Which,
};
use keycard::{ErrorKind, StoreError};
use tokio::time::timeout;

use super::world::World;
use crate::contract::history::{keeping, note};
use crate::contract::token;
use crate::record::{
    HOUR, NOW, Sample, alice, anonymous, create, create_for, device, revision, session_of, update,
};

/// What no deadline of a store should exceed. Whoever needs as long is taken to hang.
const BOUND: Duration = Duration::from_secs(10);

pub async fn every_call_is_an_error<S: Store>((store, cut): (S, impl AsyncFnOnce())) {
    let (key, new) = (anonymous(1), create(anonymous(2), &Sample::new(2)));
    begin(&store).await;
    store.ready().await.unwrap();
    cut().await;
    fails("load", store.load(key, NOW)).await;
    fails("load of what is not there", store.load(anonymous(9), NOW)).await;
    fails("load_many", store.load_many(&[key, key], NOW)).await;
    fails("ready", store.ready()).await;
    fails("create", store.create(new.clone())).await;
    fails("update", store.update(update(key, 1, &Sample::new(2)))).await;
    fails(
        "touch",
        store.touch(Touch::new(key, revision(1), NOW.after(HOUR), NOW)),
    )
    .await;
    fails(
        "replace",
        store.replace(Replace::new(key, revision(1), None, new)),
    )
    .await;
    fails("end", store.end(End::new(key, None, NOW))).await;
}

pub async fn every_call_of_the_index_is_an_error<S: UserIndex>((store, cut): (S, impl AsyncFnOnce())) {
    begin(&store).await;
    cut().await;
    fails("sessions_of", store.sessions_of(alice(), NOW)).await;
    fails("count", store.count(alice(), NOW)).await;
    fails("end_all", store.end_all(alice(), NOW)).await;
    fails(
        "end_others",
        store.end_others(alice(), session_of(alice(), 1), NOW),
    )
    .await;
    fails("end_one", store.end_one(alice(), session_of(alice(), 1), NOW)).await;
    fails("end_device", store.end_device(alice(), device(1), NOW)).await;
}

pub async fn no_figures_are_made_up<S: Statistics>((store, cut): (S, impl AsyncFnOnce())) {
    begin(&store).await;
    cut().await;
    fails("statistics", store.statistics(NOW)).await;
}

pub async fn every_call_of_the_history_is_an_error<S: History>((store, cut): (S, impl AsyncFnOnce())) {
    let login = create_for(alice(), 1, &Sample::new(1)).noting(note("a login"));
    assert_eq!(store.create(login).await.unwrap(), Created::Applied);
    cut().await;
    fails("history", store.history(alice(), keeping(100), NOW)).await;
    for which in [
        Which::Session(session_of(alice(), 1)),
        Which::Device(device(1)),
        Which::All,
        Which::Others(session_of(alice(), 1)),
    ] {
        let what = format!("end_noting of {which:?}");
        fails(&what, store.end_noting(which, note("an end"), NOW)).await;
    }
    fails("forget_history", store.forget_history(alice())).await;
}

pub async fn every_call_about_tokens_is_an_error<S: TokenStore>((store, cut): (S, impl AsyncFnOnce())) {
    let (first, user) = (token::fresh(1, NOW).allowed(NOW.after(HOUR)), token::user());
    let (id, next) = (token::begin(&store, first).await, token::fresh(2, NOW));
    cut().await;
    let session = token::session(0);
    fails("begin_family", store.begin_family(next, session, NOW)).await;
    let refresh = Refresh::new(id, id, next, session, user, token::GRACE, NOW);
    fails("refresh", store.refresh(refresh)).await;
    fails("end_family", store.end_family(id)).await;
    fails("block", store.block(&[(id, NOW.after(HOUR))], NOW)).await;
    fails("disallow", store.disallow(&[id])).await;
    fails("revoke_before", store.revoke_before(user, NOW.after(HOUR), NOW)).await;
    fails("standing", store.standing(id, id, user, NOW)).await;
}

pub async fn nobody_is_logged_out<S: Store>((store, cut): (S, impl AsyncFnOnce())) {
    let world = World::over(store);
    let client = world.logged_in("alice").await;
    let open = world.session(&client).await;
    cut().await;

    let request = world.request(&client);
    let refused = within("load", request.lazy().load()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (ErrorKind::Store, 503));
    assert!(
        within("close", request.end(200)).await.is_bare(),
        "the cookie stays"
    );

    let refused = within("increment", open.increment("n", 1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    assert!(open.user().is_some());
}

/// There is something that the store must not forget.
async fn begin(store: &impl Store) {
    for create in [
        create(anonymous(1), &Sample::new(1)),
        create_for(alice(), 1, &Sample::new(1)),
    ] {
        assert_eq!(store.create(create).await.unwrap(), Created::Applied);
    }
}

async fn fails<T: std::fmt::Debug>(what: &str, call: impl Future<Output = Result<T, StoreError>>) {
    if let Ok(answer) = within(what, call).await {
        panic!("{what} answers {answer:?} without the server");
    }
}

pub(crate) async fn within<T>(what: &str, call: impl Future<Output = T>) -> T {
    let done = timeout(BOUND, call).await;
    done.unwrap_or_else(|_| panic!("{what} has not come back within {BOUND:?}"))
}
