//! The hidden lines of the documentation's examples, written once.

/// Begins an example with what it works on: `clock`, which the example marches, and a `builder` with that clock, or the
/// `keycard` that it builds, or the `session` of a visitor, or all that and the `users`, or their `history` too. `end` ends
/// it.
macro_rules! example {
    (builder) => {
        r#"# use keycard::{store::memory::MemoryStore, *};
# use std::time::Duration;
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
# let builder = Keycard::builder(MemoryStore::new(), KeyRing::random()).clock(clock.clone());"#
    };
    (users) => {
        r#"# use keycard::{store::memory::MemoryStore, *};
# use std::time::Duration;
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
# let (keycard, users) = Keycard::with_users(MemoryStore::new(), KeyRing::random()).clock(clock.clone()).build()?;
# let session = keycard.open([]).load().await?;"#
    };
    (history) => {
        r#"# use keycard::{store::{Retention, memory::MemoryStore}, *};
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
# let builder = Keycard::with_history(MemoryStore::new(), KeyRing::random(), Retention::DEFAULT);
# let (keycard, users) = builder.clock(clock.clone()).build()?;
# let session = keycard.open([]).load().await?;"#
    };
    (keycard) => {
        concat!(example!(builder), "\n# let keycard = builder.build()?;")
    };
    (session) => {
        concat!(
            example!(keycard),
            "\n# let session = keycard.open([]).load().await?;"
        )
    };
    (end) => {
        "# Ok(())\n# }"
    };
}
