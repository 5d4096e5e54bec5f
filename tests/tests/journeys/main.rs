//! Journeys: what a browser sees of the login applications, and of the acting application where those have no route, on
//! {Axum, Actix} × {memory, Redis, and wherever else Redis may be}, over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

#[macro_use(journeys, worlds)]
extern crate keycard_tests;

mod account;
mod acting;
mod alarms;
mod assurance;
mod binding;
mod client;
mod contention;
mod contract;
mod creation;
mod credentials;
mod crowd;
mod csrf;
mod current_user;
mod devices;
mod domain;
mod endings;
mod expiry;
mod failures;
mod fixation;
mod flash;
mod forms;
mod guards;
mod headers;
mod history;
mod hostile;
mod lifetimes;
mod limits;
mod login;
mod outage;
mod outage_policy;
mod reauth;
mod recent;
mod remember;
mod rotation;
mod second_factor;
mod sessions;
mod several;
mod shared;
mod signing;
mod statistics;
mod stream;
mod throttle;
mod tokens;
mod values;
mod visit;
mod whereabouts;

use keycard_tests::world;
