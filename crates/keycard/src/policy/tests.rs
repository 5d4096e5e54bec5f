//! The table of arms of `decide`: each row names what happened, and what must come of it.

use super::rules::{days, minutes};
use super::*;
use crate::id::{Revision, SecretDigest};
use crate::intent::tests::{Did, intent};
use crate::key::UserId;
use crate::record::{Authentication, Data, Metadata};
use crate::request::Binding;

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
        issued: NOW,
        authentication: user.map(|user| Authentication {
            user: UserId::from(user),
            pending: false,
            at: NOW,
            factors: Vec::new(),
            roles: Vec::new(),
            binding: Binding::default(),
        }),
        metadata: Metadata::default(),
        data: Data::default(),
        unknown_flags: 0,
        unknown: Vec::new(),
    }
}

/// A request that was answered, of a client that can be given a cookie.
fn case<'a>(arrival: Arrival<'a>, intent: &'a Intent) -> Case<'a> {
    Case {
        arrival,
        intent,
        writes: false,
        renewable: true,
        outcome: Outcome::Completed,
    }
}

#[derive(Clone, Copy, Debug)]
enum Came {
    New,
    Ended,
    Guest,
    /// Alice, of whom a further factor is awaited.
    Waiting,
    Alice,
    /// Nobody knows who.
    Unread,
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
    // Nothing is written after a failed read, and nothing that is asked for is lost silently.
    (Came::Unread, &[], Verdict::Nothing, Verdict::Nothing),
    (Came::Unread, &[Did::Insert("k")], Verdict::Fail, Verdict::Nothing),
    (Came::Unread, &[Did::Remove("k")], Verdict::Fail, Verdict::Nothing),
    (Came::Unread, &[Did::Clear], Verdict::Fail, Verdict::Nothing),
    (Came::Unread, &[Did::Extend], Verdict::Fail, Verdict::Nothing),
    (Came::Unread, &[Did::Rotate], Verdict::Fail, Verdict::Nothing),
    (
        Came::Unread,
        &[Did::Login("alice")],
        Verdict::Fail,
        Verdict::Nothing,
    ),
    (Came::Unread, &[Did::Logout], Verdict::Fail, Verdict::Fail),
    (Came::Unread, &[Did::LogoutKeeping], Verdict::Fail, Verdict::Fail),
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
    // A login that waits for a further factor.
    (
        Came::New,
        &[Did::FirstFactor("alice")],
        Verdict::Create,
        Verdict::Nothing,
    ),
    (Came::New, &[Did::Prove], Verdict::Nothing, Verdict::Nothing),
    (Came::Ended, &[Did::Prove], Verdict::Discard, Verdict::Nothing),
    (
        Came::Guest,
        &[Did::FirstFactor("alice")],
        Verdict::Replace,
        Verdict::Nothing,
    ),
    (Came::Waiting, &[], Verdict::Nothing, Verdict::Nothing),
    (Came::Waiting, &[Did::Insert("k")], UPDATED, Verdict::Nothing),
    (Came::Waiting, &[Did::Prove], ROTATED, Verdict::Nothing),
    (Came::Waiting, &[Did::Login("alice")], ROTATED, Verdict::Nothing),
    (
        Came::Waiting,
        &[Did::FirstFactor("alice")],
        ROTATED,
        Verdict::Nothing,
    ),
    (
        Came::Waiting,
        &[Did::Login("bob")],
        Verdict::Replace,
        Verdict::Nothing,
    ),
    (Came::Waiting, &[Did::Logout], Verdict::End, Verdict::End),
    (
        Came::Alice,
        &[Did::FirstFactor("alice")],
        ROTATED,
        Verdict::Nothing,
    ),
    (Came::Alice, &[Did::Prove], ROTATED, Verdict::Nothing),
    (Came::Alice, &[Did::SetRoles], ROTATED, Verdict::Nothing),
    // Proving it again begins no session of its own.
    (
        Came::Ended,
        &[Did::Reauthenticate("alice")],
        Verdict::Discard,
        Verdict::Nothing,
    ),
    (
        Came::Alice,
        &[Did::Reauthenticate("alice")],
        ROTATED,
        Verdict::Nothing,
    ),
    (
        Came::New,
        &[Did::Login("alice"), Did::Reauthenticate("alice")],
        Verdict::Create,
        Verdict::Nothing,
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
        let user = matches!(came, Came::Alice | Came::Waiting).then_some("alice");
        let mut stored = record(user);
        if let Some(known) = &mut stored.authentication {
            known.pending = matches!(came, Came::Waiting);
        }
        let arrival = match came {
            Came::New => Arrival::None,
            Came::Ended => Arrival::Ended,
            Came::Guest | Came::Waiting | Came::Alice => Arrival::Live(&stored),
            Came::Unread => Arrival::Unread,
        };
        let intent = intent(user, did);
        for (outcome, expected) in [(Outcome::Completed, completed), (Outcome::Failed, failed)] {
            let case = Case {
                outcome,
                ..case(arrival, &intent)
            };
            let verdict = decide(case, &Rules::DEFAULT, NOW);
            assert_eq!(verdict, *expected, "{came:?} {did:?} {outcome:?}");
        }
    }
}

#[test]
fn a_write_under_way_counts_as_a_change() {
    let (stored, nothing) = (record(None), Intent::default());
    let decide = |arrival| {
        let case = Case {
            writes: true,
            ..case(arrival, &nothing)
        };
        decide(case, &Rules::DEFAULT, NOW)
    };
    assert_eq!(decide(Arrival::None), Verdict::Create);
    assert_eq!(decide(Arrival::Ended), Verdict::Discard);
    assert_eq!(decide(Arrival::Unread), Verdict::Fail);
    assert_eq!(decide(Arrival::Live(&stored)), UPDATED);
}

mod times;
