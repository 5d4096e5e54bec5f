//! Tokens on a real server: what is stored, for how long, at what price, and by whom.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::store::{Family, Fresh, Refresh, Refreshed, TokenStanding, TokenStore as _, frame};
use keycard::{StoreErrorKind, StoreKey, Timestamp, TokenId};
use keycard_redis::RedisStore;

use crate::access::calls_of;
use crate::each_verb::RIGHTS;
use crate::support::*;

const A: u64 = 1;
const GRACE: Duration = Duration::from_secs(30);
const FAMILY_LIFE: u64 = 7 * 24 * HOUR;
const ALLOWED_FOR: u64 = 15 * MINUTE;

fn fresh(now: Timestamp) -> Fresh {
    let until = |life| now.after(Duration::from_millis(life));
    Fresh::new(TokenId::generate(user(A).tag(), now), until(FAMILY_LIFE)).allowed(until(ALLOWED_FOR))
}

/// The session for which tokens are issued.
fn user_session() -> StoreKey {
    StoreKey::new(user(A).tag(), *b"selectorsele")
}

async fn begin(store: &RedisStore) -> TokenId {
    let first = fresh(NOW);
    store.begin_family(first, user_session(), NOW).await.unwrap();
    first.token
}

/// Presents a token of a family; the answer, and the name of the token that was to come.
async fn refresh(
    store: &RedisStore,
    [family, presented]: [TokenId; 2],
    now: Timestamp,
) -> (Refreshed, TokenId) {
    let next = fresh(now);
    let refresh = Refresh::new(family, presented, next, user_session(), user(A), GRACE, now);
    (store.refresh(refresh).await.unwrap(), next.token)
}

/// Each verb, and each answer that a refresh can have: seven scripts, two commands to delete and one to read.
async fn exercise(store: &RedisStore) {
    let [first, second] = reused(store).await;
    let other = begin(store).await;
    let blocked = [(first, after(MINUTE)), (other, after(MINUTE))];
    store.block(&blocked, NOW).await.unwrap();
    store.disallow(&[first]).await.unwrap();
    store
        .revoke_before(user(A), after(FAMILY_LIFE), NOW)
        .await
        .unwrap();
    store.end_family(other).await.unwrap();
    let standing = store.standing(second, first, user(A), NOW).await.unwrap();
    assert_eq!(standing, TokenStanding::new(false, true, true));
}

/// The first and the second token of a family that a reuse has ended.
async fn reused(store: &RedisStore) -> [TokenId; 2] {
    let first = begin(store).await;
    let (applied, second) = refresh(store, [first, first], NOW).await;
    let (again, _) = refresh(store, [first, first], NOW).await;
    let (reused, _) = refresh(store, [first, first], after(MINUTE)).await;
    assert_eq!(
        [applied, again, reused],
        [Refreshed::Applied, Refreshed::Again(second), Refreshed::Reused]
    );
    [first, second]
}

#[tokio::test]
async fn every_verb_of_tokens_is_one_command() {
    let world = World::begin().await;
    exercise(&world.store).await;
    world.server.command::<()>(&["FLUSHALL"]).unwrap();
    let calls = calls_of(&world, async || exercise(&world.store).await).await;
    assert_eq!(["evalsha", "eval", "del", "mget"].map(calls), [7, 0, 2, 1]);
}

/// The rights of sessions are enough for tokens, but for the one that asks a list.
#[tokio::test]
async fn a_user_with_the_least_rights_can_do_everything_with_tokens() {
    let world = World::begin().await;
    let base = [
        "ACL",
        "SETUSER",
        "keycard",
        "on",
        ">word",
        "resetchannels",
        "~keycard:*",
    ];
    world.server.command::<()>(&[&base, RIGHTS].concat()).unwrap();
    let url = format!("redis://keycard:word@127.0.0.1:{}", world.server.port());
    let store = unchecked(&url).connect().await.unwrap();
    let first = begin(&store).await;
    assert_eq!(refresh(&store, [first, first], NOW).await.0, Refreshed::Applied);
    let refused = store.standing(first, first, user(A), NOW).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Refused, "{refused}");
    world.server.command::<()>(&["ACL", "LOG", "RESET"]).unwrap();

    let more = ["ACL", "SETUSER", "keycard", "+mget"];
    world.server.command::<()>(&more).unwrap();
    exercise(&store).await;
    let denied: Vec<redis::Value> = world.server.command(&["ACL", "LOG"]).unwrap();
    assert_eq!(denied, []);
}

