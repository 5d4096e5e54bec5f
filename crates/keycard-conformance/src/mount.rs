//! The macros that mount the laws on a store; long because it is the table of all tests.

/// Mounts the laws on a store without an index. Law 5 is not among them: such a store cannot log a user out everywhere.
///
/// See the [crate's documentation](crate) for the argument. Over a store that has an index one of the tests fails, and
/// says that [`indexed_store_laws!`](crate::indexed_store_laws) is the macro for it.
///
/// ```
/// use keycard::store::{Store, memory::MemoryStore};
///
/// /// All that is known of this store is that it is one.
/// fn store() -> impl Store {
///     MemoryStore::new()
/// }
///
/// keycard_conformance::store_laws!(store());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_laws {
    ($store:expr $(,)?) => {
        async fn fresh_store() -> impl $crate::__private::Store {
            $store
        }
        $crate::__store_laws!(fresh_store);
        $crate::__random_sequences!(fresh_store, $store, ::core::convert::Infallible);
        #[test]
        fn law_5_is_left_out_only_where_there_is_no_index() {
            use $crate::__private::WithoutIndex as _;
            $crate::__private::Made::by(async || $store).assert_without_index();
        }
    };
}

/// Mounts the laws on a store with an index.
///
/// See the [crate's documentation](crate) for the argument. This does not compile, since the store has no index:
///
/// ```compile_fail,E0277
/// use keycard::store::{Store, memory::MemoryStore};
///
/// /// All that is known of this store is that it is one.
/// fn store() -> impl Store {
///     MemoryStore::new()
/// }
///
/// keycard_conformance::indexed_store_laws!(store());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! indexed_store_laws {
    ($store:expr $(,)?) => {
        $crate::__indexed_store_laws!($store);
        $crate::__random_sequences!(fresh_store, $store, $crate::sequence::IndexCommand);
    };
}

/// All that has a name: what is left out takes minutes over servers that are many.
#[doc(hidden)]
#[macro_export]
macro_rules! __indexed_store_laws {
    ($store:expr) => {
        async fn fresh_store() -> impl $crate::__private::UserIndex {
            $store
        }
        $crate::__store_laws!(fresh_store);
        $crate::__endings!(fresh_store);
        $crate::__tests! { fresh_store;
            contract::index {
                a_session_is_listed_from_its_creation_to_its_end,
                a_session_is_listed_once_and_with_its_newest_record,
                a_refused_create_changes_no_index,
                an_update_that_does_not_land_changes_no_index,
                replace_moves_the_session_from_one_index_to_the_other,
                a_replace_that_does_not_land_changes_no_index,
                an_expired_session_is_neither_listed_nor_counted,
                a_pending_login_is_neither_listed_nor_counted_until_it_is_complete,
                a_session_that_another_server_takes_for_expired_stays_listed,
                a_full_index_ends_the_session_with_the_nearest_absolute_deadline,
                expired_sessions_make_room_before_live_ones,
            }
            contract::limits {
                as_many_leave_as_the_limit_asks_for,
                of_sessions_of_one_age_those_with_the_smallest_keys_leave,
                pending_and_expired_sessions_neither_count_nor_leave,
                a_pending_login_displaces_nobody_and_is_not_refused,
                what_cannot_be_read_counts_and_leaves_last,
                of_many_parallel_logins_three_stay_by_a_limit_of_three,
            }
            contract::admission {
                a_login_on_a_device_ends_the_session_there,
                a_login_concerns_nobody_else,
                a_refused_login_changes_nothing_and_may_come_again,
                a_session_neither_displaces_nor_counts_itself,
                a_login_that_does_not_land_displaces_nobody,
                a_login_after_a_lost_answer_displaces_nobody_else,
                a_session_that_changed_its_device_has_left_the_old_one,
            }
        }
    };
}

