//! Connections over TLS: who is trusted, and who is refused.

use std::fs;
use std::path::PathBuf;

use keycard::store::{Loaded, Store as _};
use keycard_fixtures::{RedisCluster, RedisSentinels, RedisServer, TestCa};
use keycard_redis::{RedisStore, RedisTls};

use crate::each_verb::{exercise, remember};
use crate::nears::*;
use crate::support::*;

fn read(file: PathBuf) -> String {
    fs::read_to_string(file).unwrap()
}

fn trusting(ca: &TestCa) -> RedisTls {
    RedisTls::new().trusting_only(read(ca.ca())).unwrap()
}

/// With the client's certificate of an authority.
fn shown_by(ca: &TestCa, tls: RedisTls) -> RedisTls {
    tls.certificate(read(ca.client_certificate()), read(ca.client_key()))
        .unwrap()
}

async fn connect(url: &str, tls: RedisTls) -> RedisStore {
    unchecked(url).tls(tls).connect().await.unwrap()
}

async fn refusal(url: &str, tls: RedisTls) -> String {
    let refused = unchecked(url).tls(tls).connect().await;
    refused.unwrap_err().to_string()
}

#[tokio::test]
async fn every_verb_works_on_each_topology_by_each_protocol() {
    let ca = TestCa::new().unwrap();
    // Whoever shows no certificate is refused, and whoever asks in the clear.
    let node = || {
        let secret = ["--tls-auth-clients", "yes"];
        RedisServer::builder().tls(&ca).password("sesame").args(secret)
    };
    let server = node().start().unwrap();
    let cluster = RedisCluster::builder().node(node()).start().unwrap();
    let sentinels = RedisSentinels::builder()
        .node(node())
        .sentinel(RedisServer::builder().tls(&ca));
    let sentinels = sentinels.start().unwrap();
    for url in [server.tls_url(), cluster.tls_url(), sentinels.tls_url()] {
        for protocol in ["resp2", "resp3"] {
            let store = unchecked(&format!("{url}?protocol={protocol}"));
            let store = store.tls(shown_by(&ca, trusting(&ca))).prefix(protocol);
            let store = store.connect().await.unwrap();
            exercise(&store).await;
            remember(&store).await;
            near(&store).await;
        }
    }
}

#[tokio::test]
async fn only_who_is_trusted_is_spoken_to() {
    let (ca, unknown) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let server = RedisServer::builder().tls(&ca).start().unwrap();
    let url = server.tls_url();
    for (tls, reason) in [
        (trusting(&unknown), "invalid peer certificate"),
        // What the system trusts; where it names nobody, that is told.
        (RedisTls::new(), "certificate"),
    ] {
        let refusal = refusal(&url, tls).await;
        assert!(refusal.contains(reason), "{refusal}");
    }
    let refused = unchecked(&url).connect().await.unwrap_err().to_string();
    assert!(refused.contains("certificate"), "{refused}");

    let by_address = url.replace("localhost", "127.0.0.1");
    exercise(&connect(&by_address, trusting(&ca)).await).await;
    let by_another_name = url.replace("localhost", "[::ffff:127.0.0.1]");
    let refused = refusal(&by_another_name, trusting(&ca)).await;
    assert!(refused.contains("certificate not valid for name"), "{refused}");
}

#[tokio::test]
async fn a_server_may_ask_who_we_are() {
    let (ca, unknown) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let strict = ["--tls-auth-clients", "yes"];
    let server = RedisServer::builder().tls(&ca).args(strict).start().unwrap();
    let url = server.tls_url();
    for tls in [trusting(&ca), shown_by(&unknown, trusting(&ca))] {
        let refusal = refusal(&url, tls).await;
        assert!(
            refusal.starts_with("cannot connect to Redis at localhost"),
            "{refusal}"
        );
    }
    exercise(&connect(&url, shown_by(&ca, trusting(&ca))).await).await;
}

#[tokio::test]
async fn what_cannot_be_used_is_said_before_anybody_connects() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let (certificate, key) = (read(ca.client_certificate()), read(ca.client_key()));
    let torn = certificate.replace("-----END CERTIFICATE-----", "");
    for text in ["", "no certificate", &key, &torn] {
        let error = RedisTls::new().trusting_only(text).unwrap_err().to_string();
        assert!(error.contains("a certificate cannot be read as PEM"), "{error}");
        let error = RedisTls::new().certificate(text, &key).unwrap_err().to_string();
        assert!(error.contains("a certificate cannot be read as PEM"), "{error}");
    }
    for text in ["", "no key", &certificate] {
        let error = RedisTls::new()
            .certificate(&certificate, text)
            .unwrap_err()
            .to_string();
        assert!(error.contains("private key") && error.contains("PEM"), "{error}");
    }
    let of_two = RedisTls::new()
        .certificate(&certificate, read(other.client_key()))
        .unwrap();
    let builder = unchecked("rediss://localhost");
    let error = builder.tls(of_two).connect_lazily().unwrap_err().to_string();
    assert!(error.contains("private key cannot be used"), "{error}");

    let in_the_clear = unchecked("redis://localhost");
    let error = in_the_clear.tls(trusting(&ca)).connect_lazily().unwrap_err();
    assert!(error.to_string().contains("rediss"), "{error}");
    let shown = format!("{:?}", shown_by(&ca, RedisTls::new()));
    assert!(
        !shown.contains("PRIVATE") && shown.contains("has_certificate: true"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_near_cache_is_told_over_tls_too() {
    let ca = TestCa::new().unwrap();
    let server = RedisServer::builder().tls(&ca).start().unwrap();
    let url = server.tls_url();
    let (reader, writer) = (
        connect(&url, trusting(&ca)).await,
        connect(&url, trusting(&ca)).await,
    );
    let reader = near(&reader).await;
    let create = keycard::store::Create::new(key(1, 1), live(1), None, NOW);
    assert_eq!(
        writer.create(create).await.unwrap(),
        keycard::store::Created::Applied
    );
    has_copy(&reader, key(1, 1)).await;
    end(&writer, key(1, 1)).await;
    learns_of_the_end(&reader, key(1, 1)).await;
    assert_eq!(writer.load(key(1, 1), NOW).await.unwrap(), Loaded::Ended);
}
