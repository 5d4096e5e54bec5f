//! What the store says of its server's settings, and when.

use std::time::Duration;

use keycard::StoreErrorKind;
use keycard_fixtures::RedisServer;
use keycard_redis::{RedisAdvice, RedisDurability, RedisStore};

use crate::each_verb::*;
use crate::log::Log;
use crate::support::*;

const HANGS: Duration = Duration::from_secs(20);
const TOLD: &str = "a setting of Redis weakens what is promised";

/// A server of which there is nothing to say.
fn well_set() -> RedisServer {
    let settings = ["--maxmemory", "1gb", "--maxmemory-policy", "noeviction"];
    let durable = ["--appendonly", "yes", "--appendfsync", "everysec"];
    let builder = RedisServer::builder().args(settings).args(durable);
    builder.start().unwrap()
}

fn set(server: &RedisServer, setting: &str, value: &str) {
    server.command::<()>(&["CONFIG", "SET", setting, value]).unwrap();
}

async fn advice(url: &str) -> Vec<RedisAdvice> {
    unchecked(url).connect().await.unwrap().check().await.unwrap()
}

fn settings(advice: &[RedisAdvice]) -> Vec<&str> {
    advice.iter().map(RedisAdvice::setting).collect()
}

#[tokio::test]
async fn each_setting_that_weakens_a_promise_is_told_with_what_to_set_instead() {
    let server = well_set();
    let store = unchecked(&server.url()).connect().await.unwrap();
    assert_eq!(store.check().await.unwrap(), [], "it is set well");
    for (setting, ill, well, words) in [
        ("maxmemory", "0", "1gb", ["ended by its system", "set it to what"]),
        (
            "maxmemory-policy",
            "allkeys-lru",
            "noeviction",
            ["live sessions vanish", "set it to noeviction"],
        ),
        (
            "maxmemory-policy",
            "volatile-ttl",
            "noeviction",
            ["misses sessions", "set it to noeviction"],
        ),
        ("appendonly", "no", "yes", ["logs everybody out", "set it to yes"]),
        (
            "appendfsync",
            "no",
            "always",
            ["live again", "set it to everysec"],
        ),
    ] {
        set(&server, setting, ill);
        let advice = store.check().await.unwrap();
        assert_eq!(settings(&advice), [setting], "{advice:?}");
        let (told, text) = (&advice[0], advice[0].to_string());
        assert!(text.starts_with(&format!("{setting} is {ill}")), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(!told.is_unchecked());
        assert_eq!(told.server(), format!("127.0.0.1:{}", server.port()));
        set(&server, setting, well);
    }
    set(&server, "appendonly", "no");
    set(&server, "save", "3600 1");
    let text = store.check().await.unwrap()[0].to_string();
    assert!(text.contains("goes back to the last snapshot"), "{text}");
}

#[tokio::test]
async fn replicas_that_nothing_waits_for_and_replicas_that_are_missing_are_told() {
    let server = well_set();
    set(&server, "repl-diskless-sync-delay", "0");
    let replica = RedisServer::start().unwrap();
    let primary = ["REPLICAOF", "127.0.0.1", &server.port().to_string()];
    replica.command::<()>(&primary).unwrap();
    let durable = |replicas| {
        let durability = RedisDurability::replicas(replicas, Duration::from_millis(100));
        unchecked(&server.url())
            .durability(durability)
            .connect_lazily()
            .unwrap()
    };
    let (one, two) = (durable(1), durable(2));
    eventually(HANGS, "the replica has caught up", async || {
        settings(&one.check().await.unwrap()) == ["min-replicas-to-write"]
    })
    .await;
    set(&server, "min-replicas-to-write", "1");
    assert_eq!(one.check().await.unwrap(), []);
    let advice = two.check().await.unwrap();
    assert_eq!(settings(&advice), ["replicas"]);
    assert!(
        advice[0].to_string().contains("1, where durability asks for 2"),
        "{advice:?}"
    );
}

#[tokio::test]
async fn missing_rights_are_named_and_nothing_is_done_to_find_them() {
    let server = well_set();
    let user = [
        "ACL",
        "SETUSER",
        "keycard",
        "reset",
        "on",
        ">word",
        "resetchannels",
    ];
    let url = format!("redis://keycard:word@127.0.0.1:{}", server.port());
    let asks = ["+info", "+config|get"];
    let all = [&["~keycard:*"], RIGHTS, RIGHTS_TO_COUNT, &["+wait"]].concat();
    let without = |missing: &[&str]| -> Vec<&str> {
        let kept = all.iter().filter(|right| !missing.contains(right));
        kept.copied().collect()
    };
    let durability = RedisDurability::replicas(1, Duration::from_millis(100));
    for missing in [
        &[][..],
        &["+pexpire", "+zadd"],
        &["+hincrby", "+wait"],
        &["+evalsha", "~keycard:*"],
    ] {
        let rights = without(missing);
        server
            .command::<()>(&[&user[..], &asks, &rights].concat())
            .unwrap();
        let store = unchecked(&url).statistics(true).durability(durability);
        let advice = store.connect().await.unwrap().check().await.unwrap();
        let of_rights: Vec<_> = advice.iter().filter(|one| one.setting() == "acl").collect();
        assert_eq!(of_rights.len(), usize::from(!missing.is_empty()), "{advice:?}");
        for told in of_rights {
            let text = told.to_string();
            assert!(text.contains(&format!("lack {}:", missing.join(" "))), "{text}");
        }
    }
    assert_eq!(server.command::<u64>(&["DBSIZE"]).unwrap(), 0);
}

#[tokio::test]
async fn what_a_user_may_not_look_at_is_told_as_unchecked_and_not_as_ill() {
    let server = well_set();
    let user = [
        "ACL",
        "SETUSER",
        "keycard",
        "on",
        ">word",
        "resetchannels",
        "~keycard:*",
    ];
    server.command::<()>(&[&user, RIGHTS].concat()).unwrap();
    let advice = advice(&format!("redis://keycard:word@127.0.0.1:{}", server.port())).await;
    assert!(!advice.is_empty() && advice.iter().all(RedisAdvice::is_unchecked));
    for setting in ["maxmemory-policy", "appendonly", "min-replicas-to-write"] {
        assert!(settings(&advice).contains(&setting), "{advice:?}");
    }
    server
        .command::<()>(&["ACL", "SETUSER", "keycard", "+info"])
        .unwrap();
    let url = format!("redis://keycard:word@127.0.0.1:{}?protocol=resp3", server.port());
    let advice = self::advice(&url).await;
    assert_eq!(settings(&advice), ["appendfsync"]);
    assert!(
        advice[0].is_unchecked() && advice[0].to_string().contains("CONFIG GET was answered NOPERM"),
        "{advice:?}"
    );
}

#[tokio::test]
async fn the_log_is_told_once_when_a_store_begins() {
    let server = well_set();
    set(&server, "maxmemory-policy", "allkeys-lfu");
    let url = server.url();
    let (log, _listening) = Log::listen();
    let silent = unchecked(&url).connect().await.unwrap();
    silent.check().await.unwrap();
    assert_eq!(log.lines_with(TOLD), [""; 0], "it was not asked to tell");

    let store = RedisStore::connect(&url).await.unwrap();
    eventually(HANGS, "a warning", async || !log.lines_with(TOLD).is_empty()).await;
    exercise(&store.clone()).await;
    store.check().await.unwrap();
    let lines = log.lines_with(TOLD);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for words in [
        "WARN",
        "maxmemory-policy is allkeys-lfu",
        &url["redis://".len()..],
    ] {
        assert!(lines[0].contains(words), "{lines:?}");
    }
}

#[tokio::test]
async fn a_store_that_begins_before_its_server_is_told_of_later() {
    let (log, _listening) = Log::listen();
    let mut server = well_set();
    server.kill().unwrap();
    let builder = RedisStore::builder(&server.url()).unwrap();
    let store = builder.connect_lazily().unwrap();
    let error = store.check().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    server.restart().unwrap();
    set(&server, "maxmemory", "0");
    eventually(HANGS, "a warning", async || !log.lines_with(TOLD).is_empty()).await;
}
