//! `cargo xtask redis`: makes sure that there is a redis-server, which the tests and the demonstration start for themselves.

use std::env;
use std::io;
use std::process::Command;

use rustix::process::geteuid;

use crate::process::{answers, succeed};

const MISSING: &str = "redis-server is missing: install Redis 6.2 or newer \
    (`sudo apt-get install redis-server`, `brew install redis`, ...), or name its program in REDIS_SERVER";

/// Finds redis-server, or installs it where that needs nobody's consent: as root on a system with apt.
pub(crate) fn ensure() -> Result<(), String> {
    if is_installed() {
        return Ok(());
    }
    if !geteuid().is_root() || !answers(Command::new("apt-get").arg("--version")) {
        return Err(MISSING.into());
    }
    eprintln!("xtask: redis-server is missing, installing it");
    install().map_err(|error| format!("{MISSING} ({error})"))?;
    if is_installed() {
        Ok(())
    } else {
        Err(MISSING.into())
    }
}

fn is_installed() -> bool {
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    answers(Command::new(program).arg("--version"))
}

fn install() -> Result<(), String> {
    // One dead source fails the whole update, and the package may be at hand all the same.
    apt(&["update"]).ok();
    apt(&["install", "-y", "--no-install-recommends", "redis-server"])?;
    // The package may have started a server for the whole machine, which nobody asked for.
    answers(Command::new("invoke-rc.d").args(["redis-server", "stop"]));
    Ok(())
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    // stdout belongs to the output of the tests.
    succeed(
        Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(io::stderr()),
    )
}
