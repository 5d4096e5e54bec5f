//! What tests at the wire are made of: a browser, applications to ask, and worlds of every adapter and every store.

pub mod app;
pub mod browser;
pub mod monitor;
mod mount;
pub mod race;
pub mod script;
pub mod secrets;
pub mod world;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
