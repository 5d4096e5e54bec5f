//! An outage is not a logout, for tokens: what the store does not answer is a 503, and nothing is lost by it.

use keycard::store::memory::MemoryStore;
use keycard_conformance::testing::{ScriptedStore, Verb};
use keycard_jwt::{Revocation, TokenError, TokenErrorKind};

use crate::adapters::{answer, bearer};
use crate::world::*;

pub(crate) fn world(revocation: Revocation) -> (World, ScriptedStore<MemoryStore>) {
    let store = ScriptedStore::new(MemoryStore::new());
    let world = World::over(store.clone(), |tokens| tokens.revocation(revocation));
    (world, store)
}

/// The store was not asked: nothing is said about the token.
fn unavailable<T>(answer: Result<T, TokenError>, what: &str) {
    let error = answer.err().unwrap_or_else(|| panic!("{what} is answered"));
    let told = (error.kind(), error.status(), error.www_authenticate());
    assert_eq!(told, (TokenErrorKind::Session, 503, None), "{what}");
}

#[actix_web::test]
async fn a_store_that_is_away_is_a_503_and_makes_no_token_invalid() {
    for revocation in ALL {
        let (world, store) = world(revocation);
        let (session, tokens) = (world.login("alice").await, &world.tokens);
        let pair = tokens.issue(&session).await.unwrap();
        let id = tokens.verify(&pair.access).await.unwrap().id();
        store.go_down();
        let away = (503, None, r#"{"error":"please try again later"}"#.to_owned());
        for path in ["/token", "/tenant", "/anybody"] {
            assert_eq!(
                answer(&world, path, &[bearer(&pair)]).await,
                away,
                "{revocation:?} {path}"
            );
        }
        unavailable(tokens.verify(&pair.access).await, "verify");
        unavailable(tokens.issue(&session).await, "issue");
        unavailable(tokens.refresh(&pair.refresh).await, "refresh");
        unavailable(
            tokens.revoke(pair.access.expose_text()).await,
            "revoke an access token",
        );
        unavailable(
            tokens.revoke(pair.refresh.expose_text()).await,
            "revoke a refresh token",
        );
        unavailable(tokens.revoke_all("alice").await, "revoke_all");
        if revocation != Revocation::SessionBound {
            unavailable(tokens.revoke_ids([id]).await, "revoke_ids");
        }
        store.recover();
        tokens.verify(&pair.access).await.unwrap();
        tokens.refresh(&pair.refresh).await.unwrap();
    }
}

/// As for a cookie: nothing that was asked for is lost.
#[tokio::test]
async fn a_touch_that_fails_does_not_fail_the_check() {
    let (world, store) = world(Revocation::SessionBound);
    let pair = world.tokens.issue(&world.login("alice").await).await.unwrap();
    world.clock.advance(2 * MINUTE);
    store.fail(Verb::Touch);
    drop(store.calls());
    world.tokens.verify(&pair.access).await.unwrap();
    world.tokens.refresh(&pair.refresh).await.unwrap();
    assert_eq!(
        store.calls(),
        [Verb::Load, Verb::Touch, Verb::Load, Verb::Touch, Verb::Refresh]
    );
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_tried_again_with_the_same_token() {
    for revocation in ALL {
        let (world, store) = world(revocation);
        let session = world.login("alice").await;
        let first = world.tokens.issue(&session).await.unwrap();
        store.lose_answer(Verb::Refresh);
        unavailable(world.tokens.refresh(&first.refresh).await, "refresh");
        world.clock.advance(29 * SECOND);
        let second = world.tokens.refresh(&first.refresh).await.unwrap();
        world.tokens.verify(&second.access).await.unwrap();
        world.tokens.refresh(&second.refresh).await.unwrap();
    }
}

/// The family ends in one step and its session in a second one: between them the replay is refused, and the next one ends
/// the session.
#[tokio::test]
async fn a_reuse_that_meets_an_outage_is_noticed_by_the_next_one() {
    let (world, store) = world(Revocation::SessionBound);
    let session = world.login("alice").await;
    let first = world.tokens.issue(&session).await.unwrap();
    let second = world.tokens.refresh(&first.refresh).await.unwrap();
    world.clock.advance(30 * SECOND);
    store.fail_once(Verb::EndOne);
    unavailable(world.tokens.refresh(&first.refresh).await, "a replay");
    assert_eq!(
        refusal(world.tokens.refresh(&second.refresh).await),
        TokenErrorKind::Reused
    );
    assert_eq!(world.users.of("alice").count().await.unwrap(), 0);
}
