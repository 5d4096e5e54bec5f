//! What a check of a token asks Redis, in each way of revoking, and what its renewal does.

use std::time::Duration;

use keycard::store::near::NearCache;
use keycard::store::{TokenStore, UserIndex};
use keycard::{KeyRing, Keycard, Session};
use keycard_jwt::{Revocation, Signed, TokenKeys, TokenSeal, Tokens};
use keycard_redis::RedisStore;
use keycard_tests::monitor::Monitor;
use keycard_tests::world::World;

const TIMES: usize = 10;

type Sent = &'static [&'static str];

/// What a use of a token sends.
struct Budget {
    revocation: Revocation,
    check: Sent,
    /// When the last use is two minutes ago.
    late_check: Sent,
    revoke: Sent,
}

const BUDGETS: [Budget; 3] = [
    Budget {
        revocation: Revocation::SessionBound,
        check: &["GET"],
        late_check: &["GET", "EVALSHA"],
        revoke: &["EVALSHA"],
    },
    Budget {
        revocation: Revocation::AllowList,
        check: &["MGET"],
        late_check: &["MGET"],
        revoke: &["DEL"],
    },
    Budget {
        revocation: Revocation::BlockList,
        check: &["MGET"],
        late_check: &["MGET"],
        revoke: &["EVALSHA"],
    },
];

/// Sessions and tokens over a store.
struct Issuer {
    keycard: Keycard,
    tokens: Tokens,
}

impl Issuer {
    fn over(world: &World, store: impl UserIndex + TokenStore + Clone, revocation: Revocation) -> Self {
        let ring = KeyRing::new([[1; 32]]).unwrap();
        let seal = TokenSeal::new(TokenKeys::derived(&ring).unwrap(), "https://shop", "https://api").unwrap();
        let builder = Keycard::with_users(store.clone(), ring).clock(world.clock.clone());
        let (keycard, users) = builder.build().unwrap();
        let tokens = Tokens::builder(&users, store, seal).revocation(revocation);
        Self {
            keycard,
            tokens: tokens.build().unwrap(),
        }
    }

    async fn session(&self) -> Session {
        let session = self.keycard.open([]).load().await.unwrap();
        session.login("alice");
        session.commit().await.unwrap();
        session
    }
}

async fn connected(world: &World) -> RedisStore {
    let url = world.redis.as_ref().unwrap().url();
    let builder = RedisStore::builder(&url).unwrap();
    builder.check_at_start(false).connect().await.unwrap()
}

/// What the server was asked since it was looked at last.
struct Watched {
    monitor: Monitor,
    revocation: Revocation,
    /// The first time warms the server up, uncounted.
    counts: bool,
}

impl Watched {
    async fn sent(&mut self, expected: Sent, what: &str) {
        let sent = self.monitor.commands().await;
        assert!(
            !self.counts || sent == expected,
            "{what}, {:?}: {sent:?}",
            self.revocation
        );
    }
}

/// Measures each use many times, in each way of revoking.
pub(crate) async fn each_use_keeps_its_budget(world: &World) {
    for budget in BUDGETS {
        let issuer = Issuer::over(world, connected(world).await, budget.revocation);
        let mut redis = Watched {
            monitor: Monitor::over(world.redis.as_ref().unwrap()).await,
            revocation: budget.revocation,
            counts: false,
        };
        for _ in 0..=TIMES {
            measure(world, &issuer, &budget, &mut redis).await;
            redis.counts = true;
        }
    }
}

async fn measure(world: &World, issuer: &Issuer, budget: &Budget, redis: &mut Watched) {
    let tokens = &issuer.tokens;
    let session = issuer.session().await;
    redis.sent(&["EVALSHA"], "login").await;
    let first = tokens.issue(&session).await.unwrap();
    redis.sent(&["EVALSHA"], "issue").await;
    tokens.verify(&first.access).await.unwrap();
    redis.sent(budget.check, "check").await;
    let request = issuer.keycard.open([]);
    tokens.verify_for(&first.access, &request).await.unwrap();
    redis.sent(budget.check, "check for a request").await;
    let second = tokens.refresh(&first.refresh).await.unwrap();
    redis.sent(&["GET", "EVALSHA"], "refresh").await;
    tokens.refresh(&first.refresh).await.unwrap();
    redis.sent(&["GET", "EVALSHA"], "refresh within the grace").await;
    world.clock.advance(Duration::from_mins(2));
    tokens.verify(&second.access).await.unwrap();
    redis.sent(budget.late_check, "check, a touch is due").await;
    for odd in ["", "nonsense", first.refresh.expose_text()] {
        tokens.verify(&Signed::presented(odd)).await.unwrap_err();
    }
    redis.sent(&[], "what is no access token").await;
    tokens.revoke(second.access.expose_text()).await.unwrap();
    redis.sent(budget.revoke, "revoke").await;
}

/// Checks of a token whose session is hot, and nothing but the cache's own heartbeat.
pub(crate) async fn a_check_over_a_hot_session_asks_no_server(world: &World) {
    let near = NearCache::over(connected(world).await);
    while !near.figures().on {
        tokio::task::yield_now().await;
    }
    let issuer = Issuer::over(world, near.clone(), Revocation::SessionBound);
    let pair = issuer.tokens.issue(&issuer.session().await).await.unwrap();
    while near.figures().counts.hits == 0 {
        issuer.tokens.verify(&pair.access).await.unwrap();
    }
    let mut monitor = Monitor::over(world.redis.as_ref().unwrap()).await;
    for _ in 0..50 {
        issuer.tokens.verify(&pair.access).await.unwrap();
    }
    let mut commands = monitor.commands().await;
    commands.retain(|command| command != "PING");
    assert_eq!(commands, [""; 0]);
}
