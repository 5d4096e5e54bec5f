//! The contract of [`TokenStore`]: what is allowed, what is blocked and marks count to the millisecond.

use keycard::UserKey;
use keycard::store::{Refresh, Refreshed, TokenStanding, TokenStore};

use super::token::{GRACE, after, begin, fresh, refresh, session, standing, token, user};
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW};

pub async fn a_token_is_allowed_until_its_time(store: impl TokenStore) {
    let (end, just_before) = (after(HOUR), after(HOUR - MILLISECOND));
    let first = begin(&store, fresh(0, NOW).allowed(end)).await;
    let next = fresh(1, NOW).allowed(end);
    let renewed = store
        .refresh(Refresh::new(first, first, next, session(0), user(), GRACE, NOW))
        .await;
    assert_eq!(renewed.expect("`refresh` answers"), Refreshed::Applied);
    let removed = begin(&store, fresh(2, NOW).allowed(end)).await;
    let never = begin(&store, fresh(3, NOW)).await;
    for tokens in [&[removed, never][..], &[]] {
        let answer = store.disallow(tokens).await;
        answer.expect("what is not allowed is no error");
    }
    for allowed in [first, next.token] {
        let standing_just_before = standing(&store, allowed, first, just_before).await;
        assert!(standing_just_before.allowed, "it was allowed");
        assert!(
            !standing(&store, allowed, first, end).await.allowed,
            "its time is over"
        );
    }
    for not_allowed in [removed, never] {
        assert!(
            !standing(&store, not_allowed, first, NOW).await.allowed,
            "it was never allowed, or no more"
        );
    }
}

pub async fn a_token_is_blocked_until_its_time(store: impl TokenStore) {
    let (end, just_before) = (after(HOUR), after(HOUR - MILLISECOND));
    let family = begin(&store, fresh(0, NOW)).await;
    let blocked = [family, token(1, NOW)];
    for tokens in [&blocked.map(|token| (token, end))[..], &[]] {
        store.block(tokens, NOW).await.expect("`block` answers");
    }
    for blocked in blocked {
        let standing_just_before = standing(&store, blocked, family, just_before).await;
        assert!(standing_just_before.revoked, "it was blocked");
        assert!(
            !standing(&store, blocked, family, end).await.revoked,
            "its time is over"
        );
    }
    let other = token(2, NOW);
    assert!(!standing(&store, other, family, NOW).await.revoked, "another one");
}

/// Who goes from the one way to the other finds no token accepted for being blocked, or refused for being allowed.
pub async fn what_is_allowed_and_what_is_blocked_have_nothing_to_do_with_each_other(store: impl TokenStore) {
    let end = after(HOUR);
    let allowed = begin(&store, fresh(0, NOW).allowed(end)).await;
    let blocked = begin(&store, fresh(1, NOW)).await;
    let answer = store.block(&[(blocked, end)], NOW).await;
    answer.expect("`block` answers");
    let allowed_standing = standing(&store, allowed, allowed, NOW).await;
    assert_eq!(allowed_standing, TokenStanding::new(true, true, false));
    let blocked_standing = standing(&store, blocked, blocked, NOW).await;
    assert_eq!(blocked_standing, TokenStanding::new(true, false, true));
    let answer = store.disallow(&[blocked]).await;
    answer.expect("`disallow` answers");
    let still_blocked = standing(&store, blocked, blocked, NOW).await;
    assert!(still_blocked.revoked, "it was only not allowed");
}

pub async fn what_was_not_applied_is_not_allowed(store: impl TokenStore) {
    let first = begin(&store, fresh(0, NOW)).await;
    assert_eq!(refresh(&store, (first, first), 1, NOW).await, Refreshed::Applied);
    for (presented, at) in [(first, NOW), (first, after(GRACE)), (token(1, NOW), after(GRACE))] {
        let next = fresh(2, NOW).allowed(after(HOUR));
        let refresh = Refresh::new(first, presented, next, session(0), user(), GRACE, at);
        assert_ne!(
            store.refresh(refresh).await.expect("`refresh` answers"),
            Refreshed::Applied
        );
        assert!(
            !standing(&store, next.token, first, at).await.allowed,
            "it is nobody's"
        );
    }
}

pub async fn a_mark_revokes_what_was_issued_until_then(store: impl TokenStore) {
    let (mark, until) = (after(HOUR), after(48 * HOUR));
    let (before, at, behind) = (after(HOUR - MILLISECOND), mark, after(HOUR + MILLISECOND));
    store
        .revoke_before(user(), until, mark)
        .await
        .expect("`revoke_before` answers");
    for (number, issued, marked) in [(0, before, true), (1, at, true), (2, behind, false)] {
        let family = begin(&store, fresh(number, issued)).await;
        let standing_behind = standing(&store, family, family, behind).await;
        assert_eq!(standing_behind.revoked, marked, "token {number}");
        let expected = if marked {
            Refreshed::Gone
        } else {
            Refreshed::Applied
        };
        assert_eq!(
            refresh(&store, (family, family), 7 + number, behind).await,
            expected
        );
        assert!(
            !standing(&store, family, family, until).await.revoked,
            "it has served its time"
        );
    }
    let bob = UserKey::from_bytes(*b"\0{a}\r\n\xff*digest-1");
    let bobs = store
        .standing(token(0, before), token(0, before), bob, behind)
        .await;
    assert!(
        !bobs.expect("`standing` answers").revoked,
        "another user of the tag"
    );
}

/// A refresh that overtakes a revocation, a thief's say, leaves nothing behind that lives.
pub async fn a_mark_revokes_what_comes_later_of_a_family_from_before(store: impl TokenStore) {
    let (mark, behind) = (after(MILLISECOND), after(2 * MILLISECOND));
    let family = begin(&store, fresh(0, NOW)).await;
    let overtaking = refresh(&store, (family, family), 1, behind).await;
    assert_eq!(overtaking, Refreshed::Applied);
    let answer = store.revoke_before(user(), after(48 * HOUR), mark).await;
    answer.expect("`revoke_before` answers");
    let younger = token(1, behind);
    assert!(
        standing(&store, younger, family, behind).await.revoked,
        "its family is older than the mark"
    );
    for presented in [younger, family] {
        let refreshed = refresh(&store, (family, presented), 2, behind).await;
        assert_eq!(refreshed, Refreshed::Gone);
    }
}

pub async fn a_server_whose_clock_is_behind_moves_no_mark_back(store: impl TokenStore) {
    let until = after(48 * HOUR);
    for mark in [after(HOUR), after(MINUTE)] {
        store
            .revoke_before(user(), until, mark)
            .await
            .expect("`revoke_before` answers");
    }
    let issued = token(0, after(HOUR));
    assert!(
        standing(&store, issued, issued, after(HOUR)).await.revoked,
        "the later mark stands"
    );
}
