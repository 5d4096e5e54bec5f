//! What both adapters are tested by: one application, served by each of them, and the laws that hold at the wire.

pub(crate) mod binding;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod creation;
pub(crate) mod failures;
pub(crate) mod guards;
pub(crate) mod journeys;
pub(crate) mod script;
pub(crate) mod store;
pub(crate) mod transports;

use std::net::SocketAddr;

use keycard::{CookieSpec, KeyRing, Keycard};

use self::browser::{Reply, Request};
use self::store::FragileStore;

/// The application, behind an adapter.
///
/// | route | what it does |
/// |---|---|
/// | `GET /plain`, `GET /lazy` | nothing; extracts a `LazySession` and does not load it |
/// | `GET /client` | the address and the user agent of the client |
/// | `GET /read` | answers `n`, or `none` |
/// | `POST /put` | sets `n` to 1, answers `put`, with the header `X-Handler: yes` |
/// | `POST /login`, `POST /logout` | of `alice` |
/// | `POST /put/500`, `POST /logout/500` | the same, but the status is 500 |
/// | `POST /commit/500` | logs in and commits, then the status is 500 |
/// | `POST /commit/outage` | logs in and commits, then writes fail, then sets `n` |
/// | `GET /mismatch` | passes on the error of reading `n` as a text |
/// | `GET /cookie` | sets `n`, and `Set-Cookie: theme=dark` of its own |
/// | `GET /cached` | answers `n`, with `Cache-Control: max-age=60` and `Vary: Accept` |
/// | `GET /members` | behind a middleware that lets users pass only, and answers 401 to others |
/// | `GET /spawned` | increments `n` in a task of its own |
/// | `GET /stream` | a body whose two chunks increment `n` and answer it, then one with the error of a login |
/// | `GET /socket` | a WebSocket: each message increments `n` and is answered with it, until the session ends |
/// | `GET /unknown-name` | extracts the session of a cookie that no layer has |
/// | `POST /office/put` | sets `n` in the session of the cookie `__Host-office`, a layer further in |
/// | `POST /office/both` | sets `n` to 1 there and to 2 in the outer session, by its name |
/// | `POST /twice/put` | as `/put`, behind the outer layer once more, and a middleware that sets `m` between the two |
/// | `GET /bare` | extracts a session without a layer |
pub(crate) trait App {
    /// The name of the adapter's layer, as its errors say it.
    const LAYER: &'static str;

    async fn start(setup: &Setup) -> Self;

    async fn send(&self, request: Request) -> Reply;
}

/// An application that also listens on a socket.
pub(crate) trait Listen {
    async fn listen(setup: &Setup) -> SocketAddr;
}

/// What the application is made of.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) store: FragileStore,
    pub(crate) outer: Keycard,
    pub(crate) office: Keycard,
    pub(crate) office_store: FragileStore,
    /// Whether the outer layer renders errors, as 503 with the body `rendered: <kind>`.
    pub(crate) renders: bool,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let (store, office_store) = (FragileStore::default(), FragileStore::default());
        let keys = || KeyRing::new([[7; 32]]).unwrap();
        let office = CookieSpec::builder("__Host-office").build().unwrap();
        Self {
            outer: Keycard::builder(store.clone(), keys()).build().unwrap(),
            office: Keycard::builder(office_store.clone(), keys())
                .cookie(office)
                .build()
                .unwrap(),
            store,
            office_store,
            renders: false,
        }
    }

    pub(crate) fn rendering() -> Self {
        Self {
            renders: true,
            ..Self::new()
        }
    }
}

/// Makes a test of each law for an adapter's application.
macro_rules! prove {
    ($test:meta, $app:ty, $guarded:ty) => {
        $crate::shared::prove!($test, $app, journeys:
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
        $crate::shared::prove!($test, $app, failures:
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
        $crate::shared::prove!($test, $app, creation:
            who_begins_too_many_sessions_is_answered_429,
            who_has_a_session_goes_on_where_no_other_may_begin,
        );
        $crate::shared::prove!($test, $app, client:
            the_client_of_a_request_is_known,
            several_lines_of_a_header_are_one_list,
        );
        $crate::shared::prove!($test, $app, binding:
            an_id_that_is_used_from_elsewhere_ends_its_session,
            what_a_client_says_of_itself_moves_nobody,
        );
        $crate::shared::prove!($test, $guarded, binding:
            a_client_from_elsewhere_is_let_in_once_a_factor_is_proved,
        );
        $crate::shared::prove!($test, $guarded, guards:
            nobody_gets_401_from_every_guard,
            a_user_is_let_in_or_gets_403_by_their_role,
            a_user_is_asked_for_what_they_have_yet_to_prove,
            a_login_that_waits_passes_no_guard,
            a_guard_shares_the_load_of_the_handler_and_lets_nothing_be_written,
            a_hook_answers_who_is_kept_out,
            an_outage_is_no_denial,
            a_guard_without_a_session_layer_lets_nobody_pass,
            a_session_that_ends_between_two_reads_is_noticed_by_reading_anew,
            a_guard_judges_the_session_of_the_innermost_layer_around_it,
            the_application_renders_denials_unless_a_hook_does,
            the_user_is_looked_up_once_in_a_request,
        );
        $crate::shared::prove!($test, $app, transports:
            a_client_of_a_header_is_told_by_it_and_never_by_a_cookie,
            a_client_of_a_token_is_told_by_a_header,
            a_browser_is_told_by_its_cookie_beside_them,
        );
        $crate::shared::prove!($test, $app, script:
            one_script_gets_the_same_headers_from_every_adapter,
        );
    };
    ($test:meta, $app:ty, $module:ident: $($law:ident),* $(,)?) => {
        $(
            #[$test]
            async fn $law() {
                $crate::shared::$module::$law::<$app>().await;
            }
        )*
    };
}
pub(crate) use prove;
