//! Races at the wire: requests that are known to have read the session before either of them changes it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[macro_use(journeys)]
extern crate keycard_tests;

mod end_all;
mod increments;
mod rotation;
