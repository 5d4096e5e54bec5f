//! What a client may send, and what a store may hold, that no honest one does.

use std::sync::Arc;

use keycard::store::memory::MemoryStore;
use keycard::store::{Create, Created, Loaded, MAX_RECORD, Store};
use keycard::{Clock, Error, ErrorKind, KeyRing, Keycard, Session, StoreKey};

use crate::client::{App, Client};

async fn guest(app: &App) -> Client {
    app.client(|session| session.insert("n", &1).unwrap()).await
}

async fn stranger(app: &App, headers: &[&[u8]]) -> bool {
    let lazy = app.keycard.open(headers.iter().copied());
    lazy.load().await.unwrap().is_empty()
}

#[tokio::test]
async fn malformed_cookies_are_nobody_s() {
    let app = App::new();
    let valid = guest(&app).await.cookie.unwrap();
    let (id, mac) = valid.split_once('.').unwrap();
    let other = if id.ends_with('A') { 'Q' } else { 'A' };
    let oversized = "A".repeat(9_000);
    for value in [
        String::new(),
        "1".to_owned(),
        id.to_owned(),
        format!("{id}."),
        format!("{id}.{}", &mac[1..]),
        format!("{id}.{mac}="),
        format!("{}{other}.{mac}", &id[..id.len() - 1]),
        format!("2{}.{mac}", &id[1..]),
        format!("1{}", &id[2..]) + "." + mac,
        format!("\"{valid}\""),
        valid.to_lowercase(),
        oversized,
    ] {
        assert!(
            stranger(&app, &[format!("__Host-sid={value}").as_bytes()]).await,
            "{value}"
        );
    }
    assert!(stranger(&app, &[b"__Host-sid=\xff\xfe\xfd"]).await);
    assert!(stranger(&app, &[b"\0\0;;==;"]).await);
    assert!(
        !stranger(&app, &[b"x=\xff", format!("__Host-sid={valid}").as_bytes()]).await,
        "the valid one works"
    );
}

#[tokio::test]
async fn an_unknown_id_is_never_adopted() {
    let (here, elsewhere) = (App::new(), App::new());
    let planted = guest(&elsewhere).await;
    let mut client = planted.clone();
    let request = here.request(&client);
    request.session().await.insert("n", &1).unwrap();
    request.done(&mut client).await;
    assert_ne!(client.cookie, planted.cookie);
    assert!(here.request(&planted).session().await.is_empty());
}

#[tokio::test]
async fn two_live_sessions_in_one_request_are_both_left_alone() {
    let app = App::new();
    let (mine, planted) = (guest(&app).await, guest(&app).await);
    let both = format!(
        "__Host-sid={}; __Host-sid={}",
        planted.cookie.unwrap(),
        mine.cookie.as_deref().unwrap()
    );
    assert!(stranger(&app, &[both.as_bytes()]).await);

    // A dead one beside it hides nothing.
    let mut dead = guest(&app).await;
    let old = dead.cookie.clone().unwrap();
    app.visit(&mut dead, Session::logout).await;
    let beside = format!("__Host-sid={old}; __Host-sid={}", mine.cookie.unwrap());
    assert!(!stranger(&app, &[beside.as_bytes()]).await);
}

#[tokio::test]
async fn a_session_too_large_names_its_largest_value_and_keeps_the_rest() {
    let (app, mut client) = (App::new(), Client::default());
    let request = app.request(&client);
    let session = request.session().await;
    session.insert("small", &1).unwrap();
    let error = session.insert("picture", &"x".repeat(70_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("\"picture\""), "{error}");
    request.done(&mut client).await;
    assert_eq!(app.request(&client).session().await.keys(), ["small"]);
}

/// A session with one value of `len` characters, and how long its record is.
async fn stored_len(app: &App, len: usize) -> Result<usize, Error> {
    let session = app.keycard.open([]).load().await?;
    session.insert("text", &"x".repeat(len))?;
    session.commit().await?;
    let key = session.handle().unwrap();
    let Loaded::Live(record) = app.store.load(key, app.clock.now()).await? else {
        panic!("the session is stored")
    };
    Ok(record.len())
}

#[tokio::test]
async fn a_record_has_64_kib_and_not_a_byte_more() {
    let app = App::new();
    let beside = stored_len(&app, 60_000).await.unwrap() - 60_000;
    assert_eq!(stored_len(&app, MAX_RECORD - beside).await.unwrap(), MAX_RECORD);
    let error = stored_len(&app, MAX_RECORD - beside + 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

/// Puts bytes where a client's session is, as a newer server or a broken disk would.
async fn overwritten(change: impl FnOnce(&mut Vec<u8>)) -> (App, Client) {
    let app = App::new();
    let client = guest(&app).await;
    let key: StoreKey = app.request(&client).session().await.handle().unwrap();
    let now = app.clock.now();
    let Loaded::Live(bytes) = app.store.load(key, now).await.unwrap() else {
        panic!("the session is stored")
    };
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    let store = MemoryStore::new();
    assert_eq!(
        store
            .create(Create::new(key, bytes.into(), None, now))
            .await
            .unwrap(),
        Created::Applied
    );
    let keycard = Keycard::builder(store.clone(), KeyRing::new([[7; 32]]).unwrap())
        .clock(app.clock.clone())
        .build()
        .unwrap();
    (
        App {
            keycard,
            store,
            ..app
        },
        client,
    )
}

#[tokio::test]
async fn a_newer_record_is_503_and_left_alone() {
    let (app, client) = overwritten(|bytes| bytes[0] = 2).await;
    let request = app.request(&client);
    assert_eq!(
        request.lazy().load().await.unwrap_err().kind(),
        ErrorKind::NewerVersion
    );
    assert_eq!(request.lazy().load().await.unwrap_err().status(), 503);
    assert_eq!(request.end(503).await.set_cookie(), None);
}

#[tokio::test]
async fn a_corrupt_record_counts_as_absent() {
    for change in [
        (|bytes: &mut Vec<u8>| bytes.truncate(70)) as fn(&mut Vec<u8>),
        |bytes| bytes[0] = 0,
        |bytes| bytes.clear(),
        |bytes| bytes.extend([255, 255, 255]),
    ] {
        let (app, mut client) = overwritten(change).await;
        let old = client.cookie.clone();
        let request = app.request(&client);
        let session = request.session().await;
        assert!(session.is_empty());
        session.insert("n", &2).unwrap();
        request.done(&mut client).await;
        assert_ne!(client.cookie, old, "a new session under a new id");
        assert_eq!(
            app.request(&client).session().await.get::<u32>("n").unwrap(),
            Some(2)
        );
    }
}

#[test]
fn handles_can_be_sent_and_shared() {
    fn is_shareable<T: Clone + Send + Sync + 'static>() {}
    is_shareable::<Session>();
    is_shareable::<keycard::LazySession>();
    is_shareable::<Keycard>();
    is_shareable::<Arc<App>>();
}
