//! Throttles through the eyes of an application: so many guesses and no more, however they come.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keycard::auth::throttle::{Attempt, Limit, OnOutage, Scope, Throttles};
use keycard::store::Throttle;
use keycard::store::memory::MemoryStore;
use keycard::{Error, ErrorKind, KeyRing, Keycard, ManualClock, UserId};

use crate::contract::once::race;
use crate::laws::law_6_without_its_server::within;
use crate::record::{MILLISECOND, MINUTE, NOW};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// The throttles that a store counts for, and their clock.
pub(super) fn begin(store: impl Throttle) -> (Throttles, ManualClock) {
    let clock = ManualClock::starting_at(NOW);
    let keys = KeyRing::new([[7; 32]]).expect("a key");
    let keycard = Keycard::builder(MemoryStore::new(), keys)
        .clock(clock.clone())
        .build();
    (
        Throttles::new(&keycard.expect("settings that work"), store),
        clock,
    )
}

pub(super) fn client(number: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, number])
}

/// After how many seconds another attempt may be made.
pub(super) fn refused<T: std::fmt::Debug>(attempt: Result<T, Error>) -> u64 {
    let error = attempt.unwrap_err();
    assert_eq!(error.status(), 429, "{error}");
    error.retry_after().expect("when to come again")
}

/// Makes attempts that fail.
pub(super) async fn fail(throttles: &Throttles, account: &str, client: IpAddr, times: usize) {
    for _ in 0..times {
        drop(throttles.login(account, client).await.unwrap());
    }
}

pub async fn of_many_guesses_at_once_five_are_checked(store: impl Throttle) {
    let throttles = Arc::new(begin(store).0);
    let attempts = race(&throttles, |throttles, _| async move {
        throttles.login("alice", client(1)).await
    })
    .await;
    let (checked, rest): (Vec<_>, Vec<_>) = attempts.into_iter().partition(Result::is_ok);
    assert_eq!(checked.len(), 5, "exactly five");
    assert!(rest.into_iter().all(|attempt| refused(attempt) == 15 * 60));
}

pub async fn a_window_opens_when_it_was_said_to(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    fail(&throttles, "alice", client(1), 4).await;
    clock.advance(MINUTE + MILLISECOND);
    fail(&throttles, "alice", client(1), 1).await;
    let wait = refused(throttles.login("alice", client(1)).await);
    assert_eq!(wait, 14 * 60, "rounded up");
    clock.advance(Duration::from_secs(wait) - SECOND);
    assert_eq!(refused(throttles.login("alice", client(1)).await), 1);
    clock.advance(SECOND);
    let attempt = throttles.login("alice", client(1)).await.unwrap();
    assert_eq!(attempt.left(), Some(3), "the last failure still counts");
}

pub async fn a_success_forgives_this_account_to_this_client(store: impl Throttle) {
    let (throttles, _) = begin(store);
    let throttles = throttles.limit(Scope::Account, Limit::new(10, MINUTE).unwrap());
    fail(&throttles, "alice", client(2), 3).await;
    fail(&throttles, "alice", client(1), 4).await;
    let attempt = throttles.login("alice", client(1)).await.unwrap();
    assert_eq!(attempt.left(), Some(0));
    attempt.succeeded().await;

    let attempt = throttles.login("alice", client(1)).await.unwrap();
    assert_eq!(
        attempt.left(),
        Some(2),
        "7 failures and this one are the account's"
    );
    drop(attempt);
    let attempt = throttles.login("alice", client(2)).await.unwrap();
    assert_eq!(
        attempt.left(),
        Some(1),
        "and another client's failures are not forgiven"
    );
    drop(attempt);
    fail(&throttles, "alice", client(2), 1).await;
    refused(throttles.login("alice", client(2)).await);
}

pub async fn successes_use_up_nothing(store: impl Throttle) {
    let (throttles, _) = begin(store);
    for _ in 0..120 {
        throttles
            .login("alice", client(1))
            .await
            .unwrap()
            .succeeded()
            .await;
    }
}

/// Asserts that there is room for so many more failures of an account, and of a client.
pub(super) async fn holds(throttles: &Throttles, account: &str, by: IpAddr, more: u8) {
    for number in 0..more {
        fail(throttles, account, client(100 + number), 1).await;
        fail(throttles, &format!("user {number}"), by, 1).await;
    }
    refused(throttles.login(account, client(200)).await);
    refused(throttles.login("another user", by).await);
}

