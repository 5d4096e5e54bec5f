//! Tokens on lists in Redis, to the refusal at the wire: what one server revokes, another one refuses.

use keycard_fixtures::RedisServer;
use keycard_jwt::{Revocation, TokenErrorKind, TokenPair};
use keycard_redis::RedisStore;

use crate::adapters::{answer, bearer};
use crate::world::*;

const LISTS: [Revocation; 2] = [Revocation::AllowList, Revocation::BlockList];

/// Two servers, each with a connection of its own.
async fn servers(redis: &RedisServer, revocation: Revocation) -> [World; 2] {
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        servers.push(World::over(store, |tokens| tokens.revocation(revocation)));
    }
    servers.try_into().ok().unwrap()
}

/// What an API answers on both frameworks, of either server.
async fn status(servers: &[World; 2], pair: &TokenPair) -> u16 {
    let mut statuses = Vec::new();
    for server in servers {
        let (status, challenge, _) = answer(server, "/token", &[bearer(pair)]).await;
        let revoked = r#"Bearer error="invalid_token", error_description="the token was revoked""#;
        assert_eq!(challenge.as_deref(), (status == 401).then_some(revoked));
        statuses.push(status);
    }
    assert_eq!(statuses[0], statuses[1]);
    statuses[0]
}

#[actix_web::test]
async fn what_one_server_revokes_every_server_refuses() {
    let redis = RedisServer::start().unwrap();
    for revocation in LISTS {
        let servers = servers(&redis, revocation).await;
        let [one, other] = &servers;
        // Marks are of a user, and the clocks of the next servers begin anew.
        let user = format!("{revocation:?}");
        for way in ["access", "id", "refresh", "all", "reuse"] {
            let session = one.login(&user).await;
            let pair = one.tokens.issue(&session).await.unwrap();
            let next = one.tokens.refresh(&pair.refresh).await.unwrap();
            assert_eq!(status(&servers, &pair).await, 200, "{revocation:?}, {way}");
            let id = other.tokens.verify(&pair.access).await.unwrap().id();
            match way {
                "access" => other.tokens.revoke(pair.access.expose_text()).await.unwrap(),
                "id" => other.tokens.revoke_ids([id]).await.unwrap(),
                "refresh" => other.tokens.revoke(next.refresh.expose_text()).await.unwrap(),
                "all" => other.tokens.revoke_all(&*user).await.unwrap(),
                _ => {
                    for server in &servers {
                        server.clock.advance(30 * SECOND);
                    }
                    let reuse = other.tokens.refresh(&pair.refresh).await;
                    assert_eq!(refusal(reuse), TokenErrorKind::Reused);
                }
            }
            assert_eq!(status(&servers, &pair).await, 401, "{revocation:?}, {way}");
            // One token, or all that came of it.
            let expected = if ["access", "id"].contains(&way) { 200 } else { 401 };
            assert_eq!(status(&servers, &next).await, expected, "{revocation:?}, {way}");
            for server in &servers {
                server.clock.advance(SECOND);
            }
        }
    }
}

/// A list that says nothing of a token, for the store has lost what it knew, is no reason to accept it.
#[actix_web::test]
async fn a_store_that_has_lost_its_data_accepts_nothing() {
    let redis = RedisServer::start().unwrap();
    for revocation in LISTS {
        let servers = servers(&redis, revocation).await;
        let session = servers[0].login("alice").await;
        let pair = servers[0].tokens.issue(&session).await.unwrap();
        assert_eq!(status(&servers, &pair).await, 200, "{revocation:?}");
        redis.command::<()>(&["FLUSHALL"]).unwrap();
        assert_eq!(status(&servers, &pair).await, 401, "{revocation:?}");
    }
}
