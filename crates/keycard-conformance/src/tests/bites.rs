//! Each law finds the stores that break it: its test panics, and for that reason.

use tokio::runtime::Builder;

use super::broken::Broken;
use super::flaw::Flaw;
use crate::prove::prove;

/// For each flaw a test of that name, in which the law must find it and say so; where a path comes first, in what that makes
/// of the store.
macro_rules! bites {
    ($($flaw:ident: $group:ident :: $module:ident :: $law:ident, $says:literal;)*) => {
        bites! { std::convert::identity; $($flaw: $group::$module::$law, $says;)* }
    };
    ($made:path; $($flaw:ident: $group:ident :: $module:ident :: $law:ident, $says:literal;)*) => {
        $(#[test]
        #[should_panic(expected = $says)]
        #[expect(non_snake_case, reason = "the flaw by its name")]
        fn $flaw() {
            prove(async || $made(Broken::by(Flaw::$flaw)), crate::$group::$module::$law);
        })*
    };
}

mod law_1 {
    use super::*;

    bites! {
        UpdateRevives: laws::law_1_ended_stays_ended::a_logout_is_not_undone_by_a_write_that_is_already_on_its_way,
            "!world.knows(&old)";
        UpdateIgnoresExpiry: contract::update::update_does_not_revive_an_expired_session,
            "left: Applied\n right: Gone";
        TouchRevives: laws::law_1_ended_stays_ended::a_touch_does_not_revive_an_ended_session,
            "!world.knows(&old)";
        EndForgets: laws::law_1_ended_stays_ended::writes_with_a_dead_id_are_dropped_and_a_login_with_it_works,
            "`Result::unwrap_err()` on an `Ok` value: 2";
        EndIsAlwaysTheFirst: laws::law_1_ended_stays_ended::only_the_request_that_ends_the_session_removes_the_cookie,
            "it would remove the cookie of the new login";
        TombstonesStay: laws::law_1_ended_stays_ended::an_ended_id_stays_dead_after_its_tombstone,
            "a new session has a new id";
    }
}

mod law_1_after_a_time_out {
    use super::*;

    bites! {
        UpdateRevives: laws::law_1_ended_stays_ended::what_timed_out_and_arrives_after_the_logout_revives_nothing, "Update";
        TouchRevives: laws::law_1_ended_stays_ended::what_timed_out_and_arrives_after_the_logout_revives_nothing, "Touch";
    }
}

mod law_2 {
    use super::*;

    bites! {
        CreateOverwrites: contract::create::create_never_writes_over_a_live_session,
            "left: Applied\n right: Refused";
        ReplaceOverwrites: contract::replace::a_refused_replace_leaves_both_as_they_were,
            "left: Applied\n right: Refused";
        ReplaceKeepsTheOld: laws::law_2_one_session_one_id::a_login_s_old_id_is_dead_before_the_new_one_is_handed_out,
            "dead already";
        UpdateIsLate: laws::law_2_one_session_one_id::a_rotated_id_is_dead_before_the_new_one_is_handed_out,
            "!world.knows(&old)";
    }
}

mod law_3 {
    use super::*;

    bites! {
        UpdateIgnoresTheRevision: laws::law_3_no_lost_updates::writes_of_different_keys_both_land,
            r#"left: ["a", "n"]"#;
        UpdateIsTwoSteps: laws::law_3_no_lost_updates::concurrent_increments_count_each_once,
            "right: [1, 2, 3, ";
        TouchIgnoresTheRevision: contract::touch::touch_leaves_a_newer_revision_alone,
            "left: Applied\n right: Changed";
        ReplaceIgnoresTheRevision: laws::law_3_no_lost_updates::a_login_takes_along_what_was_written_meanwhile,
            r#"left: ["n"]"#;
        RepeatsConflict: contract::update::update_after_a_lost_answer_counts_as_applied,
            "left: Conflict";
    }
}

mod law_4 {
    use super::*;

    bites! {
        TouchGoesFurther: laws::law_4_the_cap_only_shrinks::a_session_in_use_ends_at_its_absolute_deadline,
            "24 hours after the login";
        UpdateGoesFurther: laws::law_4_the_cap_only_shrinks::writes_move_nothing_beyond_the_cap,
            "24 hours after the login";
        TouchMovesBack: contract::touch::touch_never_moves_a_time_back,
            "neither time moves";
    }
}

mod law_5 {
    use super::*;

    bites! {
        EndAllSparesOne: laws::law_5_log_out_everywhere::every_session_of_the_user_dies_and_no_other,
            "left: 4\n right: 5";
        EndAllTakesTheTag: contract::end_all::end_all_keeps_users_of_one_tag_apart,
            "left: {StoreKey(";
        EndOthersIgnoresTheKept: contract::end_others::end_others_ends_nobody_if_the_kept_one_is_not_there,
            "one that has ended";
        EndOthersIsTwoSteps: contract::end_others::of_many_that_end_each_other_at_once_one_stays,
            "winners: [";
        ReplaceEntersNoIndex: laws::law_5_log_out_everywhere::a_session_is_found_however_it_came_to_its_user,
            "each once, and none that was left";
        ListsTheExpired: contract::index::an_expired_session_is_neither_listed_nor_counted,
            "left: [Entry {";
    }
}

mod devices_and_limits {
    use super::*;

