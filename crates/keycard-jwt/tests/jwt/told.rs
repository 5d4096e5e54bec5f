//! What an operator is told: each failure that is not the client's, once and without a secret.

use std::io;
use std::sync::{Arc, Mutex};

use axum::extract::FromRequestParts as _;
use keycard::KeyRing;
use keycard::store::Family;
use keycard::store::memory::MemoryStore;
use keycard_jwt::{AccessToken, Revocation, TokenError, TokenErrorKind, TokenPair};
use serde_json::json;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::outage::world;
use crate::world::*;

/// Lines of a log, as an application would write them.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The log of this thread, until the guard is dropped.
    ///
    /// Other tests of the process meet the same events on threads that nobody listens to; what they found would be cached
    /// for all threads. So somebody listens to those, too.
    fn begin() -> (Self, DefaultGuard) {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(io::sink)
            .try_init()
            .ok();
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone());
        let guard = tracing::subscriber::set_default(subscriber.finish());
        (log, guard)
    }

    /// The errors that were told since this was asked last.
    fn errors(&self) -> Vec<String> {
        self.told("ERROR")
    }

    /// What was told at this level since this was asked last.
    fn told(&self, level: &str) -> Vec<String> {
        let told = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        let told = told.lines().filter(|line| line.contains(level));
        told.map(ToOwned::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn is_secret(line: &str, pair: &TokenPair) -> bool {
    let texts = [pair.access.expose_text(), pair.refresh.expose_text()];
    let signatures = texts.map(|text| text.rsplit('.').next().unwrap());
    signatures.iter().any(|signature| line.contains(signature))
}

/// Whatever was asked for, the operator reads one line, which names the cause.
#[tokio::test]
async fn an_outage_is_told_once_for_each_call() {
    for revocation in ALL {
        let (world, store) = world(revocation);
        let (session, tokens) = (world.login("alice").await, &world.tokens);
        let pair = tokens.issue(&session).await.unwrap();
        let id = tokens.verify(&pair.access).await.unwrap().id();
        store.go_down();
        let (log, _guard) = Log::begin();
        let once = |answer: Result<(), TokenError>, what: &str| {
            assert_eq!(answer.unwrap_err().status(), 503, "{what}");
            let [line] = <[String; 1]>::try_from(log.errors()).unwrap();
            assert!(line.contains("cause=\""), "{revocation:?} {what}: {line}");
            assert!(!is_secret(&line, &pair), "{revocation:?} {what}: {line}");
        };
        once(tokens.issue(&session).await.map(drop), "issue");
        once(tokens.verify(&pair.access).await.map(drop), "verify");
        once(tokens.refresh(&pair.refresh).await.map(drop), "refresh");
        for text in [pair.access.expose_text(), pair.refresh.expose_text()] {
            once(tokens.revoke(text).await, "revoke");
        }
        once(tokens.revoke_all("alice").await, "revoke_all");
        if revocation != Revocation::SessionBound {
            once(tokens.revoke_ids([id]).await, "revoke_ids");
        }
    }
}

/// What the application has to mend is told; what a client does wrong is not.
#[tokio::test]
async fn what_the_application_has_to_mend_is_told_once() {
    use TokenErrorKind::{LayerMissing, NoList, OwnClaims, SessionLayerMissing, TooLarge, WrongKind};
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let saying = |own: serde_json::Value| World::new(move |tokens| tokens.claims(move |_| own.clone()));
    let (naming, padding) = (
        saying(json!({"sub": "eve"})),
        saying(json!({"n": "x".repeat(4_000)})),
    );
    let (named, padded) = (naming.login("alice").await, padding.login("alice").await);
    let others = keycard::Keycard::builder(MemoryStore::new(), KeyRing::random());
    let elsewhere = others.build().unwrap().open([]);
    let mut parts = http::Request::new(()).into_parts().0;

    let (log, _guard) = Log::begin();
    let once = |kind: TokenErrorKind, answer: Result<(), TokenError>| {
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, 500));
        let [line] = <[String; 1]>::try_from(log.errors()).unwrap();
        assert!(line.contains(&error.to_string()), "{kind:?}: {line}");
        assert!(!is_secret(&line, &pair), "{kind:?}: {line}");
    };
    once(NoList, world.tokens.revoke_ids([]).await);
    once(OwnClaims, naming.tokens.issue(&named).await.map(drop));
    once(TooLarge, padding.tokens.issue(&padded).await.map(drop));
    let verified = world.tokens.verify_for(&pair.access, &elsewhere).await;
    once(SessionLayerMissing, verified.map(drop));
    let extracted = AccessToken::from_request_parts(&mut parts, &()).await;
    once(LayerMissing, extracted.map(drop));

    let swapped = keycard_jwt::Signed::presented(pair.refresh.expose_text());
    assert_eq!(refusal(world.tokens.verify(&swapped).await), WrongKind);
    assert_eq!(log.errors(), [""; 0]);
}

#[tokio::test]
async fn a_family_that_ends_for_another_is_told() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let (log, _guard) = Log::begin();
    for _ in 0..Family::MOST {
        world.tokens.issue(&session).await.unwrap();
    }
    assert_eq!(log.told("WARN"), [""; 0]);
    let pair = world.tokens.issue(&session).await.unwrap();
    let [line] = <[String; 1]>::try_from(log.told("WARN")).unwrap();
    let named = format!("session={} ended=1", session.handle().unwrap());
    assert!(line.contains(&named) && !is_secret(&line, &pair), "{line}");
}
