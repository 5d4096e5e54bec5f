//! What ends tokens: the end of their session, and what is revoked by itself, in each way of revoking.

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::{LoginAs, TokenId};
use keycard_jwt::{Revocation, TokenErrorKind};

use crate::world::*;

/// While a life is made shorter, server by server, there are some that go by the longer one.
#[tokio::test]
async fn what_one_server_revokes_is_revoked_for_one_with_a_longer_life() {
    for revocation in ALL {
        // One is revoked while both accept it, the other when one of them does not any more.
        for (before, after) in [(0, 20), (20, 0)] {
            let refused = refused_by_the_longer(revocation, [before, after]).await;
            assert_eq!(
                refused,
                TokenErrorKind::Revoked,
                "{revocation:?}, revoked after {before} minutes"
            );
        }
    }
}

/// Why a server with the longer life refuses a token that another one has revoked between these minutes.
async fn refused_by_the_longer(revocation: Revocation, [before, after]: [u32; 2]) -> TokenErrorKind {
    let store = MemoryStore::new();
    let [long, short] = [60, 15].map(|life| {
        World::over(store.clone(), |tokens| {
            tokens.revocation(revocation).access_life(life * MINUTE)
        })
    });
    let pass = |minutes| {
        for world in [&long, &short] {
            world.clock.advance(minutes * MINUTE);
        }
    };
    let session = long.login("alice").await;
    let pair = long.tokens.issue(&session).await.unwrap();
    pass(before);
    short.tokens.revoke(pair.access.expose_text()).await.unwrap();
    pass(after);
    refusal(long.tokens.verify(&pair.access).await)
}

/// FEATURES: tokens die with their session.
#[tokio::test]
async fn whatever_ends_the_session_ends_its_tokens_at_once() {
    for way in [
        "logout",
        "all",
        "others",
        "device",
        "expiry",
        "another user",
        "revoked",
        "all revoked",
    ] {
        let world = World::new(|tokens| tokens);
        let device = keycard::Device::new("7f3a").unwrap();
        let session = world.login_with(LoginAs::user("alice").device(device)).await;
        let pair = world.tokens.issue(&session).await.unwrap();
        world.tokens.verify(&pair.access).await.unwrap();
        let other = world.login("alice").await;
        match way {
            "logout" => {
                session.logout();
                session.commit().await.unwrap();
            }
            "all" => drop(world.users.of("alice").end_all().await.unwrap()),
            "others" => drop(world.users.mine(&other).unwrap().end_others().await.unwrap()),
            "device" => drop(world.users.of("alice").end_device("7f3a").await.unwrap()),
            "another user" => {
                session.login("bob");
                session.commit().await.unwrap();
            }
            "revoked" => world.tokens.revoke(pair.access.expose_text()).await.unwrap(),
            "all revoked" => world.tokens.revoke_all("alice").await.unwrap(),
            _ => {
                session.set_idle(Duration::ZERO);
                session.commit().await.unwrap();
            }
        }
        let refused = [
            refusal(world.tokens.verify(&pair.access).await),
            refusal(world.tokens.refresh(&pair.refresh).await),
        ];
        assert_eq!(refused, [TokenErrorKind::Revoked; 2], "{way}");
    }
}

#[tokio::test]
async fn a_list_says_which_tokens_are_accepted() {
    for revocation in [Revocation::AllowList, Revocation::BlockList] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let mut pairs = Vec::new();
        for _ in 0..4 {
            pairs.push(world.tokens.issue(&session).await.unwrap());
        }
        let mut ids: Vec<TokenId> = Vec::new();
        for pair in &pairs {
            ids.push(world.tokens.verify(&pair.access).await.unwrap().id());
        }
        world.tokens.revoke(pairs[0].access.expose_text()).await.unwrap();
        world.tokens.revoke_ids(ids[1..3].to_vec()).await.unwrap();
        for pair in &pairs[..3] {
            assert_eq!(
                refusal(world.tokens.verify(&pair.access).await),
                TokenErrorKind::Revoked
            );
        }
        world
            .tokens
            .verify(&pairs[3].access)
            .await
            .expect("it was not revoked");
        let renewed = world.tokens.refresh(&pairs[0].refresh).await.unwrap();
        world
            .tokens
            .verify(&renewed.access)
            .await
            .expect("its successor was not revoked");
    }
}

