//! The table of the judgement, and what combining guards can never do.

use proptest::prelude::*;

use super::*;
use crate::key::UserId;
use crate::request::Binding;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
const LIMIT: Duration = Duration::from_mins(5);
const A_MOMENT: Duration = Duration::from_millis(1);

const ALLOWED: Decision = Decision::Allowed;
const UNAUTHENTICATED: Decision = Decision::Unauthenticated;
const FORBIDDEN: Decision = Decision::Forbidden;

fn step_up(factor: impl Into<Option<Factor>>, within: impl Into<Option<Duration>>) -> Decision {
    Decision::StepUp {
        factor: factor.into(),
        within: within.into(),
    }
}

/// Who asks.
#[derive(Clone, Debug)]
struct Visitor {
    session: bool,
    user: Option<Authentication>,
    mistrusted: bool,
}

impl Visitor {
    fn judge(&self, guard: &Guard) -> Decision {
        let facts = Facts {
            session: self.session,
            user: self.user.as_ref(),
            mistrusted: self.mistrusted,
        };
        guard.judge(facts, NOW)
    }
}

/// A user who logged in by password this long ago.
fn user(ago: Duration, roles: &[&str]) -> Visitor {
    let mut known = Authentication {
        user: UserId::from("alice"),
        pending: false,
        at: NOW,
        factors: Vec::new(),
        roles: roles.iter().map(|role| (*role).into()).collect(),
        binding: Binding::default(),
    };
    known.prove(&Factor::PASSWORD, before(ago));
    Visitor {
        session: true,
        user: Some(known),
        mistrusted: false,
    }
}

fn before(ago: Duration) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - crate::clock::millis(ago))
}

/// The same user, who has proved a one-time password this long ago.
fn proved(mut visitor: Visitor, ago: Duration) -> Visitor {
    visitor.user.as_mut().unwrap().prove(&Factor::OTP, before(ago));
    visitor
}

fn nobody(session: bool) -> Visitor {
    Visitor {
        session,
        user: None,
        mistrusted: false,
    }
}

/// The same user, by another client than the one that the session is bound to.
fn elsewhere(visitor: Visitor) -> Visitor {
    Visitor {
        mistrusted: true,
        ..visitor
    }
}

#[test]
fn each_demand_alone() {
    let (ages, old) = (Duration::from_hours(5), LIMIT + A_MOMENT);
    let (stranger, guest, alice) = (nobody(false), nobody(true), user(ages, &["user", "editor"]));
    let fresh = |ago| user(ago, &[]);
    let otp = |ago| proved(user(ages, &[]), ago);
    let away = elsewhere(proved(user(Duration::ZERO, &["user"]), Duration::ZERO));
    let table = [
        (Guard::session(), &away, ALLOWED),
        (Guard::user(), &away, step_up(None, None)),
        (Guard::role("user"), &away, step_up(None, None)),
        (Guard::role("admin"), &away, step_up(None, None)),
        (Guard::factor(Factor::OTP), &away, step_up(None, None)),
        (Guard::fresh(LIMIT), &away, step_up(None, None)),
        (Guard::session(), &stranger, UNAUTHENTICATED),
        (Guard::session(), &guest, ALLOWED),
        (Guard::session(), &alice, ALLOWED),
        (Guard::user(), &stranger, UNAUTHENTICATED),
        (Guard::user(), &guest, UNAUTHENTICATED),
        (Guard::user(), &alice, ALLOWED),
        (Guard::role("user"), &guest, UNAUTHENTICATED),
        (Guard::role("editor"), &alice, ALLOWED),
        (Guard::role("admin"), &alice, FORBIDDEN),
        (Guard::role("edit"), &alice, FORBIDDEN),
        (Guard::any_role(["admin", "editor"]), &alice, ALLOWED),
        (Guard::any_role(["admin", "owner"]), &alice, FORBIDDEN),
        (Guard::any_role::<&str>([]), &alice, FORBIDDEN),
        (Guard::factor(Factor::OTP), &guest, UNAUTHENTICATED),
        (Guard::factor(Factor::OTP), &alice, step_up(Factor::OTP, None)),
        (Guard::factor(Factor::OTP), &otp(ages), ALLOWED),
        (Guard::factor_within(Factor::OTP, LIMIT), &guest, UNAUTHENTICATED),
        (
            Guard::factor_within(Factor::OTP, LIMIT),
            &alice,
            step_up(Factor::OTP, LIMIT),
        ),
        (Guard::factor_within(Factor::OTP, LIMIT), &otp(LIMIT), ALLOWED),
        (
            Guard::factor_within(Factor::OTP, LIMIT),
            &otp(old),
            step_up(Factor::OTP, LIMIT),
        ),
        (
            Guard::factor_within(Factor::PASSWORD, LIMIT),
            &otp(LIMIT),
            step_up(Factor::PASSWORD, LIMIT),
        ),
        (Guard::fresh(LIMIT), &guest, UNAUTHENTICATED),
        (Guard::fresh(LIMIT), &fresh(LIMIT), ALLOWED),
        (Guard::fresh(LIMIT), &fresh(old), step_up(None, LIMIT)),
        (Guard::fresh(LIMIT), &otp(LIMIT), ALLOWED),
        (Guard::fresh(Duration::ZERO), &fresh(Duration::ZERO), ALLOWED),
        (Guard::fresh(Duration::MAX), &alice, ALLOWED),
    ];
    for (guard, visitor, expected) in table {
        assert_eq!(visitor.judge(&guard), expected, "{guard:?} of {visitor:?}");
    }
}

