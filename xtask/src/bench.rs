//! `cargo xtask bench`: Keycard beside its peers, in a workspace of their own.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::process::{cargo, step, succeed};
use crate::{apt, redis};

const MANIFEST: &str = "--manifest-path=bench/Cargo.toml";

/// The peer that is no crate.
const NODE_PEER: &str = "bench/peer-express";

/// The core of Redis and the load; applications get another.
const CORE: &str = "1";

/// Builds the applications, and measures them by the driver, which knows the `arguments`.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if arguments == ["--instructions"] {
        installed("valgrind", "valgrind", "--version")?;
        step("build the program that is counted", || {
            build(&["--package", "bench-driver", "--package", "bench-instructions"])
        })?;
        return succeed(Command::new(driver()).args(arguments));
    }
    step("build the driver", || build(&["--package", "bench-driver"]))?;
    succeed(Command::new(driver()).arg("--check").args(arguments))?;
    redis::ensure()?;
    installed("wrk", "wrk", "--version")?;
    installed("taskset", "util-linux", "--version")?;
    installed("node", "nodejs", "--version")?;
    installed("npm", "npm", "--version")?;
    step("install the peer on Node", || {
        let quietly = ["ci", "--no-audit", "--no-fund", "--silent"];
        succeed(Command::new("npm").args(quietly).current_dir(NODE_PEER))
    })?;
    step("build the applications", || build(&["--workspace"]))?;
    succeed(
        Command::new("taskset")
            .args(["--cpu-list", CORE])
            .arg(driver())
            .args(arguments),
    )
}

/// Formats and lints the benchmark's workspace, and tests its driver.
pub(crate) fn check() -> Result<(), String> {
    succeed(&mut cargo(&["fmt", MANIFEST, "--all", "--check"]))?;
    let clippy = ["clippy", MANIFEST, "--workspace", "--all-targets"];
    succeed(cargo(&clippy).args(["--", "-D", "warnings"]))?;
    succeed(&mut cargo(&[
        "test",
        MANIFEST,
        "--quiet",
        "--package",
        "bench-driver",
    ]))
}

fn build(packages: &[&str]) -> Result<(), String> {
    let what = ["build", "--release", "--locked", MANIFEST];
    succeed(cargo(&what).args(packages))
}

fn driver() -> PathBuf {
    target().join("release/bench-driver")
}

fn installed(program: &str, package: &str, question: &str) -> Result<(), String> {
    // `wrk --version` fails, though it answers.
    let is_installed = || Command::new(program).arg(question).output().is_ok();
    let missing = format!("{program} is missing: install the package {package}");
    apt::ensure(is_installed, package, &missing).map(|_| ())
}

/// The target folder of the benchmark's workspace.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| "bench/target".into(), PathBuf::from)
}
