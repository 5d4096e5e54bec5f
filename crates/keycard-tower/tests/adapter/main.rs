//! The adapter through a real Axum application, in the process and over a socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod app;
#[path = "../shared/mod.rs"]
mod shared;
mod tower_contract;

use self::app::AxumApp;
use self::shared::prove;

prove!(tokio::test, AxumApp, journeys:
    a_first_visit_leaves_no_cookie_and_no_record,
    a_request_that_does_not_use_its_session_costs_nothing,
    what_is_put_in_is_there_at_the_next_request,
    login_changes_the_cookie_and_logout_removes_it,
    a_cookie_of_the_handler_is_kept_beside_ours,
    a_session_works_in_a_task_of_its_own,
    a_body_that_flows_commits_what_needs_no_cookie,
    layers_of_different_cookies_do_not_disturb_each_other,
    the_same_layer_twice_is_as_good_as_once,
    a_session_works_after_an_upgrade_until_it_ends,
);

prove!(tokio::test, AxumApp, failures:
    a_route_without_a_layer_says_what_is_missing,
    an_outage_stops_only_those_who_use_the_session,
    a_response_whose_session_is_not_committed_is_replaced,
    a_cookie_that_was_committed_for_is_sent_with_the_replacement,
    a_session_further_in_keeps_its_cookie_when_the_response_is_replaced,
    errors_of_a_handler_have_no_body,
    the_application_renders_errors_wherever_they_arise,
    an_error_of_a_layer_that_does_not_render_is_rendered_further_out,
    a_failed_response_commits_endings_only,
);

prove!(tokio::test, AxumApp, script: one_script_gets_the_same_headers_from_every_adapter);