fn name(what: char, rest: &[u8]) -> String {
    let tag = user(A).tag().to_text();
    format!("keycard:{what}:{{{tag}}}{}", URL_SAFE_NO_PAD.encode(rest))
}

fn family_name(family: TokenId) -> String {
    name('f', &family.to_bytes()[8..])
}

fn allowed_name(token: TokenId) -> String {
    name('a', &token.to_bytes()[8..])
}

fn blocked_name(token: TokenId) -> String {
    name('b', &token.to_bytes()[8..])
}

fn families_name() -> String {
    name('g', &user_session().selector())
}

fn mark_name() -> String {
    name('m', &user(A).digest())
}

#[tokio::test]
async fn what_is_known_of_tokens_leaves_with_them() {
    let world = World::begin().await;
    let first = begin(&world.store).await;
    let (_, second) = refresh(&world.store, [first, first], after(HOUR)).await;
    let third = fresh(NOW).token;
    world.store.block(&[(third, after(MINUTE))], NOW).await.unwrap();
    let mark = world.store.revoke_before(user(A), after(FAMILY_LIFE), NOW);
    mark.await.unwrap();
    let slack = u64::try_from(frame::TTL_SLACK.as_millis()).unwrap();
    let lives = [
        (family_name(first), FAMILY_LIFE),
        (allowed_name(first), ALLOWED_FOR),
        (allowed_name(second), ALLOWED_FOR),
        (blocked_name(third), MINUTE),
        (mark_name(), FAMILY_LIFE),
        (families_name(), FAMILY_LIFE),
    ];
    for (name, life) in &lives {
        assert_between(name, world.life(name), life + slack - MINUTE, life + slack);
    }
    let reuse = refresh(&world.store, [first, first], after(2 * HOUR)).await.0;
    assert_eq!(reuse, Refreshed::Gone, "the mark has taken it");
    let names: Vec<String> = world.server.command(&["KEYS", "*"]).unwrap();
    assert_eq!(names.len(), lives.len(), "{names:?}");
}

/// A session that is authenticated again outlives what was to be its end, and so do its families.
#[tokio::test]
async fn the_names_of_a_session_s_families_are_kept_for_the_longest_of_them() {
    let world = World::begin().await;
    let (store, session) = (&world.store, user_session());
    let fresh = |life| Fresh::new(fresh(NOW).token, after(life));
    let slack = u64::try_from(frame::TTL_SLACK.as_millis()).unwrap();
    let lives = |life| {
        let left = world.life(&families_name());
        assert_between("its life", left, life + slack - MINUTE, life + slack);
    };
    let (first, second) = (fresh(HOUR), fresh(HOUR));
    store.begin_family(first, session, NOW).await.unwrap();
    lives(HOUR);
    let renewed = Refresh::new(
        first.token,
        first.token,
        fresh(FAMILY_LIFE),
        session,
        user(A),
        GRACE,
        NOW,
    );
    assert_eq!(store.refresh(renewed).await.unwrap(), Refreshed::Applied);
    lives(FAMILY_LIFE);
    store.begin_family(second, session, NOW).await.unwrap();
    lives(FAMILY_LIFE);
    let renewed = Refresh::new(
        second.token,
        second.token,
        fresh(2 * HOUR),
        session,
        user(A),
        GRACE,
        NOW,
    );
    assert_eq!(store.refresh(renewed).await.unwrap(), Refreshed::Applied);
    lives(FAMILY_LIFE);
}

