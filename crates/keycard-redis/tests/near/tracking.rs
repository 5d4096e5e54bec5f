//! What a server tells, and what a near cache does with it.

use std::time::Duration;

use keycard::store::near::NearCache;
use keycard::store::{
    Loaded, Reserved, Store as _, Throttle as _, ThrottleKey, Touch, Touched, Update, Updated, Window,
};
use keycard_fixtures::RedisServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

use super::*;
use crate::log::Log;
use crate::proxy::Proxy;

#[tokio::test]
async fn a_hot_read_sends_no_command() {
    let server = RedisServer::start().unwrap();
    let (_, reader, key) = two_nodes_and_a_copy(&server).await;
    let reads = reads_of(&server, async || {
        for _ in 0..1_000 {
            assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Live(live(1)));
        }
    });
    assert_eq!(reads.await, 0);
    let anew = reads_of(&server, async || {
        assert_eq!(reader.load_anew(key, NOW).await.unwrap(), Loaded::Live(live(1)));
    });
    assert_eq!(anew.await, 1);
}

#[tokio::test]
async fn each_change_elsewhere_is_told() {
    let server = RedisServer::start().unwrap();
    let (writer, reader, key) = two_nodes_and_a_copy(&server).await;
    let sees = async |what: &str, expected: Loaded| {
        eventually(HANGS, what, async || {
            reader.load(key, NOW).await.unwrap() == expected
        })
        .await;
    };
    let update = Update::new(key, revision(1), live(2), None, NOW);
    assert_eq!(writer.update(update).await.unwrap(), Updated::Applied);
    sees("the update", Loaded::Live(live(2))).await;

    has_copy(&reader, key).await;
    let touch = Touch::new(key, revision(2), after(HOUR), NOW);
    assert_eq!(writer.touch(touch).await.unwrap(), Touched::Applied);
    let touched = writer.load_anew(key, NOW).await.unwrap();
    assert_ne!(touched, Loaded::Live(live(2)));
    sees("the touch", touched).await;

    has_copy(&reader, key).await;
    ended(&writer, key).await;
    sees("the end", Loaded::Ended).await;

    server.command::<()>(&["DEL", &session_name(key)]).unwrap();
    begun(&writer, 1).await;
    has_copy(&reader, key).await;
    server.command::<()>(&["DEL", &session_name(key)]).unwrap();
    sees("a key that somebody deletes", Loaded::Absent).await;
}

