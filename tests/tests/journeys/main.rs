//! Journeys: what a browser sees of the login applications, on {Axum, Actix} × {memory, Redis}, over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

#[macro_use]
mod mount;
mod world;

mod contract;
mod expiry;
mod fixation;
mod hostile;
mod login;
mod outage;
mod races;
mod several;
mod shared;
mod signing;
mod visit;