pub async fn a_success_forgives_no_failures_of_others(store: impl Throttle) {
    let (throttles, _) = begin(store);
    fail(&throttles, "alice", client(1), 4).await;
    for (account, client) in [("bob", client(1)), ("alice", client(2))] {
        let attempt = throttles.login(account, client).await.unwrap();
        attempt.succeeded().await;
    }
    holds(&throttles, "alice", client(1), 46).await;
}

pub async fn an_account_is_guessed_fifty_times_by_however_many_clients(store: impl Throttle) {
    let (throttles, _) = begin(store);
    for number in 0..50 {
        fail(&throttles, "alice", client(number), 1).await;
    }
    assert_eq!(refused(throttles.login("alice", client(200)).await), 15 * 60);
    fail(&throttles, "bob", client(200), 1).await;
}

pub async fn a_client_guesses_fifty_times_at_however_many_accounts(store: impl Throttle) {
    let (throttles, _) = begin(store);
    for number in 0..50 {
        fail(&throttles, &format!("user {number}"), client(1), 1).await;
    }
    assert_eq!(refused(throttles.login("alice", client(1)).await), 15 * 60);
    fail(&throttles, "alice", client(2), 1).await;
}

pub async fn an_ipv6_network_is_one_client(store: impl Throttle) {
    let (throttles, _) = begin(store);
    let host = |network, host| IpAddr::from([0x2001, 0xdb8, 0, network, host, 0, 0, host]);
    for number in 0..5 {
        fail(&throttles, "alice", host(1, number), 1).await;
    }
    refused(throttles.login("alice", host(1, 9)).await);
    fail(&throttles, "alice", host(2, 0), 1).await;

    fail(&throttles, "alice", client(1), 4).await;
    let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201]);
    fail(&throttles, "alice", mapped, 1).await;
    refused(throttles.login("alice", client(1)).await);
}

pub async fn clients_without_an_address_are_one_to_an_account(store: impl Throttle) {
    let (throttles, _) = begin(store);
    for account in 0..60 {
        drop(throttles.login(&format!("user {account}"), None).await.unwrap());
    }
    for _ in 0..5 {
        drop(throttles.login("alice", None).await.unwrap());
    }
    refused(throttles.login("alice", None).await);
    fail(&throttles, "alice", client(1), 1).await;
}

pub async fn what_is_not_limited_is_not_counted(store: impl Throttle) {
    let (throttles, _) = begin(store);
    let throttles = [Scope::AccountAndClient, Scope::Account, Scope::Client]
        .into_iter()
        .fold(throttles, |throttles, scope| throttles.limit(scope, None));
    for _ in 0..60 {
        let attempt: Attempt = throttles.login("alice", client(1)).await.unwrap();
        assert_eq!(attempt.left(), None);
        throttles.session_creation(client(1)).await.unwrap();
    }
}

pub async fn new_sessions_of_a_client_are_limited_where_that_is_set(store: impl Throttle) {
    let (throttles, clock) = begin(store);
    let throttles = throttles.limit(Scope::SessionCreation, Limit::new(2, MINUTE).unwrap());
    for _ in 0..2 {
        throttles.session_creation(client(1)).await.unwrap();
    }
    assert_eq!(refused(throttles.session_creation(client(1)).await), 60);
    throttles.session_creation(client(2)).await.unwrap();
    throttles.session_creation(None).await.unwrap();
    clock.advance(MINUTE);
    throttles.session_creation(client(1)).await.unwrap();
}

pub async fn without_its_server_the_policy_decides((store, cut): (impl Throttle, impl AsyncFnOnce())) {
    let (throttles, _) = begin(store);
    let before = throttles.login("alice", client(1)).await.unwrap();
    cut().await;
    within("a refund", before.succeeded()).await;

    let carol = UserId::from("carol");
    let refused = within("login", throttles.login("alice", client(1)))
        .await
        .unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (ErrorKind::Store, 503));
    assert_eq!(refused.retry_after(), None);

    let lenient = throttles.clone().on_outage(OnOutage::Allow);
    for _ in 0..6 {
        let allowed = within("login", lenient.login("alice", client(1))).await.unwrap();
        assert_eq!(allowed.left(), None);
        within("success", allowed.succeeded()).await;
    }
    for throttles in [throttles, lenient] {
        let once = within("once", throttles.once(&carol, "totp", 7, MINUTE)).await;
        assert_eq!(
            once.unwrap_err().kind(),
            ErrorKind::Store,
            "a code may have been used"
        );
    }
}
