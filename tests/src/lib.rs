//! Journeys: what a user's browser sees of the example applications, on every adapter and every store.

pub mod app;
pub mod browser;
pub mod monitor;
mod mount;
pub mod race;
pub mod script;
pub mod world;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
