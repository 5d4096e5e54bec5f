//! The contract of [`TokenStore`]: a refresh token is spent once, and what spends it again ends its family.

use std::sync::Arc;
use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{Family, Fresh, Refresh, Refreshed, TokenStanding, TokenStore};
use keycard::{StoreKey, Timestamp, TokenId, UserKey};

use super::once::race;
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW};

pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// A tag and a digest with bytes that mean something elsewhere.
const ALICE: [u8; 16] = *b"\0{a}\r\n\xff*digest-0";

pub(crate) fn user() -> UserKey {
    UserKey::from_bytes(ALICE)
}

/// A session of Alice's by a number.
pub(crate) fn session(number: u8) -> StoreKey {
    let bytes = [&ALICE[..8], b"\r\n\0:}\xfeselec", &[number]].concat();
    StoreKey::from_bytes(bytes.try_into().expect("20 bytes"))
}

/// A token of Alice's by a number, issued at this time.
pub(crate) fn token(number: u64, at: Timestamp) -> TokenId {
    let millis = &at.as_millis().to_be_bytes()[2..];
    let bytes = [&ALICE[..8], millis, b"\r\n", &number.to_be_bytes()].concat();
    TokenId::from_bytes(bytes.try_into().expect("24 bytes"))
}

pub(crate) fn fresh(number: u64, at: Timestamp) -> Fresh {
    Fresh::new(token(number, at), at.after(24 * HOUR))
}

pub(crate) fn after(span: Duration) -> Timestamp {
    NOW.after(span)
}

pub(crate) async fn begin(store: &impl TokenStore, first: Fresh) -> TokenId {
    begin_for(store, session(0), first).await;
    first.token
}

/// Begins a family of this session; how many others have ended for it.
async fn begin_for(store: &impl TokenStore, session: StoreKey, first: Fresh) -> usize {
    let now = first.token.issued_at();
    let begun = store.begin_family(first, session, now).await;
    begun.expect("`begin_family` answers")
}

/// Presents a token of a family for the one with this number.
pub(crate) async fn refresh(
    store: &impl TokenStore,
    (family, presented): (TokenId, TokenId),
    next: u64,
    now: Timestamp,
) -> Refreshed {
    let refresh = Refresh::new(
        family,
        presented,
        fresh(next, now),
        session(0),
        user(),
        GRACE,
        now,
    );
    store.refresh(refresh).await.expect("`refresh` answers")
}

pub(crate) async fn standing(
    store: &impl TokenStore,
    token: TokenId,
    family: TokenId,
    now: Timestamp,
) -> TokenStanding {
    let standing = store.standing(token, family, user(), now).await;
    standing.expect("`standing` answers")
}

pub async fn a_family_is_refreshed_token_by_token(store: impl TokenStore) {
    let family = begin(&store, fresh(0, NOW)).await;
    let mut current = family;
    for number in 1..=5 {
        let now = after(u32::try_from(number).unwrap() * 20 * HOUR);
        assert_eq!(
            refresh(&store, (family, current), number, now).await,
            Refreshed::Applied
        );
        current = token(number, now);
        assert!(standing(&store, current, family, now).await.family_lives);
    }
}

pub async fn a_token_that_was_spent_lately_is_answered_with_the_current_one(store: impl TokenStore) {
    let first = begin(&store, fresh(0, NOW)).await;
    assert_eq!(refresh(&store, (first, first), 1, NOW).await, Refreshed::Applied);
    let (second, soon) = (token(1, NOW), after(GRACE / 2));
    assert_eq!(
        refresh(&store, (first, first), 2, soon).await,
        Refreshed::Again(second)
    );
    assert_eq!(
        refresh(&store, (first, second), 3, soon).await,
        Refreshed::Applied
    );
    let (third, late) = (token(3, soon), after(GRACE - MILLISECOND));
    for spent in [first, second] {
        assert_eq!(
            refresh(&store, (first, spent), 4, late).await,
            Refreshed::Again(third)
        );
    }
    let later = after(GRACE);
    assert_eq!(
        refresh(&store, (first, second), 5, later).await,
        Refreshed::Again(third)
    );
    assert_eq!(
        refresh(&store, (first, third), 6, later).await,
        Refreshed::Applied
    );
    assert_eq!(refresh(&store, (first, first), 7, later).await, Refreshed::Reused);
}

