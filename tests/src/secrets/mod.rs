//! Secrets: whatever is done to sessions, no id, no secret half and no signature is anywhere but where clients are given
//! their ids, and no key anywhere at all.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail as tests do"
)]

mod encodings;
mod evidence;
pub mod log;
pub mod redis;
mod scanner;
mod witness;

pub use evidence::{Evidence, Source};
pub use scanner::Scanner;
pub use witness::Witness;
