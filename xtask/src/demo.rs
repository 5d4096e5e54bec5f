//! `cargo xtask demo`: both login applications over one store, to be tried by hand.

use crate::process::{cargo, succeed};
use crate::redis;

/// Builds and runs the demonstration; `private_redis` gives it a Redis server of its own.
pub(crate) fn run(private_redis: bool) -> Result<(), String> {
    let mut command = cargo(&["run", "--package", "demo", "--"]);
    if private_redis {
        redis::ensure()?;
        command.arg("--redis");
    }
    succeed(&mut command)
}
