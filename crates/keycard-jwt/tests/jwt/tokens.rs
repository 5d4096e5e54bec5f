//! Tokens over sessions: what they say, how long they live, and what ends them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::auth::Guard;
use keycard::store::Family;
use keycard::store::memory::MemoryStore;
use keycard::{Factor, LoginAs, Timestamp, TokenId};
use keycard_jwt::{Revocation, Signed, TokenErrorKind};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn a_pair_is_the_answer_of_a_token_endpoint() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let json = serde_json::to_value(&pair).unwrap();
    assert_eq!(json["access_token"], pair.access.expose_text());
    assert_eq!(json["refresh_token"], pair.refresh.expose_text());
    assert_eq!(
        (&json["token_type"], &json["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    assert!(!format!("{pair:?} {:?}", world.tokens).contains("eyJ"));

    let token = world.tokens.verify(&pair.access).await.unwrap();
    assert_eq!(token.user().as_str(), "alice");
    assert_eq!(token.claims().session, session.handle().unwrap());
    assert_eq!(token.claims().expires, NOW.after(15 * MINUTE));
    assert!(token.roles().is_empty(), "nobody has asked for them");
    assert_eq!(token.claims().details.client, None, "nobody has named it");
}

#[tokio::test]
async fn tokens_are_issued_to_who_is_logged_in_alone() {
    let world = World::new(|tokens| tokens);
    let guest = world.keycard.open([]).load().await.unwrap();
    guest.insert("cart", &7).unwrap();
    let error = world.tokens.issue(&guest).await.unwrap_err();
    let challenge = error.www_authenticate();
    assert_eq!(
        (error.status(), challenge.as_deref()),
        (401, Some(r#"Bearer realm="api""#))
    );
    let waiting = world.login_with(LoginAs::user("carol").pending()).await;
    assert_eq!(world.tokens.issue(&waiting).await.unwrap_err().status(), 401);
}

#[derive(serde::Deserialize)]
struct Own {
    tenant: u32,
}

#[tokio::test]
async fn roles_and_own_claims_are_those_of_the_time_of_issue() {
    let world = World::new(|tokens| {
        tokens
            .roles()
            .claims(|session| json!({"tenant": session.get::<u32>("tenant").unwrap()}))
    });
    let session = world.login("alice").await;
    session.insert("tenant", &7).unwrap();
    let pair = world.tokens.issue(&session).await.unwrap();
    session.set_roles(["user", "admin"]).unwrap();
    session.insert("tenant", &8).unwrap();
    session.commit().await.unwrap();

    let token = world.tokens.verify(&pair.access).await.unwrap();
    assert_eq!(token.roles(), ["user"]);
    assert_eq!(token.own_claims::<Own>().unwrap().tenant, 7);
    token
        .require(&Guard::role("admin"))
        .await
        .expect("a guard asks the session");

    let pair = world.tokens.refresh(&pair.refresh).await.unwrap();
    let token = world.tokens.verify(&pair.access).await.unwrap();
    assert_eq!(token.roles(), ["user", "admin"]);
    assert_eq!(token.own_claims::<Own>().unwrap().tenant, 8);
}

/// RFC 9068 §2.2: what an access token says of its client, and of when its user was there.
#[tokio::test]
async fn an_access_token_says_to_whom_it_was_issued_and_when_its_user_was_there() {
    let world = World::new(|tokens| tokens.client_id("shop-cli"));
    let session = world.login("alice").await;
    let mut pair = world.tokens.issue(&session).await.unwrap();
    for (span, proves, since) in [
        (5 * MINUTE, false, NOW),
        (5 * MINUTE, true, NOW.after(10 * MINUTE)),
    ] {
        world.clock.advance(span);
        if proves {
            session.prove(Factor::OTP).unwrap();
            session.commit().await.unwrap();
        }
        pair = world.tokens.refresh(&pair.refresh).await.unwrap();
        let token = world.tokens.verify(&pair.access).await.unwrap();
        assert_eq!(token.claims().details.client.as_deref(), Some("shop-cli"));
        assert_eq!(token.claims().details.authenticated_at, Some(since));
        let payload = pair.access.expose_text().split('.').nth(1).unwrap();
        let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let expected = json!(["shop-cli", since.as_millis() / 1_000]);
        assert_eq!(json!([payload["client_id"], payload["auth_time"]]), expected);
    }
}

#[tokio::test]
async fn own_claims_have_names_of_their_own() {
    for own in [
        json!({"sub": "mallory"}),
        json!({"fam": 1}),
        json!({"roles": ["admin"]}),
        json!({"client_id": "shop"}),
        json!({"auth_time": 1}),
        json!(7),
    ] {
        let world = World::new(|tokens| tokens.claims(move |_| own.clone()));
        let session = world.login("alice").await;
        assert_eq!(
            refusal(world.tokens.issue(&session).await),
            TokenErrorKind::OwnClaims
        );
    }
    let world = World::new(|tokens| tokens.claims(|_| json!({"padding": "x".repeat(4_000)})));
    let session = world.login("alice").await;
    assert_eq!(
        refusal(world.tokens.issue(&session).await),
        TokenErrorKind::TooLarge
    );
}

#[tokio::test]
async fn an_access_token_lives_for_its_fifteen_minutes() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    world.clock.advance(15 * MINUTE - SECOND);
    world.tokens.verify(&pair.access).await.unwrap();
    world.clock.advance(SECOND);
    assert_eq!(
        refusal(world.tokens.verify(&pair.access).await),
        TokenErrorKind::Expired
    );
}

/// What a list knows of a token is kept as long as it can be valid, so a life that is made shorter must end tokens too.
#[tokio::test]
async fn a_shorter_life_counts_for_the_tokens_that_are_there() {
    for revocation in ALL {
        let store = MemoryStore::new();
        let long = World::over(store.clone(), |tokens| {
            tokens.revocation(revocation).access_life(60 * MINUTE)
        });
        let short = World::over(store, |tokens| {
            tokens.revocation(revocation).refresh_life(20 * MINUTE)
        });
        let session = long.login("alice").await;
        let pair = long.tokens.issue(&session).await.unwrap();
        let expired = Err(TokenErrorKind::Expired);
        for (span, access, refresh) in [
            (15 * MINUTE - SECOND, Ok(()), Ok(())),
            (SECOND, expired, Ok(())),
            (5 * MINUTE, expired, expired),
        ] {
            long.clock.advance(span);
            short.clock.advance(span);
            let verified = short.tokens.verify(&pair.access).await;
            assert_eq!(verified.map(drop).map_err(|error| error.kind()), access);
            let refreshed = short.tokens.refresh(&pair.refresh).await;
            assert_eq!(refreshed.map(drop).map_err(|error| error.kind()), refresh);
            long.tokens.verify(&pair.access).await.unwrap();
        }
    }
}

/// To use the token is to use the session: it does not time out under a client that works.
#[tokio::test]
async fn a_check_keeps_the_session_alive_and_an_idle_client_loses_it() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let mut pair = world.tokens.issue(&session).await.unwrap();
    for _ in 0..10 {
        world.clock.advance(10 * MINUTE);
        world.tokens.verify(&pair.access).await.unwrap();
        pair = world.tokens.refresh(&pair.refresh).await.unwrap();
    }
    world.clock.advance(30 * MINUTE);
    assert_eq!(
        refusal(world.tokens.refresh(&pair.refresh).await),
        TokenErrorKind::Revoked
    );
}

/// The life of a refresh token is the most that it lives: a session that nobody uses is over before.
#[tokio::test]
async fn a_pause_of_days_takes_a_login_that_is_remembered() {
    let revoked = Err(TokenErrorKind::Revoked);
    for (remembered, pause, expected) in [(false, 30 * MINUTE, revoked), (true, 7 * DAY - SECOND, Ok(()))] {
        let world = World::new(|tokens| tokens);
        let login = LoginAs::user("alice").remembered(remembered);
        let session = world.login_with(login).await;
        let pair = world.tokens.issue(&session).await.unwrap();
        world.clock.advance(pause);
        let refreshed = world.tokens.refresh(&pair.refresh).await;
        assert_eq!(refreshed.map(drop).map_err(|error| error.kind()), expected);
    }
}

/// Law 4 for tokens: neither outlives the absolute deadline, however it is refreshed.
#[tokio::test]
async fn no_token_passes_the_session_s_absolute_deadline() {
    for revocation in ALL {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let absolute = session.absolute_at().unwrap();
        let mut pair = world.tokens.issue(&session).await.unwrap();
        while world.keycard.now() < NOW.after(DAY - 10 * MINUTE) {
            world.clock.advance(10 * MINUTE);
            pair = world.tokens.refresh(&pair.refresh).await.unwrap();
        }
        let left = absolute.since(world.keycard.now()).as_secs();
        assert_eq!((left, pair.expires_in), (600, 600));
        let token = world.tokens.verify(&pair.access).await.unwrap();
        assert_eq!(token.claims().expires, absolute);
        let refresh = world
            .tokens
            .seal()
            .verify_at(&pair.refresh, world.keycard.now())
            .unwrap();
        assert_eq!(refresh.expires, absolute);
        world.clock.advance(10 * MINUTE);
        assert_eq!(
            refusal(world.tokens.verify(&pair.access).await),
            TokenErrorKind::Expired
        );
        assert_eq!(
            refusal(world.tokens.refresh(&pair.refresh).await),
            TokenErrorKind::Expired
        );
    }
}

/// Tokens name the session by its handle, which a new id does not change.
#[tokio::test]
async fn tokens_outlive_a_new_id_of_their_session() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    session.rotate();
    session.commit().await.unwrap();
    session.login("alice");
    session.commit().await.unwrap();
    world.tokens.verify(&pair.access).await.unwrap();
    world.tokens.refresh(&pair.refresh).await.unwrap();
}

/// Whoever has a session could fill the store by it; a client that forgets its tokens is no such one, and ends no other's.
#[tokio::test]
async fn a_session_has_so_many_families_and_one_more_ends_the_one_not_refreshed_for_longest() {
    for revocation in ALL {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let (session, other) = (world.login("alice").await, world.login("alice").await);
        let bystander = world.tokens.issue(&other).await.unwrap();
        let mut pairs = Vec::new();
        for _ in 0..Family::MOST {
            pairs.push(world.tokens.issue(&session).await.unwrap());
        }
        world.clock.advance(SECOND);
        pairs[0] = world.tokens.refresh(&pairs[0].refresh).await.unwrap();
        pairs.push(world.tokens.issue(&session).await.unwrap());
        let idle = pairs.remove(1);
        assert_eq!(
            refusal(world.tokens.refresh(&idle.refresh).await),
            TokenErrorKind::Revoked
        );
        if revocation != Revocation::SessionBound {
            assert_eq!(
                refusal(world.tokens.verify(&idle.access).await),
                TokenErrorKind::Revoked
            );
        }
        for pair in pairs.iter().chain([&bystander]) {
            world.accepts(pair).await;
        }
    }
}

#[tokio::test]
async fn an_access_token_is_no_refresh_token() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let swapped = Signed::presented(pair.access.expose_text());
    assert_eq!(
        refusal(world.tokens.refresh(&swapped).await),
        TokenErrorKind::WrongKind
    );
    let swapped = Signed::presented(pair.refresh.expose_text());
    assert_eq!(
        refusal(world.tokens.verify(&swapped).await),
        TokenErrorKind::WrongKind
    );
}

