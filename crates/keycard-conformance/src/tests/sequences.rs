//! Random sequences find what is wrong, shrink it, and print it as a test that plays it again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::broken::Broken;
use super::flaw::Flaw;
use crate::property::{random_sequences, replay};
use crate::sequence::Play;
use crate::sequence::words::*;

/// For each flaw a test of that name, in which sequences of that type must find it and shrink it to a few steps.
macro_rules! finds {
    ($play:ty: $($flaw:ident),* $(,)?) => {
        $(#[test]
        #[expect(non_snake_case, reason = "the flaw by its name")]
        fn $flaw() {
            let report = report_of::<$play>(Flaw::$flaw);
            let steps = report.lines().filter(|line| line.starts_with("        "));
            assert!((1..=6).contains(&steps.count()), "{report}");
        })*
    };
}

/// What random sequences say of a store with this flaw.
fn report_of<P: Play<Broken>>(flaw: Flaw) -> String {
    let begin = move || async move { Broken::by(flaw) };
    let play = || random_sequences::<_, P, _>(begin, &format!("Broken::by(Flaw::{flaw:?})"));
    let panicked = catch_unwind(AssertUnwindSafe(play)).unwrap_err();
    *panicked.downcast::<String>().unwrap()
}

/// But `RefusalClearsTheDevice`, which takes three logins on chosen devices: a law of its own finds it.
mod every_flaw_that_one_caller_can_meet {
    use super::*;

    finds! { Command<IndexCommand>:
        UpdateRevives,
        UpdateIgnoresExpiry,
        UpdateIgnoresTheRevision,
        UpdateIsLate,
        UpdateGoesFurther,
        UpdateKeepsTheData,
        UpdateKeepsTheSecret,
        RepeatsConflict,
        TouchRevives,
        TouchIgnoresTheRevision,
        TouchGoesFurther,
        TouchMovesBack,
        EndForgets,
        EndIsAlwaysTheFirst,
        TombstonesStay,
        CreateOverwrites,
        ReplaceOverwrites,
        ReplaceIgnoresTheRevision,
        ReplaceKeepsTheOld,
        ReplaceEntersNoIndex,
        EndAllSparesOne,
        EndAllTakesTheTag,
        EndOthersIgnoresTheKept,
        ListsTheExpired,
        ListsThePending,
        EndOneTakesTheForeign,
        EndDeviceTakesTheTag,
        LimitIsOffByOne,
        EvictsTheNewest,
        EvictsByTheOtherTime,
        DisplacesItself,
        CountsThePending,
        CountsTheExpired,
        CountsTheReplaced,
        PendingDisplaces,
        DeviceTakesTheTag,
        DeviceKeepsTheOld,
        LoadWrites,
        LoadManyReverses,
    }
}

mod every_flaw_that_one_client_can_meet {
    use super::*;

    finds! { Step:
        UpdateIsLate,
        UpdateGoesFurther,
        UpdateKeepsTheData,
        UpdateKeepsTheSecret,
        TouchGoesFurther,
        ReplaceKeepsTheOld,
    }
}

mod every_flaw_of_statistics {
    use super::*;

    finds! { Command<CountingCommand>: ExpiredAreActive, ReplacedAreLoggedOut }
}

mod every_flaw_of_histories {
    use super::*;

    finds! { Command<HistoryCommand>: NotesAreLost, NotesStay, OldNotesAreTold, RepeatsAreNoted }
}

#[test]
fn a_failure_is_printed_as_a_test() {
    let expected =
        "LoadAll: the store answers Loaded([Absent, Absent, Absent, Absent, Absent, Absent, Absent]), \
                    and the contract says Loaded([Ended, Absent, Absent, Absent, Absent, Absent, Absent])

This fails (KEYCARD_CONFORMANCE_SEED=7):

#[test]
fn a_sequence_that_failed() {
    use keycard_conformance::sequence::words::*;
    let sequence: &[Command<IndexCommand>] = &[
        End(Guest(0)),
    ];
    keycard_conformance::replay(async || Broken::by(Flaw::EndForgets), sequence);
}
";
    let report = report_of::<Command<IndexCommand>>(Flaw::EndForgets);
    let (before, seed) = report.split_once("SEED=").unwrap();
    let after = seed.trim_start_matches(char::is_numeric);
    assert_eq!(format!("{before}SEED=7{after}"), expected);
}

#[test]
#[should_panic(expected = "LoadAll: the store answers Loaded([Absent, ")]
fn a_printed_test_fails_as_the_sequence_did() {
    let sequence: &[Command<IndexCommand>] = &[End(Guest(0))];
    replay(async || Broken::by(Flaw::EndForgets), sequence);
}

#[test]
fn a_life_is_played_again() {
    let times = [Wait(60), Extend(3600), Renew, SetIdle(7200), Count, TouchNow];
    let end = [Clear, Read, Wait(7200), Read, LoginAgain, LoseAnswers, Renew];
    let others = [LoginAsOther, LoseAnswers, Count, Logout, LoginRemembered];
    let renewed = [Wait(600), Read, CountLate, Wait(120), CountLate];
    let lost = [
        Wait(600),
        LoseAnswers,
        Count,
        CountLate,
        LoginAgain,
        Wait(120),
        Read,
    ];
    let sequence = [&times[..], &end, &others, &renewed, &lost].concat();
    replay(async || Broken::by(None), &sequence);
}

#[test]
#[should_panic(expected = "TouchNow: at ")]
fn a_life_finds_a_touch_that_goes_further() {
    let sequence: &[Step] = &[Wait(120), TouchNow];
    replay(async || Broken::by(Flaw::TouchGoesFurther), sequence);
}
