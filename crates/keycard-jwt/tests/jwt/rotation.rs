//! Refresh tokens: parallel tabs and lost answers log nobody out, and a token that was stolen is noticed.

use std::sync::{Arc, mpsc};

use keycard::store::EndReason;
use keycard::store::memory::MemoryStore;
use keycard::{Drift, Event, EventKind, Suspicion};
use keycard_jwt::{Refresh, Signed, TokenErrorKind, TokenPair};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::*;

/// Who has stolen a refresh token spends nothing from another client, and keeps no session alive.
#[tokio::test]
async fn another_client_refreshes_nothing() {
    let world = World::bound(Drift::StepUp);
    let from = |agent: &str| {
        let headers = [("user-agent", agent)];
        world.keycard.open_request(headers.as_slice(), None)
    };
    let session = from("curl/8.9").load().await.unwrap();
    session.login("alice");
    let pair = world.tokens.issue(&session).await.unwrap();
    world.clock.advance(20 * MINUTE);
    let refused = world.tokens.refresh_for(&pair.refresh, &from("wget/1.25")).await;
    assert_eq!(refused.err().unwrap().status(), 401);
    world.clock.advance(9 * MINUTE);
    let next = world.tokens.refresh_for(&pair.refresh, &from("curl/8.9")).await;
    let next = next.expect("it was not spent");
    world.clock.advance(20 * MINUTE);
    assert!(
        world
            .tokens
            .verify_for(&next.access, &from("wget/1.25"))
            .await
            .is_err()
    );
    world.clock.advance(10 * MINUTE);
    assert_eq!(
        refusal(world.tokens.refresh_for(&next.refresh, &from("curl/8.9")).await),
        TokenErrorKind::Revoked,
        "the other client has not used the session"
    );
}

/// A reuse is an alarm of the application's, told before the end of the session that it brings about.
#[tokio::test]
async fn a_reuse_is_told_to_the_observer() {
    let (told, events) = mpsc::channel();
    let world = World::with(
        MemoryStore::new(),
        |sessions| sessions.observer(move |event: &Event| told.send(event.clone()).unwrap()),
        |tokens| tokens,
    );
    let session = world.login("alice").await;
    let first = world.tokens.issue(&session).await.unwrap();
    world.tokens.refresh(&first.refresh).await.unwrap();
    world.tokens.refresh(&first.refresh).await.unwrap();
    world.clock.advance(30 * SECOND);
    let before: Vec<_> = events.try_iter().map(|event| event.kind).collect();
    assert_eq!(before, [EventKind::Created, EventKind::Authenticated]);
    assert_eq!(
        refusal(world.tokens.refresh(&first.refresh).await),
        TokenErrorKind::Reused
    );
    let [alarm, ended] = <[Event; 2]>::try_from(events.try_iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(alarm.kind, EventKind::Suspicious(Suspicion::SpentToken));
    assert_eq!(
        (alarm.at, alarm.session, alarm.user),
        (NOW.after(30 * SECOND), session.handle(), Some("alice".into()))
    );
    assert_eq!(
        (ended.kind, ended.session),
        (EventKind::Ended(EndReason::Revoked), session.handle())
    );
}

/// What an application says of a session may fail for a while: meanwhile the client keeps the token that it has.
#[tokio::test]
async fn a_refresh_that_cannot_be_signed_spends_nothing() {
    let world = World::new(|tokens| {
        tokens.claims(|session| match session.get::<u32>("tenant") {
            Ok(Some(tenant)) => json!({ "tenant": tenant }),
            Ok(None) | Err(_) => json!("no object"),
        })
    });
    let session = world.login("alice").await;
    let of = async |tenant: Option<u32>| {
        match tenant {
            Some(tenant) => session.insert("tenant", &tenant).unwrap(),
            None => assert!(session.remove("tenant")),
        }
        session.commit().await.unwrap();
    };
    of(Some(7)).await;
    let pair = world.tokens.issue(&session).await.unwrap();
    of(None).await;
    assert_eq!(
        refusal(world.tokens.refresh(&pair.refresh).await),
        TokenErrorKind::OwnClaims
    );
    world.clock.advance(5 * MINUTE);
    of(Some(8)).await;
    world
        .tokens
        .refresh(&pair.refresh)
        .await
        .expect("it was not spent");
}

#[tokio::test]
async fn within_the_grace_the_same_successor_is_signed_again() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let first = world.tokens.issue(&session).await.unwrap();
    let second = world.tokens.refresh(&first.refresh).await.unwrap();
    world.clock.advance(29 * SECOND);
    let again = world.tokens.refresh(&first.refresh).await.unwrap();
    assert_eq!(again.refresh.expose_text(), second.refresh.expose_text());
    assert_eq!(again.access.expose_text(), second.access.expose_text());
    assert_eq!((second.expires_in, again.expires_in), (900, 871));

    let third = world.tokens.refresh(&second.refresh).await.unwrap();
    let late = world.tokens.refresh(&first.refresh).await.unwrap();
    assert_eq!(
        late.refresh.expose_text(),
        third.refresh.expose_text(),
        "the newest, by now"
    );
    world.tokens.refresh(&third.refresh).await.unwrap();
}

