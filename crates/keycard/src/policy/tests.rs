//! The table of arms of `decide`: each row names what happened, and what must come of it.

use super::*;
use crate::id::{Revision, SecretDigest};
use crate::intent::tests::{Did, intent};
use crate::key::UserId;
use crate::record::Data;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

fn record(user: Option<&str>) -> Record {
    Record {
        revision: Revision::from_bytes([1; 8]),
        created: NOW,
        absolute: NOW.after(days(1)),
        idle: minutes(30),
        seen: NOW,
        expires: NOW.after(minutes(30)),
        persistent: false,
        secret: SecretDigest::from_bytes([1; 16]),
        previous: None,
        user: user.map(UserId::from),
        authenticated: user.map(|_| NOW),
        data: Data::default(),
        unknown_flags: 0,
        unknown: Vec::new(),
    }
}

#[derive(Clone, Copy, Debug)]
enum Came {
    New,
    Ended,
    Guest,
    Alice,
}

const ROTATED: Verdict = Verdict::Update { rotate: true };
const UPDATED: Verdict = Verdict::Update { rotate: false };

/// Came as, did, verdict of a completed request, verdict of a failed one.
const ARMS: &[(Came, &[Did], Verdict, Verdict)] = &[
    // Nothing is stored until something is put in.
    (Came::New, &[], Verdict::Nothing, Verdict::Nothing),
    (Came::New, &[Did::Insert("k")], Verdict::Create, Verdict::Nothing),
    (
        Came::New,
        &[Did::Insert("k"), Did::Remove("k")],
        Verdict::Nothing,
        Verdict::Nothing,
    ),
    (
        Came::New,
        &[Did::Insert("k"), Did::Clear],
        Verdict::Nothing,
        Verdict::Nothing,
    ),
    (Came::New, &[Did::Rotate], Verdict::Nothing, Verdict::Nothing),
    (Came::New, &[Did::Extend], Verdict::Nothing, Verdict::Nothing),
    (
        Came::New,
        &[Did::Login("alice")],
        Verdict::Create,
        Verdict::Nothing,
    ),
    (Came::New, &[Did::Logout], Verdict::Nothing, Verdict::Nothing),
    (
        Came::New,
        &[Did::Insert("k"), Did::Logout],
        Verdict::Nothing,
        Verdict::Nothing,
    ),
    (
        Came::New,
        &[Did::LogoutKeeping],
        Verdict::Create,
        Verdict::Nothing,
    ),
    (
        Came::New,
        &[Did::Login("alice"), Did::Logout],
        Verdict::Nothing,
        Verdict::Nothing,
    ),
    // A session that ended never comes back.
    (Came::Ended, &[], Verdict::Nothing, Verdict::Nothing),
    (
        Came::Ended,
        &[Did::Insert("k")],
        Verdict::Discard,
        Verdict::Nothing,
    ),
    (Came::Ended, &[Did::Rotate], Verdict::Discard, Verdict::Nothing),
    (Came::Ended, &[Did::Logout], Verdict::Nothing, Verdict::Nothing),
    (
        Came::Ended,
        &[Did::Logout, Did::Insert("k")],
        Verdict::Discard,
        Verdict::Nothing,
    ),
    (
        Came::Ended,
        &[Did::Login("alice")],
        Verdict::Create,
        Verdict::Nothing,
    ),
    (
        Came::Ended,
        &[Did::Insert("k"), Did::Login("alice")],
        Verdict::Create,
        Verdict::Nothing,
    ),
    // An anonymous session.
    (Came::Guest, &[], Verdict::Nothing, Verdict::Nothing),
    (Came::Guest, &[Did::Insert("k")], UPDATED, Verdict::Nothing),
    (Came::Guest, &[Did::Clear], UPDATED, Verdict::Nothing),
    (Came::Guest, &[Did::Rotate], ROTATED, Verdict::Nothing),
    (
        Came::Guest,
        &[Did::Login("alice")],
        Verdict::Replace,
        Verdict::Nothing,
    ),
    (
        Came::Guest,
        &[Did::Insert("k"), Did::Login("alice"), Did::Rotate],
        Verdict::Replace,
        Verdict::Nothing,
    ),
    (Came::Guest, &[Did::Logout], Verdict::End, Verdict::End),
    (
        Came::Guest,
        &[Did::Logout, Did::Insert("k")],
        Verdict::EndThenCreate,
        Verdict::End,
    ),
    // A user's session.
    (
        Came::Alice,
        &[Did::Insert("k"), Did::Rotate],
        ROTATED,
        Verdict::Nothing,
    ),
    (Came::Alice, &[Did::Extend], UPDATED, Verdict::Nothing),
    (Came::Alice, &[Did::SetIdle], UPDATED, Verdict::Nothing),
    (Came::Alice, &[Did::Login("alice")], ROTATED, Verdict::Nothing),
    (
        Came::Alice,
        &[Did::Login("bob")],
        Verdict::Replace,
        Verdict::Nothing,
    ),
    (
        Came::Alice,
        &[Did::Login("bob"), Did::Login("alice")],
        ROTATED,
        Verdict::Nothing,
    ),
    (Came::Alice, &[Did::Logout], Verdict::End, Verdict::End),
    (
        Came::Alice,
        &[Did::Insert("k"), Did::Logout],
        Verdict::End,
        Verdict::End,
    ),
    (
        Came::Alice,
        &[Did::LogoutKeeping],
        Verdict::EndThenCreate,
        Verdict::End,
    ),
    (
        Came::Alice,
        &[Did::Logout, Did::Insert("k")],
        Verdict::EndThenCreate,
        Verdict::End,
    ),
    (
        Came::Alice,
        &[Did::Logout, Did::Login("alice")],
        Verdict::EndThenCreate,
        Verdict::End,
    ),
    (
        Came::Alice,
        &[Did::Logout, Did::Login("bob")],
        Verdict::EndThenCreate,
        Verdict::End,
    ),
    (
        Came::Alice,
        &[Did::Login("bob"), Did::Logout],
        Verdict::End,
        Verdict::End,
    ),
];

