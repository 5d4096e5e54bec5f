//! `cargo xtask redis`: makes sure that there is a redis-server, which the tests and the demonstration start for themselves.

use std::env;
use std::process::Command;

use crate::apt;
use crate::process::answers;

const REDIS: &str = "redis-server";
const VALKEY: &str = "valkey-server";
const MISSING: &str = "redis-server is missing: install Redis 6.2 or newer \
    (`sudo apt-get install redis-server`, `brew install redis`, ...), or name its program in REDIS_SERVER";

/// Finds the program that `REDIS_SERVER` names, redis-server by default, or installs it where that needs nobody's consent.
/// With `REDIS_SERVER=valkey-server` that is Valkey.
pub(crate) fn ensure() -> Result<(), String> {
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| REDIS.into());
    let package = if program == VALKEY { VALKEY } else { REDIS };
    let is_installed = || answers(Command::new(&program).arg("--version"));
    if apt::ensure(is_installed, package, MISSING)? {
        // The package may have started a server for the whole machine, which nobody asked for.
        answers(Command::new("invoke-rc.d").args([package, "stop"]));
    }
    Ok(())
}
