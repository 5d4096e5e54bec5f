//! The contract of [`TokenStore`]: its list and its marks count to the millisecond.

use keycard::UserKey;
use keycard::store::{Refresh, Refreshed, TokenStore};

use super::token::{GRACE, after, begin, fresh, refresh, standing, token, user};
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW};

pub async fn a_token_stands_on_the_list_until_its_time(store: impl TokenStore) {
    let end = after(HOUR);
    let just_before = after(HOUR - MILLISECOND);
    let first = begin(&store, fresh(0, NOW).listed(end)).await;
    let next = fresh(1, NOW).listed(end);
    let renewed = store
        .refresh(Refresh::new(first, first, next, user(), GRACE, NOW))
        .await;
    assert_eq!(renewed.expect("`refresh` answers"), Refreshed::Applied);
    let (by_hand, removed) = (token(2, NOW), token(3, NOW));
    let listed = [by_hand, removed].map(|token| (token, end));
    store.list(&listed, NOW).await.expect("`list` answers");
    store
        .unlist(&[removed, token(4, NOW)])
        .await
        .expect("`unlist` answers");
    for nothing in [store.list(&[], NOW).await, store.unlist(&[]).await] {
        nothing.expect("nothing is no error");
    }
    for listed in [first, next.token, by_hand] {
        assert!(
            standing(&store, listed, first, just_before).await.listed,
            "it was listed"
        );
        assert!(
            !standing(&store, listed, first, end).await.listed,
            "its time is over"
        );
    }
    for never in [removed, token(4, NOW)] {
        assert!(
            !standing(&store, never, first, NOW).await.listed,
            "it was never listed, or no more"
        );
    }
}

pub async fn what_was_not_applied_is_not_listed(store: impl TokenStore) {
    let first = begin(&store, fresh(0, NOW)).await;
    assert_eq!(refresh(&store, (first, first), 1, NOW).await, Refreshed::Applied);
    for (presented, at) in [(first, NOW), (first, after(GRACE)), (token(1, NOW), after(GRACE))] {
        let next = fresh(2, NOW).listed(after(HOUR));
        let refresh = Refresh::new(first, presented, next, user(), GRACE, at);
        assert_ne!(
            store.refresh(refresh).await.expect("`refresh` answers"),
            Refreshed::Applied
        );
        assert!(
            !standing(&store, next.token, first, at).await.listed,
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
        assert_eq!(standing_behind.marked, marked, "token {number}");
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
            !standing(&store, family, family, until).await.marked,
            "it has served its time"
        );
    }
    let bob = UserKey::from_bytes(*b"\0{a}\r\n\xff*digest-1");
    let bobs = store
        .standing(token(0, before), token(0, before), bob, behind)
        .await;
    assert!(
        !bobs.expect("`standing` answers").marked,
        "another user of the tag"
    );
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
        standing(&store, issued, issued, after(HOUR)).await.marked,
        "the later mark stands"
    );
}
