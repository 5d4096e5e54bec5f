//! Tokens: what attackers send, what sessions do to them, refresh tokens under load, and both frameworks at the wire.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]
#![expect(
    clippy::unchecked_time_subtraction,
    clippy::too_many_lines,
    reason = "tables, and times that are written beside them"
)]

mod adapters;
mod attacks;
mod claims;
mod forge;
mod forms;
mod keys;
mod lists;
mod outage;
mod revoking;
mod rotation;
mod tokens;
mod told;
mod world;