/// Mounts what is asked of a store that counts attempts.
///
/// See the [crate's documentation](crate) for the argument. For a store that passes other laws in the same file this
/// belongs in a module of its own.
///
/// ```
/// use keycard::store::memory::MemoryStore;
///
/// keycard_conformance::throttle_laws!(MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! throttle_laws {
    ($store:expr $(,)?) => {
        async fn fresh_store() -> impl $crate::__private::Throttle {
            $store
        }
        $crate::__tests! { fresh_store;
            laws::throttles {
                of_many_guesses_at_once_five_are_checked,
                a_window_opens_when_it_was_said_to,
                a_success_forgives_this_account_to_this_client,
                successes_use_up_nothing,
                a_success_forgives_no_failures_of_others,
                an_account_is_guessed_fifty_times_by_however_many_clients,
                a_client_guesses_fifty_times_at_however_many_accounts,
                an_ipv6_network_is_one_client,
                clients_without_an_address_are_one_to_an_account,
                what_is_not_limited_is_not_counted,
                new_sessions_of_a_client_are_limited_where_that_is_set,
            }
            laws::second_factor {
                a_login_of_two_requests_is_forgiven_as_a_success,
                a_receipt_frees_its_own_places_alone_and_once,
                a_pending_login_has_five_tries,
                all_pending_logins_of_a_user_share_twenty_tries,
                a_step_is_taken_once_by_a_user_for_a_purpose,
                of_many_who_take_a_step_at_once_one_does,
            }
            contract::throttle {
                a_window_holds_as_many_attempts_as_its_limit_says,
                a_window_slides_to_the_millisecond,
                an_attempt_that_one_window_refuses_is_counted_in_none,
                of_several_windows_the_fullest_decides,
                a_refused_attempt_is_not_counted,
                a_refund_gives_back_one_attempt,
                a_refund_of_what_is_not_counted_changes_nothing,
                a_cleared_window_has_forgotten_all_attempts,
                a_limit_that_was_lowered_counts_what_was_before,
                an_attempt_of_a_server_whose_clock_is_behind_counts,
                of_many_attempts_at_once_as_many_are_counted_as_there_is_room_for,
                of_many_attempts_at_once_the_refused_leave_nothing,
                attempts_and_refunds_at_once_even_out,
            }
        }
        #[test]
        fn random_attempts_agree_with_the_model() {
            type Command = $crate::sequence::ThrottleCommand;
            $crate::__private::random_sequences::<_, Command, _>(fresh_store, stringify!($store));
        }
    };
}

/// Mounts what is asked of a store that knows which tokens are spent, allowed or revoked.
///
/// See the [crate's documentation](crate) for the argument. For a store that passes other laws in the same file this
/// belongs in a module of its own.
///
/// ```
/// use keycard::store::memory::MemoryStore;
///
/// keycard_conformance::token_laws!(MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! token_laws {
    ($store:expr $(,)?) => {
        async fn fresh_store() -> impl $crate::__private::TokenStore {
            $store
        }
        $crate::__tests! { fresh_store;
            contract::token {
                a_family_is_refreshed_token_by_token,
                a_token_that_was_spent_lately_is_answered_with_the_current_one,
                a_reuse_ends_the_family_for_good,
                a_family_that_ended_or_expired_or_never_was_is_gone,
                of_a_session_s_families_those_refreshed_last_live,
                a_family_counts_as_long_as_it_lives,
                a_strange_token_of_a_family_is_a_reuse,
                of_tokens_that_were_spent_lately_the_newest_are_remembered,
                of_many_refreshes_at_once_one_is_applied_and_the_others_get_its_successor,
                random_refreshes_agree_with_the_reference,
            }
            contract::token_marks {
                a_token_is_allowed_until_its_time,
                a_token_is_blocked_until_its_time,
                what_is_allowed_and_what_is_blocked_have_nothing_to_do_with_each_other,
                what_was_not_applied_is_not_allowed,
                a_mark_revokes_what_was_issued_until_then,
                a_mark_revokes_what_comes_later_of_a_family_from_before,
                a_server_whose_clock_is_behind_moves_no_mark_back,
            }
        }
    };
}

/// [`outage_laws!`](crate::outage_laws) for a store of [tokens](keycard::store::TokenStore), in a module of its own.
#[macro_export]
macro_rules! token_outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::TokenStore, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::law_6_without_its_server {
                every_call_about_tokens_is_an_error,
            }
        }
    };
}