#[tokio::test]
async fn to_revoke_a_refresh_token_revokes_all_that_came_of_it() {
    for revocation in [Revocation::AllowList, Revocation::BlockList] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let (first, other) = (
            world.tokens.issue(&session).await,
            world.tokens.issue(&session).await,
        );
        let (first, other) = (first.unwrap(), other.unwrap());
        let second = world.tokens.refresh(&first.refresh).await.unwrap();
        world.tokens.revoke(first.refresh.expose_text()).await.unwrap();
        for pair in [&first, &second] {
            world.refuses(pair).await;
        }
        world.tokens.verify(&other.access).await.expect("another family");
        assert_eq!(
            world.users.of("alice").count().await.unwrap(),
            1,
            "the session goes on"
        );
    }
}

#[tokio::test]
async fn what_was_issued_to_a_user_is_revoked_in_one_step_and_what_comes_after_is_not() {
    for revocation in [Revocation::AllowList, Revocation::BlockList] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let (alice, bob) = (world.login("alice").await, world.login("bob").await);
        let before = world.tokens.issue(&alice).await.unwrap();
        let bobs = world.tokens.issue(&bob).await.unwrap();
        world.tokens.revoke_all("alice").await.unwrap();
        // The claim `iat` has the same second.
        world.clock.advance(Duration::from_millis(1));
        let after = world.tokens.issue(&alice).await.unwrap();
        world.refuses(&before).await;
        for pair in [&after, &bobs] {
            world.accepts(pair).await;
        }
    }
}

#[tokio::test]
async fn what_is_not_ours_is_revoked_without_an_error() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let bent = pair.access.expose_text().replacen('.', "x.", 1);
    for text in ["", "nonsense", &bent] {
        world.tokens.revoke(text).await.unwrap();
    }
    world.tokens.verify(&pair.access).await.unwrap();
    assert_eq!(refusal(world.tokens.revoke_ids([]).await), TokenErrorKind::NoList);
}

/// Servers of one store that revoke in different ways, as in a deployment that changes it.
#[tokio::test]
async fn what_one_way_of_revoking_writes_the_other_does_not_take_for_the_contrary() {
    let store = MemoryStore::new();
    let by = |revocation| World::over(store.clone(), |tokens| tokens.revocation(revocation));
    let (blocking, allowing) = (by(Revocation::BlockList), by(Revocation::AllowList));
    let session = blocking.login("alice").await;
    let blocked = blocking.tokens.issue(&session).await.unwrap();
    blocking
        .tokens
        .revoke(blocked.access.expose_text())
        .await
        .unwrap();
    let allowed = allowing.tokens.issue(&session).await.unwrap();
    for world in [&blocking, &allowing] {
        assert_eq!(
            refusal(world.tokens.verify(&blocked.access).await),
            TokenErrorKind::Revoked
        );
        world.tokens.verify(&allowed.access).await.unwrap();
    }
}

/// Its family is older than the mark, and its tokens live on as long as a later clock says.
#[tokio::test]
async fn a_refresh_that_overtakes_a_revocation_by_a_clock_that_is_ahead_is_revoked_until_it_expires() {
    let store = MemoryStore::new();
    let [ours, ahead] =
        [(); 2].map(|()| World::over(store.clone(), |tokens| tokens.revocation(Revocation::BlockList)));
    ahead.clock.advance(MINUTE);
    let session = ours.login_with(LoginAs::user("alice").remembered(true)).await;
    let pair = ours.tokens.issue(&session).await.unwrap();
    let overtaking = ahead.tokens.refresh(&pair.refresh).await.unwrap();
    ours.tokens.revoke_all("alice").await.unwrap();
    // The session is used now and then, which moves its end.
    for _ in 0..7 {
        for world in [&ours, &ahead] {
            world.clock.advance(24 * 60 * MINUTE);
        }
        session.touch().await.unwrap();
    }
    let refused = refusal(ours.tokens.refresh(&overtaking.refresh).await);
    assert_eq!(refused, TokenErrorKind::Revoked);
}