/// A family that a thief has ended is kept as long as it would have lived, and no longer.
#[tokio::test]
async fn a_family_that_was_reused_leaves_when_it_would_have_left() {
    let world = World::begin().await;
    let first = begin(&world.store).await;
    assert_eq!(
        refresh(&world.store, [first, first], NOW).await.0,
        Refreshed::Applied
    );
    let late = after(HOUR);
    assert_eq!(
        refresh(&world.store, [first, first], late).await.0,
        Refreshed::Reused
    );
    let (life, slack) = (
        FAMILY_LIFE - HOUR,
        u64::try_from(frame::TTL_SLACK.as_millis()).unwrap(),
    );
    let left = world.life(&family_name(first));
    assert_between("its life", left, life + slack - MINUTE, life + slack);
}

/// What the documentation of tokens names, and a quarter more for other servers.
#[tokio::test]
async fn tokens_take_little_memory() {
    let world = World::begin().await;
    let used = |name: &str| -> u64 { world.server.command(&["MEMORY", "USAGE", name]).unwrap() };
    let first = begin(&world.store).await;
    let (mut current, mut families) = (first, Vec::new());
    for _ in 0..=Family::MOST_SPENT {
        families.push(used(&family_name(first)));
        current = refresh(&world.store, [first, current], NOW).await.1;
    }
    let mark = world.store.revoke_before(user(A), after(FAMILY_LIFE), NOW);
    mark.await.unwrap();
    for (what, bytes, documented) in [
        ("a family", families[0], 152),
        ("one of which a token was spent", families[1], 184),
        ("one of which 32 were", families[Family::MOST_SPENT], 1_384),
        ("the name of a family", used(&families_name()), 120),
        ("a token that is allowed", used(&allowed_name(first)), 120),
        ("a mark", used(&mark_name()), 120),
    ] {
        assert_between(what, bytes, 1, documented * 5 / 4);
    }
}

/// What one version has stored the next one reads, also while both run.
#[tokio::test]
async fn what_is_stored_of_tokens_is_frozen() {
    let world = World::begin().await;
    let (tag, now) = (&user(A).to_bytes()[..8], NOW.as_millis());
    let time = |millis: u64| millis.to_be_bytes();
    let id = |random: &[u8; 10]| -> TokenId {
        let bytes = [tag, &time(now)[2..], random].concat();
        TokenId::from_bytes(bytes.try_into().unwrap())
    };
    let fresh = |token| Fresh::new(token, after(HOUR)).allowed(after(MINUTE));
    let (first, second, third) = (id(b"\0 first \xff\n"), id(b"the second"), id(b"the third\0"));
    let (store, session) = (&world.store, user_session());
    let ended = store.begin_family(fresh(first), session, NOW).await;
    assert_eq!(ended.unwrap(), 0);
    let refresh = |presented, next, at| {
        let refresh = Refresh::new(first, presented, fresh(next), session, user(A), GRACE, at);
        store.refresh(refresh)
    };
    assert_eq!(
        refresh(first, second, after(1_000)).await.unwrap(),
        Refreshed::Applied
    );
    store.block(&[(third, after(HOUR))], NOW).await.unwrap();
    store.revoke_before(user(A), after(HOUR), after(7)).await.unwrap();
    let spent = [&first.to_bytes()[..], &time(now + 1_000)].concat();
    let family = |lives, until: u64, current: TokenId| {
        [&[lives], &time(until)[..], &current.to_bytes(), &spent].concat()
    };
    let living = family(1, now + HOUR, second);
    let stored: [(String, Vec<u8>); 5] = [
        (family_name(first), living.clone()),
        (
            families_name(),
            URL_SAFE_NO_PAD.encode(&first.to_bytes()[8..]).into_bytes(),
        ),
        (allowed_name(second), time(now + MINUTE).to_vec()),
        (blocked_name(third), time(now + HOUR).to_vec()),
        (mark_name(), [time(now + 7), time(now + HOUR)].concat()),
    ];
    for (name, bytes) in &stored {
        let value: Vec<u8> = world.server.command(&["GET", name]).unwrap();
        assert_eq!(value, *bytes, "{name}");
    }
    world.server.command::<()>(&["DEL", &mark_name()]).unwrap();
    let at = after(1_000 + 30_000);
    assert_eq!(refresh(first, third, at).await.unwrap(), Refreshed::Reused);
    let value: Vec<u8> = world.server.command(&["GET", &family_name(first)]).unwrap();
    assert_eq!(value, family(0, now + HOUR, second), "a reuse changes one byte");
}