pub async fn a_reuse_ends_the_family_for_good(store: impl TokenStore) {
    let (first, other) = (
        begin(&store, fresh(0, NOW)).await,
        begin(&store, fresh(9, NOW)).await,
    );
    assert_eq!(refresh(&store, (first, first), 1, NOW).await, Refreshed::Applied);
    let (second, late) = (token(1, NOW), after(GRACE));
    assert_eq!(refresh(&store, (first, first), 2, late).await, Refreshed::Reused);
    for presented in [second, first, second] {
        assert_eq!(
            refresh(&store, (first, presented), 3, late).await,
            Refreshed::Reused
        );
        assert!(
            !standing(&store, second, first, late).await.family_lives,
            "a thief has been there"
        );
    }
    let end = after(24 * HOUR);
    assert_eq!(refresh(&store, (first, first), 4, end).await, Refreshed::Gone);
    assert_eq!(
        refresh(&store, (other, other), 5, late).await,
        Refreshed::Applied,
        "another family"
    );
}

pub async fn a_family_that_ended_or_expired_or_never_was_is_gone(store: impl TokenStore) {
    let (ended, expired) = (
        begin(&store, fresh(0, NOW)).await,
        begin(&store, fresh(1, NOW)).await,
    );
    store.end_family(ended).await.expect("`end_family` answers");
    let never = token(2, NOW);
    store.end_family(never).await.expect("an absent one is no error");
    for (family, now) in [(ended, NOW), (never, NOW), (expired, after(24 * HOUR))] {
        assert_eq!(refresh(&store, (family, family), 3, now).await, Refreshed::Gone);
        assert!(!standing(&store, family, family, now).await.family_lives);
    }
    let just_before = after(24 * HOUR - MILLISECOND);
    assert_eq!(
        refresh(&store, (expired, expired), 4, just_before).await,
        Refreshed::Applied
    );
}

/// Whoever has a session cannot fill the store by it; and nobody loses a family to those that have ended, nor one that they use
/// to those that nobody does.
pub async fn of_a_session_s_families_those_refreshed_last_live(store: impl TokenStore) {
    let (ours, others) = (session(0), session(1));
    let (ended, reused, bystander) = (fresh(1_001, NOW), fresh(1_002, NOW), fresh(1_003, NOW));
    let expired = Fresh::new(token(1_004, NOW), after(MINUTE));
    for (session, first) in [
        (ours, ended),
        (ours, reused),
        (ours, expired),
        (others, bystander),
    ] {
        assert_eq!(begin_for(&store, session, first).await, 0);
    }
    let [ended, reused, expired, bystander] = [ended, reused, expired, bystander].map(|first| first.token);
    store.end_family(ended).await.expect("`end_family` answers");
    let reuse = refresh(&store, (reused, token(7, NOW)), 1_005, NOW).await;
    assert_eq!(reuse, Refreshed::Reused);

    let later = |number| after(MINUTE + Duration::from_secs(number));
    let (most, mut families) = (Family::MOST as u64, Vec::new());
    for number in 0..most {
        families.push(token(number, later(number)));
        let begun = begin_for(&store, ours, fresh(number, later(number))).await;
        assert_eq!(begun, 0, "there is room for it");
    }
    let lives = async |family| standing(&store, family, family, later(most)).await.family_lives;
    for family in families.iter().chain([&bystander]) {
        assert!(lives(*family).await, "there are as many as may be");
    }

    let (first, mut current) = (families[0], families[0]);
    for number in most..2 * most {
        let (now, successor) = (later(number), 2_000 + number);
        let refreshed = refresh(&store, (first, current), successor, now).await;
        assert_eq!(refreshed, Refreshed::Applied, "it is in use");
        current = token(successor, now);
        families.push(token(number, now));
        let begun = begin_for(&store, ours, fresh(number, now)).await;
        assert_eq!(begun, 1, "another has ended for it");
    }
    let (idle, newest) = families[1..].split_at(Family::MOST);
    for family in idle.iter().chain([&ended, &reused, &expired]) {
        assert!(!lives(*family).await, "it was too many");
    }
    for family in newest.iter().chain([&first, &bystander]) {
        assert!(lives(*family).await, "it is none of the oldest");
    }
    assert_eq!(
        refresh(&store, (idle[0], idle[0]), 3_000, later(most)).await,
        Refreshed::Gone
    );
}

