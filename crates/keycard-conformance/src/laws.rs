//! The laws, each a test by name. Law 8 (secrets) is the core's alone, and law 9 that of a near cache.

pub mod law_1_ended_stays_ended;
pub mod law_2_one_session_one_id;
pub mod law_3_no_lost_updates;
pub mod law_4_the_cap_only_shrinks;
pub mod law_5_log_out_everywhere;
pub mod law_6_an_outage_is_no_logout;
pub mod law_6_without_its_server;
pub mod law_7_pay_for_what_you_use;
pub mod second_factor;
pub mod throttles;

pub(crate) mod world;
