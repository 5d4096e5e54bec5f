//! The hidden lines of the documentation's examples, written once.

/// Begins an example with a `clock`, `keycard` and `users` over a `store`, and a `seal`; or also with the `session` of
/// Alice, and `tokens`. `end` ends it.
macro_rules! example {
    (begin) => {
        r#"# use keycard::{KeyRing, Keycard, LoginAs, ManualClock, Timestamp, store::memory::MemoryStore};
# use keycard_jwt::*;
# use std::time::Duration;
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
# let (store, ring) = (MemoryStore::new(), KeyRing::random());
# let seal = TokenSeal::new(TokenKeys::derived(&ring)?, "https://shop.example", "https://api.shop.example")?;
# let (keycard, users) = Keycard::with_users(store.clone(), ring).clock(clock.clone()).build()?;"#
    };
    (tokens) => {
        concat!(
            example!(begin),
            r#"
# let tokens = Tokens::builder(&users, store, seal).build()?;
# let session = keycard.open([]).load().await?;
# session.login_with(LoginAs::user("alice").roles(["user"]));"#
        )
    };
    (end) => {
        "# Ok(())\n# }"
    };
}