/// Until then it may have been refreshed, and others may have begun that expire before it.
pub async fn a_family_counts_as_long_as_it_lives(store: impl TokenStore) {
    let families: Vec<TokenId> = (1..Family::MOST as u64)
        .map(|number| token(number, NOW))
        .collect();
    for number in 1..Family::MOST as u64 {
        begin(&store, fresh(number, NOW)).await;
    }
    let refreshed = after(20 * HOUR);
    for family in families {
        let successor = refresh(&store, (family, family), 100, refreshed).await;
        assert_eq!(successor, Refreshed::Applied);
    }
    let brief = Fresh::new(token(200, refreshed), refreshed.after(MINUTE));
    assert_eq!(begin_for(&store, session(0), brief).await, 0);
    let late = after(40 * HOUR);
    for (number, ended) in [(300, 0), (301, 1)] {
        let begun = begin_for(&store, session(0), fresh(number, late)).await;
        assert_eq!(begun, ended, "all but one live");
    }
}

pub async fn a_strange_token_of_a_family_is_a_reuse(store: impl TokenStore) {
    let family = begin(&store, fresh(0, NOW)).await;
    assert_eq!(
        refresh(&store, (family, token(7, NOW)), 1, NOW).await,
        Refreshed::Reused
    );
}

pub async fn of_tokens_that_were_spent_lately_the_newest_are_remembered(store: impl TokenStore) {
    let family = begin(&store, fresh(0, NOW)).await;
    let most = Family::MOST_SPENT as u64;
    for number in 0..=most {
        let presented = token(number, NOW);
        assert_eq!(
            refresh(&store, (family, presented), number + 1, NOW).await,
            Refreshed::Applied
        );
    }
    let newest = Refreshed::Again(token(most + 1, NOW));
    for number in 1..=most {
        assert_eq!(
            refresh(&store, (family, token(number, NOW)), 99, NOW).await,
            newest,
            "{number}"
        );
    }
    assert_eq!(
        refresh(&store, (family, family), 99, NOW).await,
        Refreshed::Reused
    );
}

pub async fn of_many_refreshes_at_once_one_is_applied_and_the_others_get_its_successor(
    store: impl TokenStore,
) {
    let store = Arc::new(store);
    let family = begin(&*store, fresh(1_000, NOW)).await;
    let answers = race(&store, |store, number| async move {
        (number, refresh(&*store, (family, family), number, NOW).await)
    })
    .await;
    let applied = answers.iter().filter(|(_, answer)| *answer == Refreshed::Applied);
    let winners: Vec<u64> = applied.map(|(number, _)| *number).collect();
    let [winner] = winners[..] else {
        panic!("one has won: {winners:?}")
    };
    let successor = Refreshed::Again(token(winner, NOW));
    let others = answers.iter().filter(|(number, _)| *number != winner);
    assert!(others.clone().count() > 1 && others.clone().all(|(_, answer)| *answer == successor));
}

/// The store of a process is the reference: the same calls get the same answers.
pub async fn random_refreshes_agree_with_the_reference(store: impl TokenStore) {
    let (reference, mut now, mut seed) = (MemoryStore::new(), NOW, 7_u64);
    let mut below = move |bound: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    let mut families: Vec<Vec<TokenId>> = Vec::new();
    for number in 0..1_000 {
        now = now.after(Duration::from_millis(below(20_000)));
        let next = fresh(number, now).allowed(now.after(15 * MINUTE));
        if families.is_empty() || below(20) == 0 {
            begin(&store, next).await;
            begin(&reference, next).await;
            families.push(vec![next.token]);
        } else if below(200) == 0 {
            for answer in [
                store.revoke_before(user(), now.after(48 * HOUR), now).await,
                reference.revoke_before(user(), now.after(48 * HOUR), now).await,
            ] {
                answer.expect("`revoke_before` answers");
            }
        }
        let newest = families.len() - 1;
        let family = &mut families[newest.saturating_sub(usize::try_from(below(3)).unwrap())];
        let back = usize::try_from(below(40) / 13).unwrap();
        let presented = family[(family.len() - 1).saturating_sub(back)];
        let refresh = Refresh::new(family[0], presented, next, session(0), user(), GRACE, now);
        let expected = reference.refresh(refresh).await.expect("the reference answers");
        let answer = store.refresh(refresh).await.expect("`refresh` answers");
        assert_eq!(answer, expected, "call {number}");
        if answer == Refreshed::Applied {
            family.push(next.token);
        }
        let family = family[0];
        let older = families[usize::try_from(below(families.len() as u64)).unwrap()][0];
        for (token, family) in [(next.token, family), (presented, family), (older, older)] {
            let expected = standing(&reference, token, family, now).await;
            assert_eq!(
                standing(&store, token, family, now).await,
                expected,
                "call {number}"
            );
        }
    }
}
