//! `cargo xtask redis`: makes sure that there is a redis-server, which the tests and the demonstration start for themselves.

use std::env;
use std::process::Command;

use crate::apt;
use crate::process::answers;

const MISSING: &str = "redis-server is missing: install Redis 6.2 or newer \
    (`sudo apt-get install redis-server`, `brew install redis`, ...), or name its program in REDIS_SERVER";

/// Finds redis-server, or installs it where that needs nobody's consent.
pub(crate) fn ensure() -> Result<(), String> {
    if apt::ensure(is_installed, "redis-server", MISSING)? {
        // The package may have started a server for the whole machine, which nobody asked for.
        answers(Command::new("invoke-rc.d").args(["redis-server", "stop"]));
    }
    Ok(())
}

fn is_installed() -> bool {
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    answers(Command::new(program).arg("--version"))
}
