//! Throttles of logins by more than a password: so many codes, each once, and what the last one forgives.

use std::sync::Arc;

use keycard::store::Throttle;
use keycard::{StoreKey, UserId};

use super::throttles::{SECOND, begin, client, fail, holds, refused};
use crate::contract::once::{TASKS, race};
use crate::record::{MILLISECOND, MINUTE};

fn pending(number: u8) -> StoreKey {
    StoreKey::from_bytes([number; 20])
}

pub async fn a_login_of_two_requests_is_forgiven_as_a_success(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    fail(&throttles, "alice", client(1), 4).await;
    for (account, client) in [("bob", client(1)), ("alice", client(2))].repeat(51) {
        let receipt = throttles.login(account, client).await.unwrap().receipt();
        clock.advance(SECOND);
        throttles.forgive(receipt).await;
    }
    holds(&throttles, "alice", client(1), 46).await;
}

pub async fn a_receipt_frees_its_own_places_alone_and_once(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    let mut receipts = Vec::new();
    for number in 0..10 {
        receipts.push(throttles.login("alice", client(number)).await.unwrap().receipt());
        clock.advance(SECOND);
    }
    for account in ["bob", "carol", "dave"] {
        fail(&throttles, account, client(9), 3).await;
    }
    for _ in 0..2 {
        throttles.forgive(receipts[9].clone()).await;
    }
    holds(&throttles, "alice", client(9), 41).await;
}

pub async fn a_pending_login_has_five_tries(store: impl Throttle) {
    let (throttles, _) = begin(store);
    let carol = UserId::from("carol");
    let mfa = |number| throttles.mfa(&carol, pending(number));
    for left in (0..5).rev() {
        assert_eq!(mfa(1).await.unwrap().left(), Some(left));
    }
    assert_eq!(refused(mfa(1).await), 15 * 60);
    mfa(2).await.unwrap().succeeded().await;
    assert_eq!(mfa(2).await.unwrap().left(), Some(4));
}

pub async fn all_pending_logins_of_a_user_share_twenty_tries(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    let (carol, dave) = (UserId::from("carol"), UserId::from("dave"));
    for number in 0..10 {
        for _ in 0..2 {
            drop(throttles.mfa(&carol, pending(number)).await.unwrap());
        }
    }
    assert_eq!(refused(throttles.mfa(&carol, pending(10)).await), 15 * 60);
    assert_eq!(throttles.mfa(&dave, pending(30)).await.unwrap().left(), Some(4));

    clock.advance(15 * MINUTE);
    for number in 0..19 {
        drop(throttles.mfa(&carol, pending(number)).await.unwrap());
    }
    let last = throttles.mfa(&carol, pending(0)).await.unwrap();
    assert_eq!(last.left(), Some(0));
    last.succeeded().await;
    drop(throttles.mfa(&carol, pending(20)).await.unwrap());
    assert_eq!(
        refused(throttles.mfa(&carol, pending(0)).await),
        15 * 60,
        "a success forgives no codes of other logins"
    );
}

pub async fn a_step_is_taken_once_by_a_user_for_a_purpose(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    let (carol, dave) = (UserId::from("carol"), UserId::from("dave"));
    for (user, purpose, step, is_first) in [
        (&carol, "totp", 7, true),
        (&carol, "totp", 7, false),
        (&carol, "totp", 8, true),
        (&carol, "sms", 7, true),
        (&dave, "totp", 7, true),
        (&carol, "totp", 8, false),
    ] {
        let once = throttles.once(user, purpose, step, 2 * MINUTE).await.unwrap();
        assert_eq!(once, is_first, "{user} {purpose} {step}");
    }
    clock.advance(2 * MINUTE - MILLISECOND);
    assert!(!throttles.once(&carol, "totp", 7, 2 * MINUTE).await.unwrap());
    clock.advance(MILLISECOND);
    assert!(
        throttles.once(&carol, "totp", 7, 2 * MINUTE).await.unwrap(),
        "forgotten"
    );
}

pub async fn of_many_who_take_a_step_at_once_one_does(store: impl Throttle) {
    let throttles = Arc::new(begin(store).0);
    let taken = race(&throttles, |throttles, _| async move {
        throttles
            .once(&UserId::from("carol"), "totp", 7, MINUTE)
            .await
            .unwrap()
    })
    .await;
    assert_eq!(
        taken.iter().filter(|is_first| **is_first).count(),
        1,
        "of {TASKS}"
    );
}
