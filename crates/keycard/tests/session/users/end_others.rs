//! Who ends the others: a session that is there, and no other.

use std::time::Duration;

use keycard::{ErrorKind, Session};

use crate::client::{App, Client};

#[tokio::test]
async fn of_sessions_that_end_each_other_one_stays() {
    for app in [App::new(), App::remembering(|builder| builder)] {
        let mut clients: [Client; 8] = app.several().await;
        let requests: Vec<_> = clients.iter().map(|client| app.request(client)).collect();
        let mut accounts = Vec::new();
        for request in &requests {
            accounts.push(app.users().mine(&request.session().await).unwrap());
        }
        let mut ended = Vec::new();
        for mine in &accounts {
            let others = mine.end_others().await;
            ended.push(others.map_err(|error| (error.kind(), error.status())));
        }
        assert_eq!(ended[0], Ok(7));
        assert_eq!(ended[1..], [Err((ErrorKind::Ended, 409)); 7]);

        for (client, request) in clients.iter_mut().zip(requests) {
            let reply = request.end(200).await;
            assert_eq!(reply.set_cookie(), None, "it may be a new login's by now");
            client.take(&reply);
        }
        assert!(app.is_in(&clients[0]).await);
        for client in &clients[1..] {
            assert!(!app.is_in(client).await);
        }
    }
}

#[tokio::test]
async fn who_has_ended_in_this_request_ends_no_others() {
    let app = App::new();
    let [mine, other] = app.several().await;
    let session = app.request(&mine).session().await;
    let account = app.users().mine(&session).unwrap();
    session.logout();
    session.commit().await.unwrap();
    assert_eq!(account.end_others().await.unwrap_err().kind(), ErrorKind::Ended);
    assert!(app.is_in(&other).await);
}

#[tokio::test]
async fn a_session_that_was_renewed_meanwhile_is_kept() {
    let every = Duration::from_mins(15);
    let app = App::with(|builder| builder.renew_ids(every, Duration::from_secs(30)));
    let [mut mine, other] = app.several().await;
    let mut late = mine.clone();
    app.pass(every);
    let request = app.request(&late);
    let session = request.session().await;
    let renewed = app.visit(&mut mine, |session| assert!(session.user().is_some()));
    assert!(renewed.await.set_cookie().is_some());

    let before = app.users().mine(&session).unwrap();
    assert_eq!(before.end_others().await.unwrap(), 1);
    request.done(&mut late).await;
    let by_the_id_before = app.account(&mut late, async |mine| mine.end_others().await.unwrap());
    assert_eq!(by_the_id_before.await, 0);
    assert!(app.is_in(&mine).await && !app.is_in(&other).await);
}

#[tokio::test]
async fn a_login_that_is_not_committed_yet_outlives_those_whom_it_ends() {
    let app = App::new();
    let fresh = Client::default();
    let guest = app.client(|session| session.insert("cart", &7).unwrap()).await;
    let bob = app.client(|session| session.login("bob")).await;
    for mut client in [fresh, guest, bob] {
        let [other] = app.several().await;
        let request = app.request(&client);
        let session = request.session().await;
        session.login("alice");
        let mine = app.users().mine(&session).unwrap();
        assert_eq!(mine.end_others().await.unwrap(), 1);
        request.done(&mut client).await;
        assert!(app.is_in(&client).await && !app.is_in(&other).await);
        app.visit(&mut client, Session::logout).await;
    }
}

#[tokio::test]
async fn changed_credentials_end_the_others_of_a_session_that_was_ended_meanwhile() {
    let app = App::new();
    let [mine, mut thief] = app.several().await;
    let session = app.request(&mine).session().await;
    let account = app.users().mine(&session).unwrap();
    let ended = app.account(&mut thief, async |thief| thief.end_others().await.unwrap());
    assert_eq!(ended.await, 1);
    let changed = account.credentials_changed().await;
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::Ended);
    assert!(
        !app.is_in(&thief).await,
        "the credentials are not theirs any more"
    );
}