#[test]
fn every_arm_of_the_judgement() {
    for (came, did, completed, failed) in ARMS {
        let user = matches!(came, Came::Alice).then_some("alice");
        let stored = record(user);
        let arrival = match came {
            Came::New => Arrival::None,
            Came::Ended => Arrival::Ended,
            Came::Guest | Came::Alice => Arrival::Live(&stored),
        };
        let intent = intent(user, did);
        for (outcome, expected) in [(Outcome::Completed, completed), (Outcome::Failed, failed)] {
            let verdict = decide(arrival, &intent, false, outcome, &Rules::DEFAULT, NOW);
            assert_eq!(verdict, *expected, "{came:?} {did:?} {outcome:?}");
        }
    }
}

#[test]
fn a_write_under_way_counts_as_a_change() {
    let (stored, nothing) = (record(None), Intent::default());
    let decide = |arrival| decide(arrival, &nothing, true, Outcome::Completed, &Rules::DEFAULT, NOW);
    assert_eq!(decide(Arrival::None), Verdict::Create);
    assert_eq!(decide(Arrival::Ended), Verdict::Discard);
    assert_eq!(decide(Arrival::Live(&stored)), UPDATED);
}

#[test]
fn a_use_is_written_down_once_per_touch_after() {
    let stored = record(None);
    let verdict = |rules: &Rules, span| {
        let (nothing, outcome) = (Intent::default(), Outcome::Completed);
        decide(
            Arrival::Live(&stored),
            &nothing,
            false,
            outcome,
            rules,
            NOW.after(span),
        )
    };
    let exact = Rules {
        touch_after: Some(Duration::ZERO),
        ..Rules::DEFAULT
    };
    let tick = Duration::from_millis(1);
    assert_eq!(
        verdict(&Rules::DEFAULT, minutes(1)),
        Verdict::Nothing,
        "a tenth of idle, at most a minute"
    );
    assert_eq!(verdict(&Rules::DEFAULT, minutes(1) + tick), Verdict::Touch);
    assert_eq!(verdict(&exact, Duration::ZERO), Verdict::Nothing);
    assert_eq!(verdict(&exact, tick), Verdict::Touch);
}

#[test]
fn a_session_with_a_shortened_idle_time_is_touched_before_it_ends() {
    let rules = Rules {
        touch_after: Some(minutes(1)),
        ..Rules::DEFAULT
    };
    let mut stored = record(None);
    assert!(!rules.touch_is_due(&stored, NOW.after(minutes(1))));
    stored.idle = minutes(1);
    assert!(!rules.touch_is_due(&stored, NOW.after(Duration::from_secs(6))));
    assert!(rules.touch_is_due(&stored, NOW.after(Duration::from_secs(7))));
    stored.idle = Duration::from_secs(30);
    assert!(!rules.touch_is_due(&stored, NOW.after(Duration::from_secs(3))));
    assert!(rules.touch_is_due(&stored, NOW.after(Duration::from_secs(4))));
}

#[test]
fn no_change_but_a_login_moves_the_absolute_deadline() {
    let stored = record(Some("alice"));
    let later = NOW.after(minutes(23 * 60 + 59));
    let everything = [
        Did::Insert("k"),
        Did::Extend,
        Did::SetIdle,
        Did::Rotate,
        Did::Clear,
    ];
    let renewed = intent(Some("alice"), &everything).renew(&stored, &Rules::DEFAULT, later);
    assert_eq!(renewed.absolute, stored.absolute);
    assert!(renewed.expires <= renewed.absolute);
    let again = intent(Some("alice"), &[Did::Login("alice")]).renew(&stored, &Rules::DEFAULT, later);
    assert_eq!(again.absolute, later.after(days(1)));
    assert_eq!(again.created, stored.created);
}

#[test]
fn later_use_moves_an_extended_end_never_back() {
    let mut stored = record(None);
    stored.expires = NOW.after(minutes(120));
    let used = Intent::default().renew(&stored, &Rules::DEFAULT, NOW.after(minutes(2)));
    assert_eq!(used.expires, stored.expires);
    assert_eq!(used.seen, NOW.after(minutes(2)));
}

#[test]
fn a_cookie_lives_400_days_and_no_longer() {
    let remembering = |absolute| Rules {
        remembered: Lifetimes {
            idle: days(1),
            absolute,
        },
        ..Rules::DEFAULT
    };
    assert!(remembering(days(400)).check().is_ok());
    assert!(remembering(days(400) + Duration::from_millis(1)).check().is_err());
}

#[test]
fn touches_come_before_either_idle_time_is_over() {
    let touching = |after, session, remembered| {
        let lifetimes = |idle| Lifetimes {
            idle,
            absolute: days(1),
        };
        let rules = Rules {
            session: lifetimes(session),
            remembered: lifetimes(remembered),
            touch_after: Some(after),
        };
        rules.check().is_ok()
    };
    assert!(touching(minutes(1), minutes(2), minutes(2)));
    assert!(!touching(minutes(2), minutes(2), minutes(3)));
    assert!(!touching(minutes(2), minutes(3), minutes(2)));
}