#[test]
fn what_was_proved_in_the_future_was_proved_just_now() {
    let mut visitor = user(Duration::ZERO, &[]);
    visitor.user.as_mut().unwrap().at = NOW.after(Duration::from_hours(1));
    assert_eq!(visitor.judge(&Guard::fresh(Duration::ZERO)), ALLOWED);
}

/// A guard that comes to each decision, for a user without roles who has proved a password alone, and for a guest.
fn guards() -> [(Guard, Decision); 5] {
    let otp = Guard::factor(Factor::OTP);
    [
        (Guard::session(), ALLOWED),
        (Guard::factor(Factor::PASSWORD), ALLOWED),
        (Guard::role("admin"), FORBIDDEN),
        (otp, step_up(Factor::OTP, None)),
        (Guard::fresh(LIMIT), step_up(None, LIMIT)),
    ]
}

#[test]
fn of_two_the_least_favourable_for_all_and_the_most_favourable_for_any() {
    let alice = user(Duration::from_hours(5), &[]);
    for (first, of_first) in guards() {
        for (second, of_second) in guards() {
            let (both, either) = match (&of_first, &of_second) {
                (Decision::Allowed, other) | (other, Decision::Allowed) => (other, &ALLOWED),
                (Decision::Forbidden, other) | (other, Decision::Forbidden) => (&FORBIDDEN, other),
                _ => (&of_first, &of_first),
            };
            assert_eq!(&alice.judge(&first.clone().and(second.clone())), both);
            assert_eq!(&alice.judge(&first.clone().or(second.clone())), either);
        }
    }
}

#[test]
fn a_guest_is_asked_who_they_are_before_anything_else() {
    let demand = Guard::role("admin").and(Guard::fresh(LIMIT));
    let guest = nobody(true);
    assert_eq!(guest.judge(&demand), UNAUTHENTICATED);
    assert_eq!(
        guest.judge(&Guard::session().and(demand.clone())),
        UNAUTHENTICATED
    );
    assert_eq!(guest.judge(&Guard::session().or(demand)), ALLOWED);
}

#[test]
fn a_guard_reads_anew_if_any_of_its_parts_does() {
    let plain = Guard::user;
    let anew = || Guard::user().read_anew();
    assert!(!plain().and(plain()).or(plain()).reads_anew());
    for guard in [
        plain().and(anew()),
        anew().and(plain()),
        plain().or(anew()),
        anew().or(plain()),
    ] {
        assert!(guard.reads_anew());
    }
}

fn any_age() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(LIMIT), Just(LIMIT + A_MOMENT), Just(Duration::ZERO)]
}

fn any_visitor() -> impl Strategy<Value = Visitor> {
    let of_user = |(logged_in, otp, roles): (Duration, Option<Duration>, Vec<&'static str>)| {
        let visitor = user(logged_in, &roles);
        otp.map_or(visitor.clone(), |ago| proved(visitor, ago))
    };
    let roles = prop::sample::subsequence(vec!["user", "editor", "admin"], 0..3);
    let users = (any_age(), prop::option::of(any_age()), roles).prop_map(of_user);
    let users = (users, any::<bool>()).prop_map(|(visitor, mistrusted)| Visitor {
        mistrusted,
        ..visitor
    });
    prop_oneof![any::<bool>().prop_map(nobody), users]
}

fn any_guard() -> impl Strategy<Value = Guard> {
    let single = prop_oneof![
        Just(Guard::session()),
        Just(Guard::user()),
        Just(Guard::any_role(["editor", "admin"])),
        Just(Guard::role("user")),
        Just(Guard::factor(Factor::OTP)),
        any_age().prop_map(|within| Guard::factor_within(Factor::PASSWORD, within)),
        any_age().prop_map(Guard::fresh),
    ];
    single.prop_recursive(4, 16, 2, |part| {
        (part.clone(), part, any::<bool>())
            .prop_map(|(first, second, all)| if all { first.and(second) } else { first.or(second) })
    })
}

proptest! {
    #[test]
    fn and_favours_nobody_more_than_its_parts_and_or_nobody_less(
        first in any_guard(),
        second in any_guard(),
        visitor in any_visitor(),
    ) {
        let parts = [visitor.judge(&first), visitor.judge(&second)];
        let both = visitor.judge(&first.clone().and(second.clone()));
        let either = visitor.judge(&first.or(second));
        for part in &parts {
            prop_assert!(both.favour() <= part.favour() && part.favour() <= either.favour());
        }
        prop_assert!(parts.contains(&both) && parts.contains(&either));
    }
}
