//! The metrics: each one is brought about and read, as an exporter would.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../session/client.rs"]
#[expect(dead_code, reason = "the journeys of the core use all of it")]
mod client;
mod monitor;
mod near;
mod page;
mod sessions;
mod stores;
