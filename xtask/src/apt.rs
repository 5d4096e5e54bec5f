//! Programs that the commands need and that a fresh machine may lack: found, or installed with apt.

use std::io;
use std::process::Command;

use rustix::process::geteuid;

use crate::process::{answers, succeed};

/// Installs `package` unless `is_installed`, where that needs nobody's consent: as root on a system with apt. Answers
/// whether it did; what to do where it cannot is said by `missing`.
pub(crate) fn ensure(is_installed: impl Fn() -> bool, package: &str, missing: &str) -> Result<bool, String> {
    if is_installed() {
        return Ok(false);
    }
    if !geteuid().is_root() || !answers(Command::new("apt-get").arg("--version")) {
        return Err(missing.into());
    }
    eprintln!("xtask: {package} is missing, installing it");
    install(package).map_err(|error| format!("{missing} ({error})"))?;
    if is_installed() {
        Ok(true)
    } else {
        Err(missing.into())
    }
}

fn install(package: &str) -> Result<(), String> {
    // One dead source fails the whole update, and the package may be at hand all the same.
    apt(&["update"]).ok();
    apt(&["install", "-y", "--no-install-recommends", package])
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