#[tokio::test]
async fn every_way_to_a_server_tells() {
    let server = RedisServer::builder().args(["--requirepass", "sesame"]).start();
    let server = server.unwrap();
    let tcp = format!("redis://:sesame@127.0.0.1:{}", server.port());
    let socket = format!("{}?pass=sesame", server.unix_url());
    let urls = [format!("{tcp}/3"), format!("{socket}&db=3"), socket, tcp];
    for (session, url) in (1..).zip(urls) {
        let (writer, reader) = (node_at(&url).await, node_at(&url).await);
        let key = begun(&writer, session).await;
        has_copy(&reader, key).await;
        ended(&writer, key).await;
        eventually(HANGS, "the end", async || {
            reader.load(key, NOW).await.unwrap() == Loaded::Ended
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_is_flushed_leaves_no_copies() {
    for flush in ["FLUSHALL", "FLUSHDB"] {
        let server = RedisServer::start().unwrap();
        let (_, reader, key) = two_nodes_and_a_copy(&server).await;
        server.command::<()>(&[flush]).unwrap();
        eventually(HANGS, "no copies", async || reader.figures().counts.entries == 0).await;
        assert_eq!(reader.load(key, NOW).await.unwrap(), Loaded::Absent);
    }
}

#[tokio::test]
async fn what_is_no_session_drops_no_copy() {
    let server = RedisServer::start().unwrap();
    let (writer, reader, key) = two_nodes_and_a_copy(&server).await;
    let limit = keycard::auth::throttle::Limit::new(9, Duration::from_mins(1)).unwrap();
    for number in 0..9 {
        let window = Window::new(ThrottleKey::from_bytes([number; 16]), limit);
        let reserved = writer.reserve(&[window], NOW).await.unwrap();
        assert_eq!(reserved, Reserved::Applied { left: 8 });
        server.command::<()>(&["SET", "keycard:{other}x:y", "z"]).unwrap();
        server.command::<()>(&["SET", "shop:{other}s:y", "z"]).unwrap();
    }
    // A change after these is told after these.
    let other = begun(&writer, 2).await;
    has_copy(&reader, other).await;
    ended(&writer, other).await;
    eventually(HANGS, "the end", async || {
        reader.load(other, NOW).await.unwrap() == Loaded::Ended
    })
    .await;
    let reads = reads_of(&server, async || drop(reader.load(key, NOW).await.unwrap()));
    assert_eq!(reads.await, 0);
}

/// A server where a user has these rights, and how that user reaches it.
fn server_with_rights(rights: &[&str]) -> (RedisServer, String) {
    let server = RedisServer::start().unwrap();
    let user = [
        "ACL",
        "SETUSER",
        "keycard",
        "on",
        ">pass",
        "resetchannels",
        "~keycard:*",
    ];
    server.command::<()>(&[&user, rights].concat()).unwrap();
    let url = format!("redis://keycard:pass@127.0.0.1:{}", server.port());
    (server, url)
}

#[tokio::test]
async fn where_tracking_is_refused_the_cache_stays_off_with_one_warning() {
    let (log, _listening) = Log::listen();
    let (server, url) = server_with_rights(&["+@all", "-client|tracking"]);
    let near = NearCache::over(unchecked(&url).connect().await.unwrap());
    let refusals = || {
        server
            .command::<Vec<redis::Value>>(&["ACL", "LOG"])
            .unwrap()
            .len()
    };
    eventually(HANGS, "a refusal", async || refusals() == 1).await;
    let key = begun(&near, 1).await;
    let reads = reads_of(&server, async || {
        for _ in 0..10 {
            assert_eq!(near.load(key, NOW).await.unwrap(), Loaded::Live(live(1)));
        }
    });
    assert_eq!(reads.await, 10);
    // Another connection is another try.
    server.command::<()>(&["ACL", "LOG", "RESET"]).unwrap();
    server
        .command::<i64>(&["CLIENT", "KILL", "USER", "keycard"])
        .unwrap();
    eventually(HANGS, "another refusal", async || refusals() == 1).await;
    assert_eq!(near.figures().age, None);
    let lines = log.lines_with("Redis refuses to tell what changes");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("WARN") && !lines[0].contains("pass"),
        "{lines:?}"
    );
    drop(near);
    eventually(HANGS, "nobody connects any more", async || clients(&server) == 0).await;
}

/// Answers everything but `HELLO`.
async fn server_of_the_old_protocol() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak_the_old_protocol(stream));
        }
    });
    url
}

