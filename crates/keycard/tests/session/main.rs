//! The core without a framework: requests are opened and closed by hand, as an adapter does.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod binding;
mod client;
mod closed;
mod creation;
mod degraded;
mod events;
mod factors;
mod faulty;
mod flashes;
mod given_up;
mod guards;
mod handle;
mod history;
mod hostile;
mod journey;
mod lifetimes;
mod login;
mod memory;
mod near;
mod observer;
mod outage;
mod owners;
mod race;
mod renewal;
mod replays;
mod stand_in;
mod users;