/// Mounts what is asked of a store that counts attempts when its server is taken away. The argument is that of
/// [`outage_laws!`](crate::outage_laws).
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard_conformance::testing::ScriptedStore;
///
/// keycard_conformance::throttle_outage_laws!({
///     let store = ScriptedStore::new(MemoryStore::new());
///     (store.clone(), async move || store.go_down())
/// });
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! throttle_outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::Throttle, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::throttles {
                without_its_server_the_policy_decides,
            }
        }
    };
}

/// Mounts what law 6 asks of a store whose server can be taken away: then each call is an error, and none hangs.
///
/// The argument is an expression, which may `.await`. Each test evaluates it for a store that nobody else uses, and an
/// `AsyncFnOnce()` that takes its server away.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard_conformance::testing::ScriptedStore;
///
/// keycard_conformance::outage_laws!({
///     let store = ScriptedStore::new(MemoryStore::new());
///     (store.clone(), async move || store.go_down())
/// });
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::Store, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::law_6_without_its_server {
                every_call_is_an_error,
                nobody_is_logged_out,
            }
        }
    };
}

/// [`outage_laws!`](crate::outage_laws) for a store with an index.
#[macro_export]
macro_rules! indexed_outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::UserIndex, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::law_6_without_its_server {
                every_call_is_an_error,
                every_call_of_the_index_is_an_error,
                nobody_is_logged_out,
            }
        }
    };
}

/// [`outage_laws!`](crate::outage_laws) for the figures of a store that keeps [statistics](keycard::store::Statistics), in a
/// module of its own.
#[macro_export]
macro_rules! statistics_outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::Statistics, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::law_6_without_its_server {
                no_figures_are_made_up,
            }
        }
    };
}

/// [`outage_laws!`](crate::outage_laws) for a store that keeps [histories](keycard::store::History), in a module of its own.
#[macro_export]
macro_rules! history_outage_laws {
    ($store_and_cut:expr $(,)?) => {
        async fn store_and_cut() -> (impl $crate::__private::History, impl AsyncFnOnce()) {
            $store_and_cut
        }
        $crate::__tests! { store_and_cut;
            laws::law_6_without_its_server {
                every_call_of_the_history_is_an_error,
            }
        }
    };
}