#[tokio::test]
async fn a_spent_token_ends_the_family_and_its_session_to_the_millisecond() {
    for revocation in ALL {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let (session, other) = (world.login("alice").await, world.login("alice").await);
        let first = world.tokens.issue(&session).await.unwrap();
        let second = world.tokens.refresh(&first.refresh).await.unwrap();
        let bystander = world.tokens.issue(&other).await.unwrap();
        world
            .clock
            .advance(30 * SECOND - std::time::Duration::from_millis(1));
        world.tokens.refresh(&first.refresh).await.unwrap();
        world.clock.advance(std::time::Duration::from_millis(1));
        assert_eq!(
            refusal(world.tokens.refresh(&first.refresh).await),
            TokenErrorKind::Reused
        );
        for pair in [&first, &second] {
            world.refuses(pair).await;
        }
        assert_eq!(
            world.users.of("alice").count().await.unwrap(),
            1,
            "the session has ended, the other one not"
        );
        world.accepts(&bystander).await;
    }
}

#[tokio::test]
async fn without_a_grace_a_second_use_is_a_reuse() {
    let world = World::new(|tokens| tokens.grace(std::time::Duration::ZERO));
    let session = world.login("alice").await;
    let first = world.tokens.issue(&session).await.unwrap();
    world.tokens.refresh(&first.refresh).await.unwrap();
    assert_eq!(
        refusal(world.tokens.refresh(&first.refresh).await),
        TokenErrorKind::Reused
    );
}

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn in_twenty(&mut self) -> bool {
        self.below(20) == 0
    }
}

/// What 20 tabs get that refresh the same token at once.
async fn refresh_at_once(world: &Arc<World>, token: &Signed<Refresh>) -> Vec<TokenPair> {
    let (together, mut tabs) = (Arc::new(Barrier::new(20)), JoinSet::new());
    for _ in 0..20 {
        let (world, token, together) = (Arc::clone(world), token.clone(), Arc::clone(&together));
        tabs.spawn(async move {
            together.wait().await;
            world
                .tokens
                .refresh(&token)
                .await
                .expect("an honest user is not logged out")
        });
    }
    tabs.join_all().await
}

/// 20 parallel refreshes, of which one in twenty loses its answer, 1,000 times. A round whose answers are all lost is
/// tried again with the same token; so is, now and then, a whole round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_tabs_and_lost_answers_log_nobody_out() {
    let (world, mut dice) = (Arc::new(World::new(|tokens| tokens)), Dice(7));
    let mut session = world.login("alice").await;
    let mut pair = world.tokens.issue(&session).await.unwrap();
    for round in 0..1_000_u64 {
        if round % 90 == 0 {
            // The session's day is over soon.
            session = world.login("alice").await;
            pair = world.tokens.issue(&session).await.unwrap();
        }
        let answers = refresh_at_once(&world, &pair.refresh).await;
        let successor = answers[0].refresh.expose_text();
        assert!(
            answers
                .iter()
                .all(|answer| answer.refresh.expose_text() == successor),
            "round {round}"
        );
        let received: Vec<TokenPair> = answers.into_iter().filter(|_| !dice.in_twenty()).collect();
        let all_lost = dice.in_twenty();
        if let Some(newest) = received.into_iter().next_back().filter(|_| !all_lost) {
            pair = newest;
            world
                .clock
                .advance(u32::try_from(dice.below(14)).unwrap() * MINUTE);
        } else {
            world
                .clock
                .advance(u32::try_from(dice.below(5)).unwrap() * SECOND);
        }
    }
    let alive = world.keycard.stand_in(session.handle().unwrap());
    assert_eq!(alive.load().await.unwrap().user(), Some("alice".into()));
    world.tokens.refresh(&pair.refresh).await.unwrap();
}

#[tokio::test]
async fn a_replay_after_the_grace_ends_the_family_every_time() {
    let (world, mut dice) = (World::new(|tokens| tokens), Dice(11));
    for round in 0..1_000 {
        let session = world.login("alice").await;
        let mut pairs = vec![world.tokens.issue(&session).await.unwrap()];
        for _ in 0..=dice.below(3) {
            world
                .clock
                .advance(u32::try_from(dice.below(5)).unwrap() * MINUTE);
            let newest = world
                .tokens
                .refresh(&pairs.last().unwrap().refresh)
                .await
                .unwrap();
            pairs.push(newest);
        }
        world.clock.advance(30 * SECOND);
        let spent = usize::try_from(dice.below(pairs.len() as u64 - 1)).unwrap();
        let replayed = world.tokens.refresh(&pairs[spent].refresh).await;
        assert_eq!(refusal(replayed), TokenErrorKind::Reused, "round {round}");
        let newest = pairs.last().unwrap();
        world.refuses(newest).await;
        assert_eq!(world.users.of("alice").count().await.unwrap(), 0, "round {round}");
    }
}