#[test]
fn a_token_s_name_has_its_time_to_the_millisecond() {
    let tag = keycard::StoreKey::from_bytes([7; 20]).tag();
    for millis in [0, 1, 1_800_000_000_123, (1 << 48) - 1] {
        let at = Timestamp::from_millis(millis);
        assert_eq!(TokenId::generate(tag, at).issued_at(), at);
    }
}

#[test]
fn settings_that_cannot_work_do_not_build() {
    use keycard::{KeyRing, Keycard};
    use keycard_jwt::{TokenKeys, TokenSeal, Tokens};

    let (store, ring) = (MemoryStore::new(), KeyRing::random());
    let keys = TokenKeys::derived(&ring).unwrap();
    let (_, users) = Keycard::with_users(store.clone(), ring).build().unwrap();
    let seal = TokenSeal::new(keys.clone(), "a", "b").unwrap();
    let builder = || Tokens::builder(&users, store.clone(), seal.clone());
    let refused = |built: Result<Tokens, keycard_jwt::TokenConfigError>| built.unwrap_err().to_string();
    assert!(refused(builder().access_life(Duration::ZERO).build()).contains("access_life"));
    assert!(refused(builder().access_life(2 * DAY).build()).contains("access_life"));
    assert!(refused(builder().refresh_life(MINUTE).build()).contains("refresh_life"));
    assert!(refused(builder().grace(6 * MINUTE).build()).contains("grace"));
    let hasty = || builder().access_life(SECOND);
    assert!(refused(hasty().grace(33 * SECOND).build()).contains("grace"));
    hasty().grace(32 * SECOND).build().unwrap();
    assert!(refused(builder().client_id("").build()).contains("client_id"));
    let cookie = |length: usize| {
        builder()
            .cookie(format!("__Host-{}", "n".repeat(length - 7)))
            .build()
    };
    assert!(refused(cookie(97)).contains("96 bytes"));
    let fits = cookie(96).unwrap().remove_cookie().unwrap();
    let name = fits.split('=').next().unwrap();
    assert_eq!(name.len() + TokenSeal::MAX_LEN, 4_096, "what a browser takes");
    assert!(TokenSeal::new(keys.clone(), "a", "a").is_err());
    assert!(TokenSeal::new(keys, "", "b").is_err());
}