    bites! {
        ListsThePending: contract::index::a_pending_login_is_neither_listed_nor_counted_until_it_is_complete,
            "left: [Entry {";
        EndOneTakesTheForeign: contract::end_some::end_one_ends_nobody_else_s,
            "left: Applied\n right: Absent";
        EndDeviceTakesTheTag: contract::end_some::end_device_ends_the_user_s_sessions_there_and_no_others,
            "left: [StoreKey(";
        LimitIsOffByOne: contract::limits::as_many_leave_as_the_limit_asks_for,
            "EvictOldest(3), Create";
        LimitIsTwoSteps: contract::limits::of_many_parallel_logins_three_stay_by_a_limit_of_three,
            "EvictOldest(3)";
        EvictsTheNewest: contract::limits::as_many_leave_as_the_limit_asks_for,
            "EvictOldest(3), Create";
        EvictsByTheOtherTime: contract::limits::as_many_leave_as_the_limit_asks_for,
            "EvictOldest(3), Create";
        DisplacesItself: contract::admission::a_session_neither_displaces_nor_counts_itself,
            "EvictOldest(1)";
        CountsThePending: contract::limits::pending_and_expired_sessions_neither_count_nor_leave,
            "EvictOldest(2), Create";
        CountsTheExpired: contract::limits::pending_and_expired_sessions_neither_count_nor_leave,
            "EvictOldest(2), Create";
        CountsTheReplaced: contract::admission::a_session_neither_displaces_nor_counts_itself,
            "EvictOldest(1)";
        PendingDisplaces: contract::limits::a_pending_login_displaces_nobody_and_is_not_refused,
            "EvictOldest(1), Create";
        DeviceTakesTheTag: contract::admission::a_login_concerns_nobody_else,
            "EvictOldest(1)";
        DeviceKeepsTheOld: contract::admission::a_login_on_a_device_ends_the_session_there,
            "left: In([])\n right: In([StoreKey(";
        RefusalClearsTheDevice: contract::admission::a_refused_login_changes_nothing_and_may_come_again,
            "left: [Entry {";
    }
}

mod law_6 {
    use super::*;
    use crate::laws::law_6_without_its_server::{
        every_call_is_an_error, every_call_of_the_history_is_an_error, no_figures_are_made_up,
        nobody_is_logged_out,
    };

    #[test]
    #[should_panic(expected = "load answers Absent without the server")]
    fn an_error_that_is_taken_for_absence() {
        prove(
            async || Broken::with_server(Flaw::AwayIsAbsent),
            every_call_is_an_error,
        );
    }

    #[test]
    #[should_panic(expected = "statistics answers Figures")]
    fn an_error_that_is_taken_for_no_use() {
        prove(
            async || Broken::with_server(Flaw::AwayIsAbsent),
            no_figures_are_made_up,
        );
    }

    #[test]
    #[should_panic(expected = "history answers [] without the server")]
    fn an_error_that_is_taken_for_no_history() {
        prove(
            async || Broken::with_server(Flaw::AwayIsAbsent),
            every_call_of_the_history_is_an_error,
        );
    }

    #[test]
    #[should_panic(expected = "`Result::unwrap_err()` on an `Ok` value: Session")]
    fn an_error_that_logs_everybody_out() {
        prove(
            async || Broken::with_server(Flaw::AwayIsAbsent),
            nobody_is_logged_out,
        );
    }

    #[test]
    #[should_panic(expected = "others have built on that")]
    fn a_late_write_that_lands_over_a_newer_one() {
        prove(
            async || Broken::by(Flaw::UpdateIgnoresTheRevision),
            crate::laws::law_6_an_outage_is_no_logout::a_write_that_times_out_and_arrives_after_the_next_one_is_dropped,
        );
    }

    #[test]
    #[should_panic(expected = "load has not come back")]
    fn a_call_that_hangs() {
        // Time that is paused goes on at once when nothing else is left to wait for.
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let law = every_call_is_an_error(Broken::with_server(Flaw::AwayIsAwaited));
        runtime.unwrap().block_on(law);
    }
}

mod statistics {
    use super::*;

    bites! {
        ExpiredAreActive: contract::active::sessions_are_active_from_their_beginning_to_their_expiry,
            "right: 2";
        ReplacedAreLoggedOut: contract::statistics::each_login_is_counted_once,
            "a guest's login, and its repetition";
    }
}

mod histories {
    use super::*;

    bites! {
        NotesAreLost: contract::history::each_verb_is_remembered_once_with_who_has_ended_by_it,
            "create and update";
        RepeatsAreNoted: contract::history::each_verb_is_remembered_once_with_who_has_ended_by_it,
            "create and update";
    }
}

mod law_5_where_endings_are_remembered {
    use super::*;
    use crate::noting::Noting;

    bites! { Noting::over;
        EndNotingIsTwoSteps: contract::end_others::of_many_that_end_each_other_at_once_one_stays,
            "winners: [";
    }
}

mod law_7 {
    use super::*;

    bites! {
        LoadWrites: laws::law_7_pay_for_what_you_use::a_read_does_not_rewrite_the_record,
            "left: Live(";
        LoadManyReverses: laws::law_7_pay_for_what_you_use::several_cookies_cost_one_round_trip_in_any_order_and_rewrite_nothing,
            "left: None";
    }
}

mod the_contract {
    use super::*;

    bites! {
        LoadManyReverses: contract::load::load_many_answers_in_the_order_of_the_keys,
            "left: [Live(";
        UnreadableIsAbsent: contract::load::bytes_of_an_unknown_version_are_handed_out_as_they_are,
            "left: Absent";
    }
}
