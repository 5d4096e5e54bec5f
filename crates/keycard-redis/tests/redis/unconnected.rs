//! A connection that does not come about: the error names the server and what to check, keeps the cause, and tells no
//! password.

use std::error::Error;
use std::iter::successors;

use keycard::StoreErrorKind;
use keycard::store::Store as _;
use keycard_fixtures::RedisServer;
use redis::RedisError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::*;

#[tokio::test]
async fn an_error_of_connecting_names_the_server_its_cause_and_what_to_check() {
    let server = RedisServer::builder()
        .args(["--requirepass", "open sesame"])
        .start()
        .unwrap();
    let redis = format!("127.0.0.1:{}", server.port());
    let (refused, down) = (StoreErrorKind::Refused, StoreErrorKind::Unavailable);
    let credentials = "the user name and the password";
    let absent = (down, "Connection refused", "that a Redis server runs there");
    let wrong = (refused, "authentication failed", credentials);
    let missing = (refused, "NOAUTH", credentials);
    let no_database = (down, "out of range", "a database that it has");
    let no_redis = (
        down,
        "does not speak as Redis does",
        "that the URL names a Redis server",
    );
    for (user, server, (kind, cause, check)) in [
        (":hunter2@", closed_port().await, absent),
        (":hunter2@", redis.clone(), wrong),
        ("hunter2:hunter2@", redis.clone(), wrong),
        ("", redis.clone(), missing),
        (":open%20sesame@", redis + "/99", no_database),
        ("", web_server().await, no_redis),
    ] {
        let builder = unchecked(&format!("redis://{user}{server}"));
        let says = [
            &format!("cannot connect to Redis at {server}:"),
            cause,
            "; check ",
            check,
        ];

        let error = builder.clone().connect().await.unwrap_err();
        assert_says(&error, &says);
        let store = builder.connect_lazily().unwrap();
        let error = store.load(key(1, 1), NOW).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_says(&error, &says);
    }
}

fn assert_says(error: &(dyn Error + 'static), parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    let cause = error.source().expect("the cause is kept");
    assert!(cause.is::<RedisError>(), "{cause}");
    for error in successors(Some(error), |error| (*error).source()) {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("sesame"), "{shown}");
    }
}

/// An address at which nobody listens.
async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Answers whoever speaks to it as a web server answers what is no HTTP.
async fn web_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.read(&mut [0; 64]).await.is_ok() {
                let answer = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).await.ok();
            }
        }
    });
    address
}
