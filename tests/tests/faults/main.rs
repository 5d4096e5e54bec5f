//! Faults with traffic: two applications, one on each framework, go on being used while their Redis freezes, dies, fills up or
//! moves, and whatever was acknowledged is held against what is there afterwards.
//!
//! In a run of all tests each fault lasts for about a second; under the feature `faults` (`cargo xtask test --faults`) it lasts
//! longer, meets more clients, and answers have to be quicker.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod clocks;
mod cluster;
mod harness;
#[cfg(feature = "faults")]
mod host_name;
mod memory;
mod one_server;
mod passwords;
mod roles;
mod sentinels;
