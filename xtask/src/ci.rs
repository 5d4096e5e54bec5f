//! `cargo xtask ci`: all that must hold before a merge, the quick checks first.

use std::time::Instant;

use crate::process::{answers, cargo, seconds, step, succeed};
use crate::{bench, fuzz, test, tidy};

/// Runs every check and stops at the first that fails. The tests come last, so that their summary ends the output.
pub(crate) fn run() -> Result<(), String> {
    let start = Instant::now();
    step("fmt", || succeed(&mut cargo(&["fmt", "--all", "--check"])))?;
    step("clippy", || clippy(&["--workspace"]))?;
    step("clippy with all features", || {
        clippy(&[
            "-p",
            "keycard",
            "-p",
            "keycard-jwt",
            "-p",
            "keycard-tests",
            "--all-features",
        ])
    })?;
    step(
        "clippy with features that the workspace turns on turned off",
        features_stand_alone,
    )?;
    step("fuzz targets", fuzz::check)?;
    step("benchmarks", bench::check)?;
    step("tidy", tidy::run)?;
    dependencies_are_allowed()?;
    step("docs", || {
        succeed(
            cargo(&["doc", "--workspace", "--all-features", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
        )
    })?;
    eprintln!("xtask: test ... ({} so far)", seconds(start.elapsed()));
    test::run(&[]).map_err(|error| format!("test: {error}"))
}

fn clippy(selection: &[&str]) -> Result<(), String> {
    let mut clippy = cargo(&["clippy", "--all-targets"]);
    succeed(clippy.args(selection).args(["--", "-D", "warnings"]))
}

/// The applications of the workspace turn them all on, and so do tests.
fn features_stand_alone() -> Result<(), String> {
    for (package, feature) in [
        ("keycard-jwt", ""),
        ("keycard-jwt", "axum"),
        ("keycard-jwt", "actix"),
        ("keycard-redis", ""),
    ] {
        let alone = ["clippy", "-p", package, "--lib", "--features", feature];
        succeed(cargo(&alone).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Holds the dependency tree against `deny.toml`. Without its advisories, which would make an unchanged tree fail.
fn dependencies_are_allowed() -> Result<(), String> {
    if !answers(&mut cargo(&["deny", "--version"])) {
        eprintln!("xtask: deny: skipped, cargo-deny is not installed");
        return Ok(());
    }
    step("deny", || {
        succeed(&mut cargo(&["deny", "check", "bans", "licenses", "sources"]))
    })
}
