//! In whose index a session stands, as the store is told: where that changes, where a session ends, and nowhere else.

use std::time::Duration;

use keycard::store::SessionLimit;
use keycard::{Drift, Factor, KeyRing, Keycard, LoginAs, Session};

use crate::client::App;
use crate::faulty::FaultyStore;
use crate::outage::app;

#[tokio::test]
async fn the_index_is_written_where_a_user_proves_something_and_where_a_session_ends() {
    let (app, store) = app();
    let key = |user: &str| app.keycard.user_key(&user.into());
    let acts: [(fn(&Session), _, _); 9] = [
        (|session| session.insert("n", &1).unwrap(), "update", None),
        (Session::rotate, "update", None),
        (|session| session.set_roles(["admin"]).unwrap(), "update", None),
        (|session| session.prove(Factor::OTP).unwrap(), "update", None),
        (|session| session.login("alice"), "update", Some("alice")),
        (
            |session| session.login_with(LoginAs::user("bob").pending()),
            "replace",
            Some("alice"),
        ),
        (
            |session| session.prove(Factor::OTP).unwrap(),
            "update",
            Some("bob"),
        ),
        (|session| session.login("alice"), "replace", Some("bob")),
        (Session::logout, "end", Some("alice")),
    ];
    let mut client = app.client(|session| session.insert("cart", &7).unwrap()).await;
    app.visit(&mut client, |session| session.login("alice")).await;
    assert_eq!(store.owners(), [("replace", None)], "a guest stands in no index");
    for (at, (act, verb, owner)) in acts.into_iter().enumerate() {
        app.visit(&mut client, act).await;
        assert_eq!(store.owners(), [(verb, owner.map(key))], "act {at}");
    }
}

#[tokio::test]
async fn a_session_that_drifted_leaves_its_users_index() {
    let store = FaultyStore::default();
    let app = App::over(store.clone(), |builder| builder.bind_fingerprint(Drift::End));
    let client = app.logged_in().await;
    let cookie = format!("__Host-sid={}", client.cookie.unwrap());
    let headers = [("cookie", cookie.as_str()), ("user-agent", "Firefox/2")];
    let lazy = app.keycard.open_request(headers.as_slice(), None);
    assert_eq!(lazy.load().await.unwrap().user(), None);
    let alice = app.keycard.user_key(&"alice".into());
    assert_eq!(store.owners(), [("end", Some(alice))]);
}

#[tokio::test]
async fn a_lowered_limit_lets_whoever_is_in_prove_themselves_again() {
    for limit in [SessionLimit::Refuse(1), SessionLimit::EvictOldest(1)] {
        let app = App::new();
        let older = app.logged_in().await;
        app.pass(Duration::from_millis(1));
        let mut newer = app.logged_in().await;
        let (keycard, users) = Keycard::with_users(app.store.clone(), KeyRing::new([[7; 32]]).unwrap())
            .session_limit(limit)
            .clock(app.clock.clone())
            .build()
            .unwrap();
        let lowered = App {
            keycard,
            users: Some(users),
            ..app
        };
        let again = |session: &Session| session.reauthenticate(Factor::PASSWORD).unwrap();
        let reply = lowered.visit(&mut newer, again).await;
        assert_eq!(reply.error, None, "{limit:?}");
        for client in [older, newer] {
            let user = lowered.request(&client).session().await.user();
            assert!(user.is_some(), "{limit:?}");
        }
    }
}