async fn speak_the_old_protocol(mut stream: TcpStream) {
    let mut heard = [0; 1024];
    while let Ok(len @ 1..) = stream.read(&mut heard).await {
        let greets = heard[..len].windows(5).any(|word| word == b"HELLO");
        let answer: &[u8] = if greets {
            b"-ERR unknown command 'HELLO'\r\n"
        } else {
            b"+PONG\r\n"
        };
        stream.write_all(answer).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_the_protocol_is_warned_of() {
    let (log, _listening) = Log::listen();
    let url = server_of_the_old_protocol().await;
    let near = NearCache::over(unchecked(&url).connect().await.unwrap());
    eventually(HANGS, "a warning", async || {
        !log.lines_with("Redis refuses to tell what changes").is_empty()
    })
    .await;
    assert!(!near.figures().on);
}

#[tokio::test]
async fn the_rights_that_are_documented_are_enough() {
    let rights = [
        "+ping",
        "+get",
        "+set",
        "+eval",
        "+evalsha",
        "+getrange",
        "+client|tracking",
    ];
    let (server, url) = server_with_rights(&rights);
    let near = node_at(&url).await;
    let key = begun(&near, 1).await;
    has_copy(&near, key).await;
    assert_eq!(server.command::<Vec<redis::Value>>(&["ACL", "LOG"]).unwrap(), []);
}

/// How many connections a server has, but for the one that asks.
fn clients(server: &RedisServer) -> usize {
    let list: String = server.command(&["CLIENT", "LIST", "TYPE", "normal"]).unwrap();
    let asks = |client: &&str| client.contains("cmd=client|list");
    list.lines().filter(|client| !asks(client)).count()
}

#[tokio::test]
async fn a_tracking_connection_to_another_server_is_not_trusted() {
    let (server, other) = (RedisServer::start().unwrap(), RedisServer::start().unwrap());
    let proxy = Proxy::to(server.port()).await;
    let store = unchecked(&proxy.url());
    let store = store
        .deadline(Duration::from_millis(100))
        .connect()
        .await
        .unwrap();
    proxy.lead_to(other.port());
    let near = NearCache::over(store);
    proxy.has_opened(2).await;
    // It is given up when the deadline has passed, and until then it is not trusted.
    eventually(HANGS, "a connection", async || clients(&other) == 1).await;
    while clients(&other) == 1 {
        assert_eq!(near.figures().age, None);
        tokio::task::yield_now().await;
    }
    assert_eq!(near.figures().age, None);
}

#[tokio::test]
async fn a_tracking_connection_to_a_replica_is_not_trusted() {
    let (log, _listening) = Log::listen();
    let (server, replica) = (RedisServer::start().unwrap(), RedisServer::start().unwrap());
    let primary = server.port().to_string();
    replica
        .command::<()>(&["REPLICAOF", "127.0.0.1", &primary])
        .unwrap();
    eventually(HANGS, "a replica that is told", async || {
        let facts: String = replica.command(&["INFO", "replication"]).unwrap();
        facts.contains("master_link_status:up")
    })
    .await;
    let proxy = Proxy::to(server.port()).await;
    let store = unchecked(&proxy.url()).connect().await.unwrap();
    proxy.lead_to(replica.port());
    let near = NearCache::over(store);
    eventually(HANGS, "a warning", async || {
        assert!(!near.figures().on);
        !log.lines_with("leads to a replica").is_empty()
    })
    .await;
}

#[tokio::test]
async fn the_tracking_connection_ends_with_the_cache() {
    let server = RedisServer::start().unwrap();
    let clients = || clients(&server);
    let store = unchecked(&server.url()).connect().await.unwrap();
    let near = NearCache::over(store.clone());
    is_on(&near).await;
    assert_eq!(clients(), 2);
    drop(near);
    eventually(HANGS, "the tracking connection ends", async || clients() == 1).await;
    let near = NearCache::over(store.clone());
    is_on(&near).await;
    drop((near, store));
    eventually(HANGS, "both end", async || clients() == 0).await;
}

#[test]
fn a_cache_may_be_built_before_there_is_a_runtime_and_outlives_one() {
    let server = RedisServer::start().unwrap();
    let store = unchecked(&server.url()).connect_lazily().unwrap();
    let near = NearCache::over(store);
    for _ in 0..2 {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            assert_eq!(near.load(key(A, 1), NOW).await.unwrap(), Loaded::Absent);
            is_on(&near).await;
        });
        drop(runtime);
        assert!(!near.figures().on);
    }
}

/// Another connection may lead to another server by now, whose changes would not be told.
#[test]
fn under_a_cache_all_runtimes_ask_over_the_connection_beside_which_changes_are_told() {
    let runtime = || {
        let mut builder = runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    };
    let [proxies, home, other, third] = [runtime(), runtime(), runtime(), runtime()];
    let server = RedisServer::start().unwrap();
    let proxy = proxies.block_on(Proxy::to(server.port()));
    let store = home.block_on(unchecked(&proxy.url()).connect()).unwrap();
    let loaded = other.block_on(store.load(key(A, 1), NOW)).unwrap();
    assert_eq!(loaded, Loaded::Absent);
    proxies.block_on(proxy.has_opened(2));

    let near = NearCache::over(store);
    proxies.block_on(is_on(&near));
    proxy.kill(2, 2); // that of the other runtime
    for (session, runtime) in [(1, &other), (2, &third)] {
        let key = runtime.block_on(begun(&near, session));
        runtime.block_on(has_copy(&near, key));
    }
    assert_eq!(
        proxy.opened(),
        3,
        "the home's, the other's, and the one that tracks"
    );

    proxy.kill(0, 0); // none
    drop(home);
    assert!(!near.figures().on);
    let key = third.block_on(begun(&near, 3));
    third.block_on(has_copy(&near, key));
}

#[tokio::test]
async fn two_caches_over_one_store_are_both_told() {
    let server = RedisServer::start().unwrap();
    let store = unchecked(&server.url()).connect().await.unwrap();
    let (one, other) = (NearCache::over(store.clone()), NearCache::over(store));
    is_on(&one).await;
    is_on(&other).await;
    let key = begun(&one, 1).await;
    has_copy(&one, key).await;
    has_copy(&other, key).await;
    ended(&one, key).await;
    eventually(HANGS, "the end", async || {
        other.load(key, NOW).await.unwrap() == Loaded::Ended
    })
    .await;
}
