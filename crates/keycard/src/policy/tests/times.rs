//! When sessions end, when a use is written down, when an id is renewed, and what survives a login.

use std::time::Duration;

use super::*;
use crate::device::Device;
use crate::factor::Factor;

#[test]
fn a_use_is_written_down_once_per_touch_after() {
    let stored = record(None);
    let nothing = Intent::default();
    let verdict =
        |rules: &Rules, span| decide(case(Arrival::Live(&stored), &nothing), rules, NOW.after(span));
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

/// NIST SP 800-63B-4 §2.1.3, §2.2.3 and §2.3.3.
#[test]
fn an_assurance_level_ends_sessions_as_it_must() {
    const HOUR: u64 = 60;
    for (level, idle, absolute) in [
        (Assurance::Aal1, 30 * 24 * HOUR, 30 * 24 * HOUR),
        (Assurance::Aal2, HOUR, 24 * HOUR),
        (Assurance::Aal3, 15, 12 * HOUR),
    ] {
        let lifetimes = level.lifetimes();
        let expected = (Duration::from_mins(idle), Duration::from_mins(absolute));
        assert_eq!((lifetimes.idle(), lifetimes.absolute()), expected, "{level:?}");
    }
}

#[test]
fn settings_are_taken_up_to_their_bounds() {
    let tick = Duration::from_millis(1);
    let renewal = |every, grace| Some(Renewal { every, grace });
    let taken = |change: &dyn Fn(&mut Rules)| {
        let mut rules = Rules::DEFAULT;
        change(&mut rules);
        rules.check().is_ok()
    };
    for (at_the_bound, beyond) in [
        (Duration::from_secs(1), Duration::from_millis(999)),
        (minutes(60), minutes(60) + tick),
    ] {
        assert!(taken(&|rules| rules.pending = at_the_bound));
        assert!(!taken(&|rules| rules.pending = beyond));
    }
    assert!(taken(&|rules| rules.remembered.absolute = days(400)));
    assert!(!taken(&|rules| rules.remembered.absolute = days(400) + tick));
    assert!(taken(
        &|rules| rules.renewal = renewal(minutes(1) + tick, minutes(1))
    ));
    assert!(!taken(&|rules| rules.renewal = renewal(minutes(1), minutes(1))));
    let lives = |session, remembered, touch_after: Duration| {
        taken(&|rules| {
            (rules.session.idle, rules.remembered.idle) = (session, remembered);
            rules.touch_after = Some(touch_after);
        })
    };
    assert!(lives(minutes(5), minutes(9), minutes(5).saturating_sub(tick)));
    assert!(!lives(minutes(5), minutes(9), minutes(5)));
    assert!(!lives(minutes(9), minutes(5), minutes(5)));
}

#[test]
fn a_secret_is_renewed_when_it_is_time_and_the_client_can_be_told() {
    let rules = Rules {
        renewal: Some(Renewal {
            every: minutes(15),
            grace: Duration::from_secs(30),
        }),
        ..Rules::DEFAULT
    };
    let (alice, guest, nothing) = (record(Some("alice")), record(None), Intent::default());
    let renewable = case(Arrival::Live(&alice), &nothing);
    let just_before = minutes(15).saturating_sub(Duration::from_millis(1));
    let insert = intent(Some("alice"), &[Did::Insert("k")]);
    for (case, rules, span, verdict) in [
        (renewable, rules, just_before, Verdict::Touch),
        (renewable, rules, minutes(15), Verdict::Renew),
        (renewable, Rules::DEFAULT, minutes(15), Verdict::Touch),
        (
            Case {
                renewable: false,
                ..renewable
            },
            rules,
            minutes(15),
            Verdict::Touch,
        ),
        (
            Case {
                outcome: Outcome::Failed,
                ..renewable
            },
            rules,
            minutes(15),
            Verdict::Touch,
        ),
        (
            Case {
                intent: &insert,
                ..renewable
            },
            rules,
            minutes(15),
            UPDATED,
        ),
        (
            Case {
                arrival: Arrival::Live(&guest),
                ..renewable
            },
            rules,
            minutes(15),
            Verdict::Touch,
        ),
    ] {
        assert_eq!(
            decide(case, &rules, NOW.after(span)),
            verdict,
            "{case:?} after {span:?}"
        );
    }
}

#[test]
fn the_last_factor_starts_the_time_outs_and_a_step_up_does_not() {
    let waiting = {
        let mut stored = record(Some("alice"));
        let known = stored.authentication.as_mut().unwrap();
        known.pending = true;
        known.factors.push((Factor::PASSWORD, NOW));
        stored.absolute = NOW.after(minutes(10));
        stored.idle = minutes(10);
        stored
    };
    let later = NOW.after(minutes(9));
    let proved = |record: &Record| intent(Some("alice"), &[Did::Prove]).renew(record, &Rules::DEFAULT, later);

    let complete = proved(&waiting);
    let known = complete.authentication.as_ref().unwrap();
    assert!(!known.pending);
    assert_eq!(known.factors, [(Factor::PASSWORD, NOW), (Factor::OTP, later)]);
    assert_eq!(
        (complete.idle, complete.absolute),
        (minutes(30), later.after(days(1)))
    );

    let stepped_up = proved(&record(Some("alice")));
    assert_eq!(stepped_up.absolute, NOW.after(days(1)), "the cap only shrinks");
    assert_eq!(stepped_up.authentication.unwrap().at, later);
}

#[test]
fn what_is_known_of_a_user_survives_their_own_login_and_no_other() {
    let mut stored = record(Some("alice"));
    let known = stored.authentication.as_mut().unwrap();
    known.roles = vec!["admin".into()];
    known.factors = vec![(Factor::OTP, NOW)];
    let device = Device::read("7f3a", "Phone", "");
    stored.metadata.device = Some(device.clone());
    for (user, roles, factors) in [
        ("alice", &["admin".into()][..], &[(Factor::OTP, NOW)][..]),
        ("bob", &[], &[]),
    ] {
        let login = intent(Some("alice"), &[Did::Login(user)]);
        let known = login
            .authentication_over(stored.authentication.as_ref(), NOW)
            .unwrap();
        assert_eq!((&*known.roles, &*known.factors), (roles, factors), "{user}");
    }
    let again = intent(Some("alice"), &[Did::Login("alice")]).renew(&stored, &Rules::DEFAULT, NOW);
    assert_eq!(again.metadata.device, Some(device));
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
            ..Rules::DEFAULT
        };
        rules.check().is_ok()
    };
    assert!(touching(minutes(1), minutes(2), minutes(2)));
    assert!(!touching(minutes(2), minutes(2), minutes(3)));
    assert!(!touching(minutes(2), minutes(3), minutes(2)));
}