/// Mounts what is asked of a store that has an index and keeps [statistics](keycard::store::Statistics), besides its other
/// laws.
///
/// The argument is as that of [`indexed_store_laws!`](crate::indexed_store_laws).
///
/// ```
/// use keycard::store::memory::MemoryStore;
///
/// keycard_conformance::statistics_laws!(MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! statistics_laws {
    ($store:expr $(,)?) => {
        $crate::__statistics_laws!($store);
        #[test]
        fn random_sequences_are_counted_as_by_the_model() {
            type Command = $crate::sequence::Command<$crate::sequence::CountingCommand>;
            $crate::__private::random_sequences::<_, Command, _>(counting_store, stringify!($store));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __statistics_laws {
    ($store:expr) => {
        async fn counting_store() -> impl $crate::__private::Counting {
            $store
        }
        $crate::__tests! { counting_store;
            contract::active {
                sessions_are_active_from_their_beginning_to_their_expiry,
                a_touch_and_an_update_move_when_a_session_ceases_to_be_active,
            }
            contract::statistics {
                an_unused_store_counts_nothing,
                each_login_is_counted_once,
                each_ending_is_counted_once_by_its_reason,
                the_displaced_are_counted,
                what_does_not_land_is_not_counted,
                what_has_expired_is_not_counted_as_ended,
                the_figures_are_exact_after_a_race,
            }
        }
    };
}

/// Mounts what is asked of a store that keeps [histories](keycard::store::History), besides its other laws; and law 5 once
/// more, since where there is a history, sessions end by [`end_noting`](keycard::store::History::end_noting).
///
/// See the [crate's documentation](crate) for the argument.
///
/// ```
/// use keycard::store::memory::MemoryStore;
///
/// keycard_conformance::history_laws!(MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! history_laws {
    ($store:expr $(,)?) => {
        $crate::__history_laws!($store);
        #[test]
        fn random_sequences_are_remembered_as_by_the_model() {
            type Command = $crate::sequence::Command<$crate::sequence::HistoryCommand>;
            $crate::__private::random_sequences::<_, Command, _>(store_that_remembers, stringify!($store));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __history_laws {
    ($store:expr) => {
        async fn store_that_remembers() -> impl $crate::__private::History {
            $store
        }
        $crate::__tests! { store_that_remembers;
            contract::history {
                nothing_is_remembered_that_no_note_says,
                each_verb_is_remembered_once_with_who_has_ended_by_it,
                what_is_ended_from_elsewhere_is_one_note,
                a_login_that_the_limit_refuses_is_remembered_as_refused,
                what_does_not_land_is_not_remembered,
                nothing_is_lost_in_a_race,
            }
            contract::retention {
                the_last_notes_are_kept_newest_first,
                a_note_is_kept_for_its_time_and_not_with_the_next_ones,
                any_bytes_come_back,
                each_user_has_a_history_and_may_be_forgotten,
            }
        }
        mod by_end_noting {
            async fn noting_store() -> impl $crate::__private::UserIndex {
                $crate::__private::Noting::over(super::store_that_remembers().await)
            }
            $crate::__endings!(noting_store);
        }
    };
}

/// Law 5 and the verbs that end sessions of a user, for an index and for a history: a store has two ways to do so.
#[doc(hidden)]
#[macro_export]
macro_rules! __endings {
    ($begin:ident) => {
        $crate::__tests! { $begin;
            laws::law_5_log_out_everywhere {
                every_session_of_the_user_dies_and_no_other,
                the_session_that_asks_may_stay,
                a_session_is_found_however_it_came_to_its_user,
                a_write_that_is_on_its_way_does_not_survive,
                a_re_authentication_that_is_on_its_way_does_not_survive,
                a_login_that_was_created_before_dies_before_its_answer_is_out,
                a_login_that_comes_after_lives_and_is_found_the_next_time,
                a_use_from_before_the_expiry_does_not_survive_either,
                against_concurrent_creators_what_was_before_is_dead_and_what_came_after_lives,
            }
            contract::end_all {
                end_all_ends_what_it_answers,
                end_all_ends_pending_logins,
                end_all_keeps_users_of_one_tag_apart,
                end_all_needs_to_read_nothing,
                end_all_leaves_nothing_to_a_server_whose_clock_is_behind,
            }
            contract::end_others {
                end_others_ends_what_it_answers_and_spares_one,
                end_others_ends_nobody_if_the_kept_one_is_not_there,
                end_others_needs_to_read_nothing,
                of_many_that_end_each_other_at_once_one_stays,
            }
            contract::end_some {
                end_one_ends_a_session_of_the_user_once,
                end_one_ends_nobody_else_s,
                end_one_of_a_key_that_nobody_has_leaves_no_tombstone,
                end_one_of_an_expired_session_is_absent_and_final,
                end_one_ends_pending_logins_and_what_it_cannot_read,
                end_device_ends_the_user_s_sessions_there_and_no_others,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_laws {
    ($begin:ident) => {
        $crate::__tests! { $begin;
            laws::law_1_ended_stays_ended {
                a_logout_is_not_undone_by_a_slower_request,
                a_logout_is_not_undone_by_a_write_that_is_already_on_its_way,
                what_timed_out_and_arrives_after_the_logout_revives_nothing,
                a_logout_ends_a_write_that_landed_just_before,
                a_write_on_a_session_that_was_revoked_meanwhile_is_dropped,
                a_write_on_a_session_that_expired_meanwhile_is_dropped,
                a_touch_does_not_revive_an_ended_session,
                the_cookie_of_a_login_survives_a_slow_anonymous_write,
                only_the_request_that_ends_the_session_removes_the_cookie,
                a_login_that_a_logout_overtakes_succeeds_without_the_old_data,
                writes_with_a_dead_id_are_dropped_and_a_login_with_it_works,
                an_ended_id_stays_dead_after_its_tombstone,
            }
            laws::law_2_one_session_one_id {
                a_rotated_id_is_dead_before_the_new_one_is_handed_out,
                a_login_s_old_id_is_dead_before_the_new_one_is_handed_out,
                each_login_gives_a_new_id,
                a_rotation_that_never_arrived_leaves_the_old_id,
                a_rotation_whose_answer_is_lost_leaves_no_second_way_in,
                a_login_that_never_arrived_leaves_the_guest,
                a_login_whose_answer_is_lost_leaves_no_way_in_but_another_login,
                of_two_rotations_the_second_keeps_the_first_s_id,
                a_double_submitted_login_leaves_the_user_logged_in,
                a_renewed_id_opens_the_session_until_the_grace_is_over,
                a_grace_ends_with_the_next_id,
                of_two_renewals_one_gives_an_id_and_both_requests_go_on,
                a_write_on_its_way_lands_across_a_renewal,
                a_renewal_whose_answer_is_lost_lets_the_old_id_in_for_the_grace_alone,
                an_id_that_this_store_does_not_know_is_never_adopted,
            }
            laws::law_3_no_lost_updates {
                writes_of_different_keys_both_land,
                writes_of_different_keys_both_land_across_a_rotation,
                a_rotation_lands_over_a_write_that_was_quicker,
                a_login_takes_along_what_was_written_meanwhile,
                an_update_runs_on_the_newest_value,
                concurrent_increments_count_each_once,
                concurrent_updates_of_one_value_all_land,
                of_many_consumers_one_gets_the_value,
                an_update_whose_answer_is_lost_is_an_error_and_is_not_done_twice,
                commits_of_one_session_queue_inside_a_process,
                a_commit_that_was_given_up_does_not_block_the_next_one,
            }
            laws::law_4_the_cap_only_shrinks {
                a_session_in_use_ends_at_its_absolute_deadline,
                writes_move_nothing_beyond_the_cap,
                rotations_move_nothing_beyond_the_cap,
                extend_moves_nothing_beyond_the_cap,
                set_idle_moves_nothing_beyond_the_cap,
                rolling_needs_no_cookie,
                an_unused_session_ends_after_its_idle_time,
                a_session_ends_at_most_touch_after_before_its_idle_time_is_over,
                with_touch_after_zero_the_idle_time_is_exact,
                extend_stops_at_the_cap_and_later_use_does_not_shorten_it,
                a_fresh_authentication_sets_a_new_cap,
            }
            laws::law_6_an_outage_is_no_logout {
                a_failed_load_is_not_taken_for_no_session,
                a_lost_answer_of_a_load_is_not_taken_for_no_session,
                requests_that_do_not_use_the_session_go_on,
                a_commit_that_fails_is_an_error_and_leaves_the_cookie,
                an_error_of_a_commit_reaches_who_asks_for_it,
                a_logout_whose_answer_is_lost_is_an_error_and_still_a_logout,
                a_logout_that_times_out_is_an_error_until_it_arrives,
                a_write_that_times_out_and_arrives_before_the_next_one_is_found,
                a_write_that_times_out_and_arrives_after_the_next_one_is_dropped,
                a_login_that_times_out_leaves_the_guest_until_it_arrives,
                a_touch_that_fails_does_not_fail_the_request,
                an_open_connection_learns_of_the_outage_and_goes_on_after_it,
                after_an_outage_everything_is_as_it_was,
            }
            laws::law_7_pay_for_what_you_use {
                a_request_that_does_not_use_the_session_costs_nothing,
                a_visitor_without_a_cookie_costs_nothing_until_something_is_put_in,
                forged_and_foreign_cookies_cost_nothing,
                a_read_costs_one_round_trip_however_often_it_is_read,
                a_touch_costs_one_more_and_comes_at_most_once_per_touch_after,
                a_read_does_not_rewrite_the_record,
                several_cookies_cost_one_round_trip_in_any_order_and_rewrite_nothing,
                a_write_costs_one_more_and_no_cookie,
                a_login_costs_two_round_trips_with_a_session_and_one_without,
                a_rotation_costs_what_a_write_does,
                a_logout_costs_two_round_trips,
                a_failed_answer_commits_nothing_but_a_logout,
            }
            contract::load {
                load_tells_live_ended_and_absent_apart,
                load_judges_expiry_by_the_header_and_the_time_that_is_given,
                a_long_session_lives_to_its_last_millisecond,
                a_tombstone_counts_until_its_end_and_not_at_it,
                bytes_of_an_unknown_version_are_handed_out_as_they_are,
                the_largest_record_comes_back_byte_for_byte,
                load_many_answers_in_the_order_of_the_keys,
                load_many_of_no_keys_answers_nothing,
            }
            contract::create {
                create_writes_a_session_that_was_not_there,
                create_never_writes_over_a_live_session,
                create_never_writes_over_a_tombstone,
                create_never_writes_over_what_it_cannot_read,
                create_after_a_lost_answer_counts_as_applied,
                a_repeated_create_does_not_undo_a_later_write,
                create_leaves_its_neighbours_alone,
            }
            contract::update {
                update_writes_over_the_expected_revision,
                update_over_another_revision_answers_the_newest_record,
                update_creates_nothing,
                update_does_not_revive_an_ended_session,
                update_does_not_revive_an_expired_session,
                update_after_a_lost_answer_counts_as_applied,
                a_repeated_update_does_not_undo_a_later_one,
                a_repeated_update_does_not_revive_an_ended_session,
                update_leaves_alone_what_it_cannot_read,
            }
            contract::replace {
                replace_ends_the_old_session_and_begins_the_new_one,
                replace_works_between_any_two_tags,
                replace_of_another_revision_answers_the_newest_record,
                replace_of_a_session_that_is_gone_begins_nothing,
                a_refused_replace_leaves_both_as_they_were,
                replace_after_a_lost_answer_counts_as_applied,
                a_repeated_replace_revives_neither_session,
                replace_leaves_alone_what_it_cannot_read,
                replace_takes_owners_with_and_without,
            }
            contract::touch {
                touch_moves_the_times_and_nothing_else,
                a_touched_session_lives_until_its_new_time,
                touch_never_moves_a_time_back,
                touch_may_be_repeated,
                touch_leaves_a_newer_revision_alone,
                a_touched_record_still_bears_its_revision,
                touch_revives_nothing,
                touch_leaves_alone_what_it_cannot_read,
            }
            contract::end {
                end_ends_a_live_session,
                only_the_first_end_is_applied,
                a_second_end_leaves_the_tombstone_as_it_is,
                an_end_after_the_tombstone_s_leaves_another,
                ending_an_absent_session_keeps_a_late_create_out,
                ending_an_expired_session_is_absent_and_leaves_a_tombstone,
                end_needs_to_read_nothing,
            }
            contract::once {
                of_many_creates_of_one_key_one_is_applied,
                of_many_updates_of_one_revision_one_is_applied,
                of_many_replaces_of_one_session_one_is_applied,
                of_many_ends_of_one_session_one_is_applied,
                an_end_among_many_updates_is_final,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __random_sequences {
    ($begin:ident, $store:expr, $index:ty) => {
        mod random_sequences {
            #[test]
            fn agree_with_the_model() {
                type Command = $crate::sequence::Command<$index>;
                $crate::__private::random_sequences::<_, Command, _>(super::$begin, stringify!($store));
            }

            #[test]
            fn end_each_session_when_the_rules_say() {
                type Step = $crate::sequence::life::Step;
                $crate::__private::random_sequences::<_, Step, _>(super::$begin, stringify!($store));
            }
        }
    };
}

/// One test for each name: the function of that name, given what `begin` makes.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($begin:ident; $($group:ident :: $module:ident { $($test:ident),* $(,)? })*) => {
        $(mod $module {
            $(#[test]
            fn $test() {
                $crate::__private::prove(super::$begin, $crate::$group::$module::$test);
            })*
        })*
    };
}
